/*
 * scan.c - the pass over a text that finds what is secret.
 */
#include "shipper/process/scan.h"

#define CARD_DIGITS_MIN 13

enum scan_trigger {
    TRIGGER_NONE,
    TRIGGER_PERCENT,
    TRIGGER_BACKSLASH,
    TRIGGER_AT,
    TRIGGER_EQUALS,
    TRIGGER_COLON,
    TRIGGER_ANGLE,
    TRIGGER_DIGIT,
    TRIGGER_BLANK,
    TRIGGER_TOKEN,
};

void scan_prepare(struct scan_rules *rules)
{
    const enum redact_action *actions = rules->actions;
    bool named = actions[SECRET_CREDENTIAL] != REDACT_KEEP || rules->parameters.count;

    memset(rules->triggers, TRIGGER_NONE, sizeof(rules->triggers));
    rules->triggers['%'] = TRIGGER_PERCENT;
    rules->triggers['\\'] = TRIGGER_BACKSLASH;
    if (actions[SECRET_EMAIL] != REDACT_KEEP)
        rules->triggers['@'] = TRIGGER_AT;
    if (named)
        rules->triggers['='] = rules->triggers[':'] = TRIGGER_EQUALS;
    if (named)
        rules->triggers['>'] = TRIGGER_ANGLE;
    if (actions[SECRET_IP] != REDACT_KEEP || actions[SECRET_CREDENTIAL] != REDACT_KEEP || named)
        rules->triggers[':'] = TRIGGER_COLON;
    if (actions[SECRET_IP] != REDACT_KEEP || actions[SECRET_CARD] != REDACT_KEEP)
        memset(&rules->triggers['0'], TRIGGER_DIGIT, 10);
    if (actions[SECRET_CREDENTIAL] != REDACT_KEEP) {
        rules->triggers[' '] = rules->triggers['+'] = TRIGGER_BLANK;
        rules->triggers['J'] = TRIGGER_TOKEN;
    }
}

bool scan_is_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c & 0x80;
}

