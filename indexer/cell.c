/*
 * cell.c - text of records on a terminal.
 *
 * Widths: Unicode's EastAsianWidth.txt (W and F) and general categories Mn and
 * Me, by blocks: a character that is wrong shifts a column, no more.
 */
#include "indexer/cell.h"

#include "common/json_text.h"
#include "common/scope.h"

struct interval {
    uint32_t first, last;
};

static const struct interval wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
    {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26aa, 0x26ab},
    {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x2705, 0x2705},   {0x270a, 0x270b},
    {0x2728, 0x2728},   {0x274c, 0x274c},   {0x2753, 0x2755},   {0x2795, 0x2797},
    {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
    {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe19},
    {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x16fe0, 0x18aff},
    {0x1b000, 0x1b2ff}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
    {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c},
    {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0},
    {0x1f3f4, 0x1f3f4}, {0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc},
    {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f567}, {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596},
    {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6d7},
    {0x1f6dc, 0x1f6df}, {0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7f0},
    {0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

static const struct interval empty[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},   {0x05bf, 0x05c7},   {0x0610, 0x061a},
    {0x064b, 0x065f}, {0x06d6, 0x06dc}, {0x0900, 0x0902},   {0x093c, 0x093c},   {0x0941, 0x0948},
    {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},   {0x1ab0, 0x1aff},   {0x1dc0, 0x1dff},
    {0x200b, 0x200d}, {0x2060, 0x2064}, {0x20d0, 0x20ff},   {0x3099, 0x309a},   {0xfe00, 0xfe0f},
    {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0x1f3fb, 0x1f3ff}, {0xe0001, 0xe007f}, {0xe0100, 0xe01ef},
};

static bool is_in(const struct interval *list, size_t count, uint32_t c)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (c > list[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && c >= list[low].first;
}

static uint32_t decode(const char *p, size_t len)
{
    static const uint8_t lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = (unsigned char)p[0] & lead[len];

    for (size_t i = 1; i < len; i++)
        c = c << 6 | ((unsigned char)p[i] & 0x3f);
    return c;
}

/* Control characters, line ends of Unicode, and marks and overrides of direction. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

struct glyph {
    struct slice bytes;
    unsigned columns;
};

/* The character at `p`, or what stands for it. */
static size_t next_glyph(const char *p, const char *end, struct glyph *out)
{
    size_t len = utf8_sequence(p, end);
    uint32_t c = len ? decode(p, len) : 0;

    *out = (struct glyph){{p, len}, 1};
    if (is_control(c))
        out->bytes = c == '\t' ? SLICE(" ") : SLICE(".");
    else if (c >= 0x300 && is_in(empty, ARRAY_LEN(empty), c))
        out->columns = 0;
    else if (c >= 0x1100 && is_in(wide, ARRAY_LEN(wide), c))
        out->columns = 2;
    return len ? len : 1;
}

/* Are there more than `width` columns? */
static bool is_wider(struct slice text, unsigned width)
{
    const char *p = text.data, *end = p + text.len;
    unsigned columns = 0;
    struct glyph glyph;

    while (p < end && columns <= width) {
        p += next_glyph(p, end, &glyph);
        columns += glyph.columns;
    }
    return columns > width;
}

void cell_print(FILE *out, struct slice text, unsigned width, bool cut, bool pad)
{
    const char *p = text.data, *end = p + text.len;
    unsigned columns = 0;
    struct glyph glyph;
    bool cutting = cut && width && text.len && is_wider(text, width);

    while (p < end) {
        p += next_glyph(p, end, &glyph);
        if (cutting && columns + glyph.columns > width - 1)
            break;
        fwrite(glyph.bytes.data, 1, glyph.bytes.len, out);
        columns += glyph.columns;
    }
    if (cutting) {
        fputs("…", out);
        columns++;
    }
    while (pad && columns++ < width)
        fputc(' ', out);
}

void cell_print_json(FILE *out, struct slice json)
{
    const char *p = json.data, *end = p + json.len;

    while (p < end) {
        size_t len = utf8_sequence(p, end);
        uint32_t c = len ? decode(p, len) : 0;

        if (len && c >= 0x7f && is_control(c))
            fprintf(out, "\\u%04x", (unsigned)c);
        else
            fwrite(p, 1, len ? len : 1, out);
        p += len ? len : 1;
    }
}
