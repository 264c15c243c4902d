/*
 * words.c - text into words.
 */
#include "common/words.h"

#include "common/json_text.h"

#if defined(__x86_64__) && !defined(WORDS_PLAIN) /* tests compare both */
#include <immintrin.h>
#define HAS_WIDE_BLOCKS
#endif

/* In the order of httpd's combined format, what other formats know around and behind it. */
static const enum record_field line_fields[] = {
    FIELD_SOURCE_ADDRESS,
    FIELD_USER_NAME,
    FIELD_LOG_SYSLOG_HOSTNAME,
    FIELD_LOG_SYSLOG_APPNAME,
    FIELD_PROCESS_NAME,
    FIELD_SERVICE_NAME,
    FIELD_LOG_LEVEL,
    FIELD_LOG_LOGGER,
    FIELD_MESSAGE,
    FIELD_HTTP_RESPONSE_STATUS_CODE,
    FIELD_HTTP_RESPONSE_BODY_BYTES,
    FIELD_HTTP_REQUEST_REFERRER,
    FIELD_USER_AGENT_ORIGINAL,
    FIELD_HTTP_REQUEST_ID,
    FIELD_ERROR_TYPE,
    FIELD_ERROR_CODE,
    FIELD_ERROR_MESSAGE,
};
/* For a record without a message: the request line. */
static const enum record_field request_fields[] = {
    FIELD_HTTP_REQUEST_METHOD,
    FIELD_URL_ORIGINAL,
    FIELD_HTTP_VERSION,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* '\0' separates, 1 is the beginning of something beyond ASCII. */
static const char classes[256] = {
    ['0'] = '0', ['1'] = '1', ['2'] = '2',         ['3'] = '3', ['4'] = '4', ['5'] = '5',
    ['6'] = '6', ['7'] = '7', ['8'] = '8',         ['9'] = '9', ['a'] = 'a', ['b'] = 'b',
    ['c'] = 'c', ['d'] = 'd', ['e'] = 'e',         ['f'] = 'f', ['g'] = 'g', ['h'] = 'h',
    ['i'] = 'i', ['j'] = 'j', ['k'] = 'k',         ['l'] = 'l', ['m'] = 'm', ['n'] = 'n',
    ['o'] = 'o', ['p'] = 'p', ['q'] = 'q',         ['r'] = 'r', ['s'] = 's', ['t'] = 't',
    ['u'] = 'u', ['v'] = 'v', ['w'] = 'w',         ['x'] = 'x', ['y'] = 'y', ['z'] = 'z',
    ['A'] = 'a', ['B'] = 'b', ['C'] = 'c',         ['D'] = 'd', ['E'] = 'e', ['F'] = 'f',
    ['G'] = 'g', ['H'] = 'h', ['I'] = 'i',         ['J'] = 'j', ['K'] = 'k', ['L'] = 'l',
    ['M'] = 'm', ['N'] = 'n', ['O'] = 'o',         ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r',
    ['S'] = 's', ['T'] = 't', ['U'] = 'u',         ['V'] = 'v', ['W'] = 'w', ['X'] = 'x',
    ['Y'] = 'y', ['Z'] = 'z', [0x80 ... 0xff] = 1,
};

/* Java's Character.isWhitespace beyond ASCII: U+1680, U+2000..200A but U+2007, 2028, 2029, 205F,
 * 3000. All have three bytes. */
static bool is_wide_blank(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    unsigned c = (u[0] & 0xfu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);

    return c == 0x1680 || (c >= 0x2000 && c <= 0x200a && c != 0x2007) || c == 0x2028 ||
           c == 0x2029 || c == 0x205f || c == 0x3000;
}

struct writer {
    char *p, *word; /* where the word under way began */
};

static void end_word(struct writer *writer)
{
    if (writer->p == writer->word)
        return;
    *writer->p++ = ' ';
    writer->word = writer->p;
}

static void add_bytes(struct writer *writer, const char *bytes, size_t len)
{
    if ((size_t)(writer->p - writer->word) + len > WORD_MAX)
        end_word(writer);
    memcpy(writer->p, bytes, len);
    writer->p += len;
}

/* The sequence at `p`, not ASCII; returns its length in the text. */
static size_t add_wide(struct writer *writer, const char *p, const char *end)
{
    size_t len = utf8_sequence(p, end);

    if (len == 0) {
        add_bytes(writer, "\xef\xbf\xbd", 3);
        return 1;
    }
    if (len == 3 && is_wide_blank(p))
        end_word(writer);
    else
        add_bytes(writer, p, len);
    return len;
}

#define BLOCK 64

/* Room for the words of `len` bytes: an invalid one takes three, each word one more; and what
 * blocks write too much. */
static size_t words_bound(size_t len)
{
    return 3 * len + len / 64 + 2 + BLOCK;
}

/*
 * The same for ASCII in which no word can be too long: no byte needs a decision. NULL: it is none,
 * or it has a backslash, which in JSON may be more than a separator.
 */
static char *write_short(char *p, struct slice text)
{
    bool odd = false;
    char before = '\0', c;

    for (size_t i = 0; i < text.len; before = c, i++) {
        c = classes[(unsigned char)text.data[i]];
        odd |= c == 1 || text.data[i] == '\\';
        *p = c ? c : ' ';
        p += (c | before) != '\0';
    }
    *p = ' ';
    return odd ? NULL : p + (before != '\0');
}

#ifdef HAS_WIDE_BLOCKS
/* The same by blocks, for processors that can close the gaps in one: letters and digits stay, and
 * of what separates the first byte behind a word, as a blank. */
__attribute__((target("avx512bw,avx512vbmi2,popcnt"))) static char *write_blocks(char *p,
                                                                                 struct slice text)
{
    const __m512i blank = _mm512_set1_epi8(' ');
    uint64_t before = 0;

    for (size_t done = 0; done < text.len; done += BLOCK) {
        size_t left = text.len - done;
        uint64_t valid = left < BLOCK ? ((uint64_t)1 << left) - 1 : ~(uint64_t)0, keep, words;
        __m512i bytes = _mm512_maskz_loadu_epi8(valid, text.data + done);
        __m512i lower = _mm512_or_si512(bytes, blank); /* of letters; others fall to other marks */
        __mmask64 letters = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(lower, _mm512_set1_epi8('a')),
                                                   _mm512_set1_epi8(26));
        __mmask64 digits = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8('0')),
                                                  _mm512_set1_epi8(10));

        if (_mm512_movepi8_mask(bytes) | _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\\')))
            return NULL;
        words = letters | digits;
        keep = (words | words << 1 | before) & valid;
        before = words >> (BLOCK - 1);
        _mm512_storeu_si512(
            p, _mm512_maskz_compress_epi8(keep, _mm512_mask_mov_epi8(blank, words, lower)));
        p += __builtin_popcountll(keep);
        if (left <= BLOCK)
            before = words >> (left - 1) & 1;
    }
    *p = ' ';
    return p + before;
}