bool scan_is_start(const struct scan *scan, const char *p)
{
    return p == scan->floor || p == scan->word || !scan_is_word(p[-1]);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int scan_hex(const char *p, const char *end)
{
    if (end - p < 3 || *p != '%' || hex_digit(p[1]) < 0 || hex_digit(p[2]) < 0)
        return -1;
    return hex_digit(p[1]) << 4 | hex_digit(p[2]);
}

size_t scan_standin(const struct scan_rules *rules, enum secret_kind kind, struct slice value,
                    char *out)
{
    static const char *const masks[SECRET_KINDS] = {
        [SECRET_IP] = "[ip]",
        [SECRET_EMAIL] = "[email]",
        [SECRET_CARD] = "[card]",
        [SECRET_CREDENTIAL] = "[redacted]",
        [SECRET_PARAMETER] = "[redacted]",
    };

    if (rules->actions[kind] == REDACT_HASH && rules->hash)
        return keyed_hash_write(rules->hash, kind, value, out);
    return (size_t)(stpcpy(out, masks[kind]) - out);
}

void scan_replace_by(struct scan *scan, const char *from, const char *to, enum secret_kind kind,
                     struct slice text)
{
    buf_add(scan->out, scan->copied, (size_t)(from - scan->copied));
    buf_add_slice(scan->out, text);
    if (scan->places->count++ < SCAN_PLACES_MAX)
        scan->places->list[scan->places->count - 1] = (struct slice){from, (size_t)(to - from)};
    scan->copied = scan->floor = to;
    scan->found[kind]++;
}

void scan_replace(struct scan *scan, const char *from, const char *to, enum secret_kind kind,
                  struct slice value)
{
    char text[SCAN_STANDIN_MAX];

    scan_replace_by(scan, from, to, kind,
                    (struct slice){text, scan_standin(scan->rules, kind, value, text)});
}

static bool looks_for(const struct scan *scan, enum secret_kind kind)
{
    return scan->rules->actions[kind] != REDACT_KEEP;
}

static const char *over_digits(const struct scan *scan, const char *p)
{
    while (p < scan->end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* Most numbers are neither: their length says so. */
static const char *at_digit(struct scan *scan, const char *p)
{
    const char *end = over_digits(scan, p), *next = NULL;
    size_t len = (size_t)(end - p);

    if (end == scan->end && len < CARD_DIGITS_MIN)
        return end;
    if (len <= 3 && *end == '.' && looks_for(scan, SECRET_IP) && scan_is_start(scan, p))
        next = find_address_v4(scan, p);
    else if (len >= 4 && looks_for(scan, SECRET_CARD) && scan_is_start(scan, p))
        next = find_card(scan, p);
    return next ? next : end;
}

static const char *at_colon(struct scan *scan, const char *p, size_t len)
{
    const char *next = find_named(scan, p, len);

    if (!next && looks_for(scan, SECRET_CREDENTIAL))
        next = find_userinfo(scan, p);
    if (!next && looks_for(scan, SECRET_IP))
        next = find_address_v6(scan, p);
    return next;
}

/* %40, %3D and %3A stand for themselves; behind any other a word may begin. */
static const char *at_percent(struct scan *scan, const char *p)
{
    int byte = scan_hex(p, scan->end);
    const char *next = NULL;

    if (byte < 0)
        return p + 1;
    if (byte == '@' && looks_for(scan, SECRET_EMAIL))
        next = find_mail(scan, p, 3);
    else if (byte == '=')
        next = find_named(scan, p, 3);
    else if (byte == ':')
        next = at_colon(scan, p, 3);
    else if (byte == ' ' && looks_for(scan, SECRET_CREDENTIAL))
        next = find_scheme(scan, p + 2);
    if (next)
        return next;
    scan->word = p + 3;
    return p + 3;
}

/* Escapes of JSON and C, in a line that holds them as they came. */
static const char *at_backslash(struct scan *scan, const char *p)
{
    const char *next = NULL;

    if (scan->end - p < 2)
        return p + 1;
    if (scan->end - p >= 6 && memcmp(p + 1, "u0040", 5) == 0 && looks_for(scan, SECRET_EMAIL))
        next = find_mail(scan, p, 6);
    if (next)
        return next;
    if (strchr("ntrbf", p[1]))
        scan->floor = p + 2; /* the letter is no part of what follows */
    scan->word = p + 2;
    return p + 2;
}

static const char *at_trigger(struct scan *scan, const char *p)
{
    switch ((enum scan_trigger)scan->rules->triggers[(unsigned char)*p]) {
    case TRIGGER_PERCENT:
        return at_percent(scan, p);
    case TRIGGER_BACKSLASH:
        return at_backslash(scan, p);
    case TRIGGER_AT:
        return find_mail(scan, p, 1);
    case TRIGGER_EQUALS:
        return find_named(scan, p, 1);
    case TRIGGER_COLON:
        return at_colon(scan, p, 1);
    case TRIGGER_ANGLE:
        return find_element(scan, p);
    case TRIGGER_DIGIT:
        return at_digit(scan, p);
    case TRIGGER_BLANK: /* behind Bearer and Basic */
        return p > scan->floor && ((p[-1] | 0x20) == 'r' || (p[-1] | 0x20) == 'c')
                   ? find_scheme(scan, p)
                   : NULL;
    case TRIGGER_TOKEN:
        return find_web_token(scan, p);
    case TRIGGER_NONE:
        break;
    }
    return NULL;
}

bool scan_text(const struct scan_rules *rules, struct slice text, bool agent, struct buf *out,
               uint64_t found[SECRET_KINDS], struct scan_places *places)
{
    struct scan scan = {.rules = rules,
                        .start = text.data,
                        .end = text.data + text.len,
                        .floor = text.data,
                        .word = text.data,
                        .copied = text.data,
                        .agent = agent,
                        .out = out,
                        .found = found,
                        .places = places};
    const char *p = text.data, *next;

    buf_clear(out);
    places->count = 0;
    if (text.len < SCAN_TEXT_MIN)
        return false;
    for (;;) {
        while (p < scan.end && rules->triggers[(unsigned char)*p] == TRIGGER_NONE)
            p++;
        if (p >= scan.end)
            break;
        next = at_trigger(&scan, p);
        p = next ? next : p + 1;
    }
    if (scan.copied == scan.start)
        return false;
    buf_add(out, scan.copied, (size_t)(scan.end - scan.copied));
    return true;
}
