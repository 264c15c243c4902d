/*
 * format.c - an access log's format, compiled once into steps, walked per line.
 */
#include "shipper/parser/format.h"

#include "common/json_text.h"
#include "shipper/parser/address.h"
#include "shipper/parser/request.h"

bool format_literal(struct format *format, const char *text, size_t len)
{
    struct format_step *last = format->count ? &format->steps[format->count - 1] : NULL;
    char *target = last ? last->end : format->start;
    unsigned char *used = last ? &last->end_len : &format->start_len;

    if (*used + len > FORMAT_LITERAL_MAX)
        return false;
    memcpy(target + *used, text, len);
    *used = (unsigned char)(*used + len);
    return true;
}

bool format_step(struct format *format, format_setter *set, enum record_field field,
                 const char *label)
{
    struct format_step *last = format->count ? &format->steps[format->count - 1] : NULL;
    const char *before = last ? last->end : format->start;
    unsigned before_len = last ? last->end_len : format->start_len;

    if (format->count == FORMAT_STEPS_MAX)
        return false;
    format->steps[format->count++] =
        (struct format_step){.set = set,
                             .field = field,
                             .label = label,
                             .quoted = before_len && before[before_len - 1] == '"'};
    return true;
}

/* The closing quote: the first that no backslash protects and that the literal begins with. */
static const char *find_quoted_end(const struct format_step *step, const char *p, const char *end)
{
    for (; p < end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '"' && (size_t)(end - p) >= step->end_len &&
                 memcmp(p, step->end, step->end_len) == 0)
            return p;
    }
    return NULL;
}

static const char *find_end(const struct format_step *step, const char *p, const char *end)
{
    if (step->end_len == 0) {
        const char *blank = memchr(p, ' ', (size_t)(end - p));

        return blank ? blank : end;
    }
    if (step->quoted && step->end[0] == '"')
        return find_quoted_end(step, p, end);
    if (step->end_len == 1)
        return memchr(p, step->end[0], (size_t)(end - p));
    return memmem(p, (size_t)(end - p), step->end, step->end_len);
}

const char *format_parse(struct format *format, struct slice line, struct record *record)
{
    const char *p = line.data, *end = line.data + line.len, *stop, *problem;

    if (line.len < format->start_len || memcmp(p, format->start, format->start_len) != 0)
        return "the line does not begin as the format does";
    p += format->start_len;
    for (unsigned i = 0; i < format->count; i++) {
        const struct format_step *step = &format->steps[i];

        stop = find_end(step, p, end);
        if (!stop)
            return "the line ends before the format does";
        problem = step->set(format, step, (struct slice){p, (size_t)(stop - p)}, record);
        if (problem)
            return problem;
        p = stop + step->end_len;
    }
    while (p < end && *p == ' ')
        p++;
    if (p < end && !record_label(record, SLICE("extra"), (struct slice){p, (size_t)(end - p)}))
        return "the line is too long";
    request_set_outcome(record);
    request_set_level(record);
    return NULL;
}