static bool has_wide_blocks(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2");
}
#else
static char *write_blocks(char *p, struct slice text)
{
    return write_short(p, text);
}

static bool has_wide_blocks(void)
{
    return false;
}
#endif

/* By whichever of the two is the faster one. */
static char *write_plain(char *p, struct slice text)
{
    if (text.len > WORD_MAX)
        return NULL;
    return has_wide_blocks() ? write_blocks(p, text) : write_short(p, text);
}

/* Writes the words of `text` at `start`; returns their end. */
static char *write_words(char *start, struct slice text)
{
    struct writer writer = {start, start};
    const char *p = text.data, *end = text.data + text.len;

    while (p < end) {
        char c = classes[(unsigned char)*p];

        if (c == 1) {
            p += add_wide(&writer, p, end);
            continue;
        }
        p++;
        if (c == '\0')
            end_word(&writer);
        else if (writer.p - writer.word < WORD_MAX)
            *writer.p++ = c;
        else
            add_bytes(&writer, &c, 1);
    }
    end_word(&writer);
    return writer.p;
}

/* False: nothing is added, it is not plain, or there is no room. */
static bool add_plain(struct buf *out, struct slice text)
{
    char *start = buf_reserve(out, words_bound(text.len)), *end;

    end = start ? write_plain(start, text) : NULL;
    if (end)
        out->len += (size_t)(end - start);
    return end;
}

void words_add(struct buf *out, struct slice text)
{
    char *start;

    if (add_plain(out, text) || out->failed)
        return;
    start = buf_reserve(out, words_bound(text.len));
    if (start && text.len)
        out->len += (size_t)(write_words(start, text) - start);
}

/* A JSON string with escapes: its text is put behind the room for its words. */
static void add_escaped(struct buf *out, struct slice raw)
{
    char *start = buf_reserve(out, words_bound(raw.len) + raw.len), *text;

    if (!start)
        return;
    text = start + words_bound(raw.len);
    out->len +=
        (size_t)(write_words(start, (struct slice){text, json_unescape(raw, text)}) - start);
}

/* Digits alone: a sign separates, as others do. */
static void add_number(struct buf *out, int64_t number)
{
    char room[24], *p = room + sizeof(room);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    words_add(out, (struct slice){p, (size_t)(room + sizeof(room) - p)});
}

static void add_value(struct buf *out, const struct value *value)
{
    switch (value->kind) {
    case VALUE_TEXT:
        words_add(out, value->text);
        break;
    case VALUE_JSON:
        if (add_plain(out, value->text))
            break;
        if (value->text.data[0] == '"' && memchr(value->text.data, '\\', value->text.len))
            add_escaped(out, value->text);
        else
            words_add(out, value->text); /* quotes separate */
        break;
    case VALUE_LONG:
        add_number(out, value->number);
        break;
    default:
        break;
    }
}

static void add_fields(const struct record *record, const enum record_field *fields, size_t count,
                       struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i] == FIELD_MESSAGE && !record_has(record, FIELD_MESSAGE))
            add_fields(record, request_fields, COUNT(request_fields), out);
        else if (fields[i] == FIELD_SOURCE_ADDRESS && !record_has(record, FIELD_SOURCE_ADDRESS)) {
            if (record_has(record, FIELD_SOURCE_IP))
                add_value(out, &record->values[FIELD_SOURCE_IP]);
        } else if (record_has(record, fields[i]))
            add_value(out, &record->values[fields[i]]);
    }
}

void record_words(const struct record *record, struct buf *out)
{
    if (record_has(record, FIELD_EVENT_ORIGINAL))
        add_value(out, &record->values[FIELD_EVENT_ORIGINAL]);
    else
        add_fields(record, line_fields, COUNT(line_fields), out);
}

bool record_words_of(enum record_field field)
{
    for (size_t i = 0; i < COUNT(line_fields); i++)
        if (line_fields[i] == field)
            return true;
    for (size_t i = 0; i < COUNT(request_fields); i++)
        if (request_fields[i] == field)
            return true;
    return field == FIELD_EVENT_ORIGINAL || field == FIELD_SOURCE_IP;
}
