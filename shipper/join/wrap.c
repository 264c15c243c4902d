/*
 * wrap.c - lines that somebody has put into lines of his own: container runtimes.
 */
#include "shipper/join/wrap.h"

#include "common/json_text.h"
#include "common/scope.h"
#include "shipper/spool.h"

#define CONTAINER_ID_LEN 64

bool wrapping_find(const char *name, enum wrapping *out)
{
    static const char *const names[] = {"none", "auto", "cri", "docker"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum wrapping)i;
            return true;
        }
    return false;
}

/* The text up to the next blank; moves *rest behind it. */
static bool word(struct slice *rest, struct slice *out)
{
    const char *blank = rest->len ? memchr(rest->data, ' ', rest->len) : NULL;

    if (!blank)
        return false;
    *out = (struct slice){rest->data, (size_t)(blank - rest->data)};
    rest->len -= out->len + 1;
    rest->data = blank + 1;
    return true;
}

static bool remove_cri(struct slice line, struct wrapped *out)
{
    struct slice rest = line, time, tag;

    if (!word(&rest, &time) || time.len < 20 || !timestamp_parse_iso(time, &out->time) ||
        !word(&rest, &out->stream) ||
        (!slice_is(out->stream, "stdout") && !slice_is(out->stream, "stderr")))
        return false;
    if (!word(&rest, &tag)) { /* an empty text may come without its blank */
        tag = rest;
        rest = (struct slice){rest.data + rest.len, 0};
    }
    /* Tags are separated by ':'; the first one is P or F. */
    if (tag.len == 0 || (tag.len > 1 && tag.data[1] != ':') ||
        (tag.data[0] != 'P' && tag.data[0] != 'F'))
        return false;
    out->partial = tag.data[0] == 'P';
    out->text = rest;
    return true;
}

static bool unescape(const struct json_value *value, struct buf *text, struct slice *out)
{
    char *room;

    *out = (struct slice){value->raw.data + 1, value->raw.len - 2};
    if (!value->escaped)
        return true;
    buf_clear(text);
    room = buf_reserve(text, value->raw.len);
    if (!room)
        return false;
    text->len = json_unescape(value->raw, room);
    *out = buf_slice(text);
    return true;
}

/* One member of the object; members that we do not know are passed over. */
static bool docker_member(struct slice key, const struct json_value *value, struct buf *text,
                          struct wrapped *out, bool *has_text)
{
    struct slice raw = {value->raw.data + 1, value->raw.len - 2};

    if (value->kind != JSON_STRING)
        return true;
    if (slice_is(key, "log")) {
        *has_text = true;
        return unescape(value, text, &out->text);
    }
    if (slice_is(key, "stream"))
        out->stream = raw;
    else if (slice_is(key, "time"))
        return timestamp_parse_iso(raw, &out->time);
    return true;
}

static bool remove_docker(struct slice line, struct buf *text, struct wrapped *out)
{
    const char *end = line.data + line.len, *p = json_skip_space(line.data, end);
    struct json_value key, value;
    bool has_text = false;

    if (p == end || *p != '{')
        return false;
    do {
        p = json_read_string(json_skip_space(p + 1, end), end, &key);
        p = p ? json_skip_space(p, end) : NULL;
        if (!p || p == end || *p != ':')
            return false;
        p = json_read(json_skip_space(p + 1, end), end, &value);
        if (!p || !docker_member((struct slice){key.raw.data + 1, key.raw.len - 2}, &value, text,
                                 out, &has_text))
            return false;
        p = json_skip_space(p, end);
    } while (p < end && *p == ',');
    if (p == end || *p != '}' || json_skip_space(p + 1, end) != end || !has_text ||
        !out->stream.len || !out->time.s)
        return false;
    out->partial = out->text.len == 0 || out->text.data[out->text.len - 1] != '\n';
    if (!out->partial)
        out->text.len--;
    return true;
}

static bool remove_spool(struct slice line, struct buf *text, struct wrapped *out)
{
    struct spool_entry entry;

    if (!spool_decode(line, text, &entry))
        return false;
    out->text = entry.text;
    out->peer = entry.peer;
    out->time = entry.received;
    out->cut = entry.cut;
    return true;
}

bool wrap_remove(enum wrapping wrapping, struct slice line, struct buf *text, struct wrapped *out)
{
    *out = (struct wrapped){0};
    switch (wrapping) {
    case WRAP_CRI:
        return remove_cri(line, out);
    case WRAP_DOCKER:
        return remove_docker(line, text, out);
    case WRAP_AUTO:
        return line.len && line.data[0] == '{' ? remove_docker(line, text, out)
                                               : remove_cri(line, out);
    case WRAP_SPOOL:
        return remove_spool(line, text, out);
    case WRAP_NONE:
        break;
    }
    return false;
}

/* The last component of *path; *path becomes what is before it. */
static struct slice last_component(struct slice *path)
{
    const char *slash = path->len ? memrchr(path->data, '/', path->len) : NULL;
    size_t from = slash ? (size_t)(slash - path->data) + 1 : 0;
    struct slice last = {path->data + from, path->len - from};

    path->len = slash ? from - 1 : 0;
    return last;
}

static bool split(struct slice text, char at, struct slice *left, struct slice *right)
{
    const char *p = text.len ? memchr(text.data, at, text.len) : NULL;

    if (!p)
        return false;
    *left = (struct slice){text.data, (size_t)(p - text.data)};
    *right = (struct slice){p + 1, text.len - left->len - 1};
    return true;
}

static bool is_container_id(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr("0123456789abcdef", text.data[i]))
            return false;
    return text.len == CONTAINER_ID_LEN;
}

/* <pod>_<namespace>_<container>-<id>.log */
static bool read_link_name(struct slice file, struct wrap_container *out)
{
    struct slice rest;

    if (file.len <= CONTAINER_ID_LEN + 5 || !split(file, '_', &out->pod, &rest) ||
        !split(rest, '_', &out->namespace, &rest) || rest.len <= CONTAINER_ID_LEN + 5)
        return false;
    out->id = (struct slice){rest.data + rest.len - 4 - CONTAINER_ID_LEN, CONTAINER_ID_LEN};
    out->container = (struct slice){rest.data, rest.len - 5 - CONTAINER_ID_LEN};
    return is_container_id(out->id) && rest.data[out->container.len] == '-';
}

struct wrap_container wrap_container_of(struct slice path)
{
    struct wrap_container out = {0};
    struct slice rest = path, file = last_component(&rest), folder = last_component(&rest), pod;

    if (slice_is(folder, "containers") && read_link_name(file, &out))
        return out;
    out = (struct wrap_container){0};
    pod = last_component(&rest);
    if (slice_is(last_component(&rest), "pods") && split(pod, '_', &out.namespace, &pod) &&
        split(pod, '_', &out.pod, &pod)) {
        out.container = folder;
        return out;
    }
    out = (struct wrap_container){0};
    if (slice_is(pod, "containers") && is_container_id(folder))
        out.id = folder;
    return out;
}
