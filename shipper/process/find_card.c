/*
 * find_card.c - numbers of payment cards: the issuer's digits, a length that it uses, Luhn's check.
 */
#include "shipper/process/scan.h"

#define DIGITS_MAX 19
#define DIGITS_MIN 13
#define GROUPS_MAX 5

struct digits {
    char text[DIGITS_MAX];
    unsigned count;
    unsigned groups[GROUPS_MAX], group_count; /* lengths of what separators divide */
    const char *ends[GROUPS_MAX];
};

/* ISO/IEC 7812-1, annex B. */
static bool is_luhn(const struct digits *digits)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < digits->count; i++) {
        unsigned d = (unsigned)(digits->text[digits->count - 1 - i] - '0');

        if (i % 2 == 1)
            d = d * 2 > 9 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return sum % 10 == 0;
}

static bool is_issued(const struct digits *digits)
{
    static const struct {
        unsigned first, last; /* four digits */
        uint32_t lengths;     /* a bit each */
    } issuers[] = {
        {4000, 4999, 1u << 13 | 1u << 16 | 1u << 19},            /* Visa */
        {5100, 5599, 1u << 16},                                  /* Mastercard */
        {2221, 2720, 1u << 16},                                  /* Mastercard */
        {3400, 3499, 1u << 15},                                  /* American Express */
        {3700, 3799, 1u << 15},                                  /* American Express */
        {3000, 3059, 1u << 14 | 1u << 16},                       /* Diners Club */
        {3600, 3699, 1u << 14 | 1u << 16},                       /* Diners Club */
        {3800, 3999, 1u << 14 | 1u << 16},                       /* Diners Club */
        {3528, 3589, 1u << 16 | 1u << 17 | 1u << 18 | 1u << 19}, /* JCB */
        {6011, 6011, 1u << 16 | 1u << 19},                       /* Discover */
        {6440, 6599, 1u << 16 | 1u << 19},                       /* Discover */
        {6200, 6299, 1u << 16 | 1u << 17 | 1u << 18 | 1u << 19}, /* UnionPay */
        {5018, 5038, 1u << 13 | 1u << 16 | 1u << 19},            /* Maestro */
        {6759, 6763, 1u << 13 | 1u << 16 | 1u << 19},            /* Maestro */
        {2200, 2204, 1u << 16},                                  /* Mir */
    };
    unsigned head = 0;

    for (int i = 0; i < 4; i++)
        head = head * 10 + (unsigned)(digits->text[i] - '0');
    for (size_t i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++)
        if (head >= issuers[i].first && head <= issuers[i].last &&
            issuers[i].lengths >> digits->count & 1)
            return true;
    return false;
}

/* One separator as cards are written with: its length, 0: none. */
static size_t separator(const char *p, const char *end)
{
    if (p < end && (*p == ' ' || *p == '-' || *p == '+'))
        return 1;
    return scan_hex(p, end) == ' ' ? 3 : 0;
}

static bool is_digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

/* A run of digits; returns where it ends. What does not fit any more is no part of a card. */
static const char *gather_group(const char *p, const char *end, struct digits *out)
{
    const char *start = p;
    unsigned len;

    while (is_digit(p, end))
        p++;
    len = (unsigned)(p - start < DIGITS_MAX ? p - start : DIGITS_MAX + 1);
    if (out->count + len <= DIGITS_MAX) {
        memcpy(out->text + out->count, start, len);
        out->count += len;
        out->ends[out->group_count] = p;
        out->groups[out->group_count++] = len;
        return p;
    }
    return NULL;
}

static void gather(const char *p, const char *end, struct digits *out)
{
    size_t skip;

    *out = (struct digits){0};
    while (out->group_count < GROUPS_MAX && (p = gather_group(p, end, out))) {
        skip = separator(p, end);
        /* Groups of a card have four digits or more, but for the last one. */
        if (!skip || !is_digit(p + skip, end) || out->groups[out->group_count - 1] < 4)
            break;
        p += skip;
    }
}

/* As cards are printed: in groups of four, or 4-6-5, 4-6-4; or without any. */
static bool is_card_shape(const struct digits *digits)
{
    const unsigned *groups = digits->groups;

    if (digits->group_count == 1)
        return true;
    if (digits->group_count == 3)
        return groups[0] == 4 && groups[1] == 6 && (groups[2] == 5 || groups[2] == 4);
    for (unsigned i = 0; i + 1 < digits->group_count; i++)
        if (groups[i] != 4)
            return false;
    return digits->group_count >= 4 && groups[digits->group_count - 1] <= 4;
}

/* Digits before or behind, with a point or a dash between, make it part of another number; blk_… is
 * a name. */
static bool stands_alone(const struct scan *scan, const char *p, const char *end)
{
    if (p > scan->floor && p[-1] == '.' && p != scan->word)
        return false;
    if (p > scan->floor && p[-1] == '_')
        return false;
    if (p - scan->floor >= 2 && p[-1] == '-' && (p[-2] == '_' || is_digit(p - 2, p)))
        return false;
    if (end < scan->end && (scan_is_word(*end) || *end == '_'))
        return false;
    return !(scan->end - end >= 2 && (*end == '.' || *end == '-') && is_digit(end + 1, scan->end));
}

const char *find_card(struct scan *scan, const char *p)
{
    struct digits digits;

    /* What follows may be another number: all groups first, then ever fewer. */
    for (gather(p, scan->end, &digits); digits.group_count; digits.group_count--) {
        const char *end = digits.ends[digits.group_count - 1];

        if (digits.count >= DIGITS_MIN && is_card_shape(&digits) && is_issued(&digits) &&
            is_luhn(&digits) && stands_alone(scan, p, end)) {
            scan_replace(scan, p, end, SECRET_CARD, (struct slice){digits.text, digits.count});
            return end;
        }
        digits.count -= digits.groups[digits.group_count - 1];
    }
    return NULL;
}
