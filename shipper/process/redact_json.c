/*
 * redact_json.c - a JSON value without its secrets: its texts, the names of its members, numbers
 * that are cards.
 *
 * The value is valid and has been written by us or been checked, so that it can be walked as a flat
 * row of strings and what stands between them.
 */
#include "common/json_tidy.h"
#include "common/record_extras.h"
#include "shipper/process/redact_private.h"

#define OUT_MAX ((size_t)512 << 20)

struct walk {
    struct redact *redact;
    struct arena *arena;
    const char *p, *end, *copied;
    struct buf out;
    bool changed, keys_changed;
};

/* The text of a JSON string, in redact->plain when it has escapes. */
static struct slice text_of(struct redact *redact, const struct json_value *string)
{
    struct slice raw = string->raw;
    char *room;

    if (!memchr(raw.data, '\\', raw.len))
        return (struct slice){raw.data + 1, raw.len - 2};
    buf_clear(&redact->plain);
    room = buf_reserve(&redact->plain, raw.len);
    if (!room)
        return (struct slice){NULL, 0};
    redact->plain.len = json_unescape(raw, room);
    return buf_slice(&redact->plain);
}

/* Puts `text` as a string in the place of [from, to). */
static void replace(struct walk *walk, const char *from, const char *to, struct slice text)
{
    buf_add(&walk->out, walk->copied, (size_t)(from - walk->copied));
    json_add_string(&walk->out, text.data ? text : SLICE(REDACT_NO_ROOM), NULL);
    walk->copied = to;
    walk->changed = true;
}

bool redact_is_secret_name(const struct redact *redact, struct slice name, enum secret_kind *kind)
{
    *kind = SECRET_PARAMETER;
    if (name_set_has_part(&redact->rules.parameters, name))
        return true;
    *kind = SECRET_CREDENTIAL;
    return name_set_has_part(&redact->rules.headers, name);
}

/* All of a value, whatever it is. */
static void hide(struct walk *walk, enum secret_kind kind, const struct json_value *value)
{
    char text[SCAN_STANDIN_MAX];
    struct slice secret = value->raw;
    size_t len;

    if (value->kind == JSON_STRING)
        secret = text_of(walk->redact, value);
    if (value->kind == JSON_NULL || value->kind == JSON_TRUE || value->kind == JSON_FALSE ||
        secret.len == 0)
        return;
    len = scan_standin(&walk->redact->rules, kind, secret, text);
    replace(walk, value->raw.data, value->raw.data + value->raw.len, (struct slice){text, len});
    walk->redact->found[kind]++;
}

/* A string; *p is behind it. As a member's name it may hide the value that follows. */
static const char *at_string(struct walk *walk, const char *p)
{
    struct json_value string, value;
    enum secret_kind kind;
    struct slice text, fresh;
    const char *next;

    next = json_read_string(p, walk->end, &string);
    if (!next)
        return walk->end;
    text = text_of(walk->redact, &string);
    if (next < walk->end && *json_skip_space(next, walk->end) == ':') {
        const char *at = json_skip_space(next, walk->end) + 1;

        if (redact_is_secret_name(walk->redact, text, &kind)) {
            next = json_read(json_skip_space(at, walk->end), walk->end, &value);
            if (!next)
                return walk->end;
            hide(walk, kind, &value);
            return next;
        }
        next = at;
        if (!redact_text(walk->redact, text, false, &fresh))
            return next;
        walk->keys_changed = true;
    } else if (!redact_text(walk->redact, text, false, &fresh)) {
        return next;
    }
    replace(walk, p, string.raw.data + string.raw.len, fresh);
    return next;
}

/* A number; the digits of a card become a string. */
static const char *at_number(struct walk *walk, const char *p)
{
    const char *end = p;
    struct slice fresh;

    while (end < walk->end && (strchr("+-.eE", *end) || (*end >= '0' && *end <= '9')) && *end)
        end++;
    if (end - p >= 13 && walk->redact->rules.actions[SECRET_CARD] != REDACT_KEEP &&
        redact_text(walk->redact, (struct slice){p, (size_t)(end - p)}, false, &fresh))
        replace(walk, p, end, fresh);
    return end;
}

static void walk_all(struct walk *walk)
{
    const char *p = walk->p;

    while (p < walk->end) {
        if (*p == '"')
            p = at_string(walk, p);
        else if (*p >= '0' && *p <= '9')
            p = at_number(walk, p);
        else
            p++;
    }
    if (walk->changed)
        buf_add(&walk->out, walk->copied, (size_t)(walk->end - walk->copied));
}

bool redact_json(struct redact *redact, struct arena *arena, struct slice name, struct slice raw,
                 struct slice *out)
{
    struct walk walk = {.redact = redact,
                        .arena = arena,
                        .p = raw.data,
                        .end = raw.data + raw.len,
                        .copied = raw.data,
                        .out = BUF_INIT(OUT_MAX)};
    struct json_value whole;
    enum secret_kind kind;

    if (raw.len == 0)
        return false;
    if (name.len && redact_is_secret_name(redact, name, &kind) &&
        json_read(raw.data, walk.end, &whole)) {
        hide(&walk, kind, &whole);
        if (walk.changed)
            buf_add(&walk.out, walk.copied, (size_t)(walk.end - walk.copied));
    } else {
        walk_all(&walk);
    }
    if (!walk.changed)
        return false;
    *out = (struct slice){NULL, 0};
    if (!walk.out.failed) /* two names may have become one */
        *out = walk.keys_changed ? json_tidy(arena, buf_slice(&walk.out))
                                 : arena_copy(arena, buf_slice(&walk.out));
    if (!out->data)
        *out = SLICE("\"" REDACT_NO_ROOM "\"");
    buf_release(&walk.out);
    return true;
}
