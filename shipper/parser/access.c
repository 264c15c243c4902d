/*
 * access.c - what values of access logs have in common.
 */
#include "shipper/parser/access.h"

#include "common/json_text.h"

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

/* What httpd (ap_escape_logitem) and nginx write, at a backslash; returns the text's end. */
static const char *unescape_one(const char *s, const char *end, char **out)
{
    static const char short_forms[] = "\"\\bnrtv", short_bytes[] = "\"\\\b\n\r\t\v";
    const char *form;
    size_t read, n = decode_hex_run(s, end, *out, &read);

    if (n && is_utf8(*out, *out + n)) {
        *out += n;
        return s + read;
    }
    if (n) {
        *out = mempcpy(*out, s, read);
        return s + read;
    }
    form = end - s >= 2 && s[1] ? strchr(short_forms, s[1]) : NULL;
    if (!form) {
        *(*out)++ = *s;
        return s + 1;
    }
    *(*out)++ = short_bytes[form - short_forms];
    return s + 2;
}

static struct slice unescape_backslash(struct arena *arena, struct slice text)
{
    const char *s = text.data, *end = text.data + text.len;
    char *start = arena_bytes(arena, text.len), *p = start;

    if (!start)
        return text;
    while (s < end) {
        const char *next = memchr(s, '\\', (size_t)(end - s));

        if (!next)
            next = end;
        p = mempcpy(p, s, (size_t)(next - s));
        s = next < end ? unescape_one(next, end, &p) : end;
    }
    arena_trim(arena, start, (size_t)(p - start));
    return (struct slice){start, (size_t)(p - start)};
}

/* Only when the text is what may stand in a JSON string. */
static struct slice unescape_json(struct arena *arena, struct slice text)
{
    char *room = arena_bytes(arena, 2 * text.len + 2);
    struct slice quoted = {room, text.len + 2};
    struct json_value value;
    char *out;

    if (!room)
        return text;
    room[0] = '"';
    memcpy(room + 1, text.data, text.len);
    room[text.len + 1] = '"';
    if (json_read_string(room, room + quoted.len, &value) != room + quoted.len) {
        arena_trim(arena, room, 0);
        return text;
    }
    out = room + quoted.len;
    return (struct slice){out, json_unescape(quoted, out)};
}

struct slice access_unescape(struct arena *arena, struct slice text, enum access_escape escape)
{
    if (escape == ACCESS_RAW || text.len == 0 || !memchr(text.data, '\\', text.len))
        return text;
    return escape == ACCESS_JSON ? unescape_json(arena, text) : unescape_backslash(arena, text);
}

bool access_set_forwarded(struct record *record, const struct address_fields *fields,
                          struct slice text)
{
    const char *p = text.data, *stop = text.data + text.len;

    while (p < stop) {
        const char *comma = memchr(p, ',', (size_t)(stop - p));
        struct slice item;

        if (!comma)
            comma = stop;
        while (p < comma && *p == ' ')
            p++;
        item = (struct slice){p, (size_t)(comma - p)};
        while (item.len && item.data[item.len - 1] == ' ')
            item.len--;
        if (!access_is_absent(item) && !slice_is(item, "unknown")) {
            address_set_with_port(record, fields, item);
            return true;
        }
        p = comma + (comma < stop);
    }
    return false;
}

bool access_set_status(struct record *record, struct slice text)
{
    unsigned status = 0;

    if (access_is_absent(text))
        return true;
    if (text.len != 3)
        return false;
    for (int i = 0; i < 3; i++) {
        unsigned digit = (unsigned)(text.data[i] - '0');

        if (digit > 9)
            return false;
        status = status * 10 + digit;
    }
    if (status != 0) /* nginx writes 000 when it has sent none */
        record_set_long(record, FIELD_HTTP_RESPONSE_STATUS_CODE, status);
    return true;
}

void access_set_tls_version(struct record *record, struct slice text)
{
    static const struct {
        const char *prefix, *protocol;
    } known[] = {{"TLSv", "\"tls\""}, {"SSLv", "\"ssl\""}, {"DTLSv", "\"dtls\""}};

    if (access_is_absent(text))
        return;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        size_t len = strlen(known[i].prefix);

        if (text.len > len && memcmp(text.data, known[i].prefix, len) == 0) {
            record_set_json(record, FIELD_TLS_VERSION_PROTOCOL, slice_of(known[i].protocol));
            text = (struct slice){text.data + len, text.len - len};
            break;
        }
    }
    record_set_text(record, FIELD_TLS_VERSION, text);
}