static bool is_absent(struct slice text)
{
    return text.len == 0 || (text.len == 1 && text.data[0] == '-');
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes of a run of \xHH at `s`; *read says how much text that was. */
static size_t decode_hex_run(const char *s, const char *end, char *out, size_t *read)
{
    const char *start = s;
    size_t n = 0;

    while (end - s >= 4 && s[0] == '\\' && s[1] == 'x' && hex_digit(s[2]) >= 0 &&
           hex_digit(s[3]) >= 0) {
        out[n++] = (char)(hex_digit(s[2]) * 16 + hex_digit(s[3]));
        s += 4;
    }
    *read = (size_t)(s - start);
    return n;
}

static bool is_utf8(const char *p, const char *end)
{
    for (size_t n; p < end; p += n) {
        n = utf8_sequence(p, end);
        if (n == 0)
            return false;
    }
    return true;
}

/*
 * Resolves the escapes of httpd (ap_escape_logitem: \" \\ \b \n \r \t \v \xHH)
 * and nginx (\xHH). A run of \xHH that is no UTF-8 stays as it is: the text
 * says more than replacement characters would.
 */
static struct slice unescape(struct record *record, struct slice text)
{
    const char *s = text.data, *end = text.data + text.len;
    char *start, *p;
    size_t n, read;

    if (!memchr(text.data, '\\', text.len))
        return text;
    start = p = arena_bytes(record->arena, text.len);
    if (!start)
        return text;
    while (s < end) {
        static const char short_forms[] = "\"\\bnrtv", short_bytes[] = "\"\\\b\n\r\t\v";
        const char *form;

        if (*s != '\\' || end - s < 2) {
            *p++ = *s++;
            continue;
        }
        n = decode_hex_run(s, end, p, &read);
        if (n) {
            if (is_utf8(p, p + n)) {
                p += n;
            } else {
                memcpy(p, s, read);
                p += read;
            }
            s += read;
            continue;
        }
        form = s[1] ? strchr(short_forms, s[1]) : NULL;
        if (form) {
            *p++ = short_bytes[form - short_forms];
            s += 2;
        } else {
            *p++ = *s++;
        }
    }
    arena_trim(record->arena, start, (size_t)(p - start));
    return (struct slice){start, (size_t)(p - start)};
}

const char *format_set_address(struct format *format, const struct format_step *step,
                               struct slice text, struct record *record)
{
    (void)format;
    (void)step;
    if (is_absent(text))
        return NULL;
    if (memchr(text.data, ' ', text.len))
        return "the client's address holds a blank";
    address_set(record, &address_source, text);
    return NULL;
}

const char *format_set_text(struct format *format, const struct format_step *step,
                            struct slice text, struct record *record)
{
    (void)format;
    if (is_absent(text) || slice_is(text, "\"\"")) /* httpd writes "" for an empty user */
        return NULL;
    record_set_text(record, step->field, unescape(record, text));
    return NULL;
}

const char *format_set_label(struct format *format, const struct format_step *step,
                             struct slice text, struct record *record)
{
    (void)format;
    if (!is_absent(text) && !record_label(record, slice_of(step->label), unescape(record, text)))
        return "the line is too long";
    return NULL;
}

const char *format_set_time_clf(struct format *format, const struct format_step *step,
                                struct slice text, struct record *record)
{
    (void)step;
    if (text.len == 0 || text.len != format->time_len ||
        memcmp(text.data, format->time_text, text.len) != 0) {
        if (text.len > FORMAT_TIME_MAX || !timestamp_parse_clf(text, &format->time)) {
            format->time_len = 0;
            return "no such time";
        }
        memcpy(format->time_text, text.data, text.len);
        format->time_len = text.len;
    }
    record_set_time(record, FIELD_TIMESTAMP, format->time);
    return NULL;
}

const char *format_set_request(struct format *format, const struct format_step *step,
                               struct slice text, struct record *record)
{
    (void)format;
    (void)step;
    if (is_absent(text))
        return NULL;
    text = unescape(record, text);
    record_set_text(record, FIELD_MESSAGE, text);
    request_set_line(record, text); /* no request line, but it did come: message keeps it */
    return NULL;
}

const char *format_set_status(struct format *format, const struct format_step *step,
                              struct slice text, struct record *record)
{
    int64_t status;

    (void)format;
    (void)step;
    if (is_absent(text))
        return NULL;
    if (text.len != 3 || !json_integer(text, &status) || status < 0)
        return "the status is no number of three digits";
    if (status != 0) /* nginx writes 000 when it has sent none */
        record_set_long(record, FIELD_HTTP_RESPONSE_STATUS_CODE, status);
    return NULL;
}

const char *format_set_number(struct format *format, const struct format_step *step,
                              struct slice text, struct record *record)
{
    int64_t number;

    (void)format;
    if (is_absent(text))
        return NULL;
    if (!json_integer(text, &number) || number < 0)
        return "a number is expected where there is none";
    record_set_long(record, step->field, number);
    return NULL;
}
