/*
 * manual_config.c - the page of a configuration's keys.
 *
 * Names, types and choices come from the schema, defaults and explanations
 * from the default document: nothing here can go stale.
 */
#include <ctype.h>
#include <string.h>

#include "common/arena.h"
#include "common/config_keys.h"
#include "common/manual.h"
#include "common/markup.h"

#define ARENA_BYTES (1u << 20)
#define TEXT_MAX    (64u << 10)
#define DEPTH_MAX   8

/* What the document says of a key. */
struct remark {
    struct remark *next;
    struct slice path, value, about;
    bool example; /* the value is none that holds by itself */
};

struct reader {
    struct arena arena;
    struct remark *remarks, **last;
    struct slice keys[DEPTH_MAX]; /* the path */
    /* In comments: the list whose elements they show, or nothing; below it, by indentation. */
    struct shown {
        struct slice key;
        size_t indent;
    } shown[DEPTH_MAX];
    size_t shown_count;
    struct remark *newest; /* of those: the next line may go on with it */
    struct buf about;      /* the comments above */
};

static struct slice trimmed(struct slice text)
{
    while (text.len && isspace((unsigned char)text.data[0]))
        text = (struct slice){text.data + 1, text.len - 1};
    while (text.len && isspace((unsigned char)text.data[text.len - 1]))
        text.len--;
    return text;
}

/* "key: value # about" into its parts; false: it is none. */
static bool split(struct slice line, struct slice *key, struct slice *value, struct slice *about)
{
    size_t len = 0, end;

    while (len < line.len && (islower((unsigned char)line.data[len]) || line.data[len] == '_'))
        len++;
    if (len == 0 || len == line.len || line.data[len] != ':' ||
        (len + 1 < line.len && line.data[len + 1] != ' '))
        return false;
    *key = (struct slice){line.data, len};
    line = (struct slice){line.data + len + 1, line.len - len - 1};
    for (end = 0; end + 1 < line.len && (line.data[end] != ' ' || line.data[end + 1] != '#'); end++)
        ;
    end += end + 1 == line.len;
    *value = trimmed((struct slice){line.data, end});
    *about = end < line.len ? trimmed((struct slice){line.data + end + 2, line.len - end - 2})
                            : (struct slice){"", 0};
    return true;
}

static struct remark *add_remark(struct reader *reader, struct slice path, struct slice value,
                                 struct slice about)
{
    struct remark *remark = arena_alloc(&reader->arena, sizeof(*remark));

    if (!remark)
        return NULL;
    *remark = (struct remark){NULL, arena_copy(&reader->arena, path), value,
                              arena_copy(&reader->arena, about), false};
    *reader->last = remark;
    reader->last = &remark->next;
    return remark;
}

static void go_on(struct reader *reader, struct slice text)
{
    scoped_buf struct buf about = BUF_INIT(TEXT_MAX);
    struct slice key, value, rest;
    bool other = split(text, &key, &value, &rest); /* "indent: …": what another value means */

    buf_addf(&about, "%.*s%s%.*s", SLICE_FMT(reader->newest->about), other ? "; " : " ",
             SLICE_FMT(text));
    reader->newest->about = arena_copy(&reader->arena, buf_slice(&about));
}

/* A key of an element that comments show, or of a mapping in it. */
static void read_shown(struct reader *reader, struct slice key, size_t indent, struct slice value,
                       struct slice about)
{
    scoped_buf struct buf path = BUF_INIT(TEXT_MAX);

    while (reader->shown_count > 1 && reader->shown[reader->shown_count - 1].indent >= indent)
        reader->shown_count--;
    if (value.len == 0 && reader->shown_count < DEPTH_MAX) {
        reader->shown[reader->shown_count++] = (struct shown){key, indent};
        reader->newest = NULL;
        return;
    }
    for (size_t i = 0; i < reader->shown_count; i++)
        buf_addf(&path, "%.*s%s.", SLICE_FMT(reader->shown[i].key), i ? "" : "[0]");
    buf_add_slice(&path, key);
    reader->newest = add_remark(reader, buf_slice(&path), value, about);
    if (reader->newest)
        reader->newest->example = true;
}

/* `text` is what follows the "#", with its blanks. */
static void read_comment(struct reader *reader, struct slice text)
{
    struct slice element = trimmed(text), key, value, about;

    if (element.len > 2 && element.data[0] == '-' && element.data[1] == ' ')
        element = trimmed((struct slice){element.data + 1, element.len - 1});
    if (reader->shown_count && element.len && element.data[0] == '#') {
        if (reader->newest)
            go_on(reader, trimmed((struct slice){element.data + 1, element.len - 1}));
    } else if (!split(element, &key, &value, &about) ||
               (reader->shown_count == 0 && value.len > 0)) {
        buf_addf(&reader->about, "%s%.*s", reader->about.len ? " " : "", SLICE_FMT(element));
    } else {
        read_shown(reader, key, (size_t)(key.data - text.data), value, about);
    }
}

static void read_key(struct reader *reader, struct slice line)
{
    scoped_buf struct buf path = BUF_INIT(TEXT_MAX);
    struct slice text = trimmed(line), key, value, about;
    size_t depth = (size_t)(text.data - line.data) / 2;

    if (depth >= DEPTH_MAX || !split(text, &key, &value, &about))
        return;
    reader->keys[depth] = key;
    for (size_t i = 0; i <= depth; i++)
        buf_addf(&path, "%s%.*s", i ? "." : "", SLICE_FMT(reader->keys[i]));
    if (value.len)
        add_remark(reader, buf_slice(&path), value, buf_slice(&reader->about));
    buf_clear(&reader->about);
}

static void read_document(struct reader *reader, struct slice document)
{
    while (document.len) {
        const char *end = memchr(document.data, '\n', document.len);
        struct slice line = {document.data, end ? (size_t)(end - document.data) : document.len};
        struct slice text = trimmed(line);

        document.data += line.len + (end != NULL);
        document.len -= line.len + (end != NULL);
        if (text.len == 0) {
            buf_clear(&reader->about);
            reader->shown_count = 0;
            reader->newest = NULL;
        } else if (text.data[0] == '#') {
            read_comment(reader, (struct slice){text.data + 1, text.len - 1});
        } else {
            read_key(reader, line);
        }
    }
}

struct writing {
    const struct reader *reader;
    struct buf *out;
};

static void write_choice(void *arg, const char *value)
{
    struct buf *choices = arg;

    buf_addf(choices, "%s%s", choices->len ? ", " : "", value);
}

static void write_variable(const char *path, struct buf *out)
{
    buf_add_text(out, "`ALPEX_");
    for (; *path; path++)
        if (*path != ']')
            buf_add_char(out,
                         isalnum((unsigned char)*path) ? (char)toupper((unsigned char)*path) : '_');
    buf_add_char(out, '`');
}

/* What comments say of a key. Where several elements are shown, each says what its value means. */
static void write_remarks(const struct remark *remark, const char *path, struct slice choices,
                          struct buf *out)
{
    unsigned count = 0, written = 0;

    for (const struct remark *each = remark; each; each = each->next)
        count += slice_is(each->path, path) && each->about.len > 0;
    for (; remark; remark = remark->next) {
        scoped_buf struct buf about = BUF_INIT(TEXT_MAX);

        if (!slice_is(remark->path, path) || remark->about.len == 0 ||
            slice_equal(remark->about, choices))
            continue;
        buf_add_text(out, written++ ? "; " : " ");
        if (count > 1)
            buf_addf(out, "`%.*s`: ", SLICE_FMT(remark->value));
        buf_add_slice(&about, remark->about);
        markup_escape(buf_str(&about), out);
    }
}

static void write_key(void *arg, const struct config_key *key)
{
    struct writing *writing = arg;
    struct buf *out = writing->out;
    const struct remark *remark = writing->reader->remarks;
    scoped_buf struct buf choices = BUF_INIT(TEXT_MAX);

    while (remark && !slice_is(remark->path, key->path))
        remark = remark->next;
    buf_addf(out, "**%s**\n: ", key->path);
    if (key->value->type == CYAML_ENUM) {
        config_key_choices(key, write_choice, &choices);
        buf_addf(out, "One of `%s`", buf_str(&choices));
    } else {
        buf_addf(out, "%c%s", toupper((unsigned char)key->type[0]), key->type + 1);
    }
    if (remark && remark->value.len)
        buf_addf(out, "; %s`%.*s`", remark->example ? "e.g. " : "", SLICE_FMT(remark->value));
    buf_add_text(out, "; ");
    write_variable(key->path, out);
    buf_add_text(out, ".");
    write_remarks(writing->reader->remarks, key->path, buf_slice(&choices), out);
    buf_add_text(out, "\n\n");
}

void manual_config(const struct program *program, struct buf *out)
{
    struct reader reader = {.about = BUF_INIT(TEXT_MAX)};
    struct writing writing = {&reader, out};

    arena_init(&reader.arena, 16u << 10, ARENA_BYTES);
    reader.last = &reader.remarks;
    read_document(&reader, slice_of(program->schema->defaults));
    buf_addf(out,
             "## NAME\n\n%s.yaml - configuration of %s(1)\n\n## DESCRIPTION\n\n"
             "YAML. Layers, later ones win: the defaults, this file, the environment, "
             "`--set key=value`. `%s check-config` prints every problem with its line and key, "
             "`%s print-config` what is in force. A file given with `--config` that does not exist "
             "is written with the commented defaults.\n\n"
             "Any value may be `${NAME}`, `${NAME:-default}` or `${file:/run/secrets/name}`. "
             "Durations are `250ms`, `5s`, `2m`, `1h` or `7d`; sizes `64KiB`, `16MiB` or `1GB`. "
             "A list in a variable is comma-separated.\n\n"
             "## KEYS\n\nEach with its type or choices, its default, its variable in the "
             "environment, and what it means.\n\n",
             program->name, program->name, program->name, program->name);
    config_each_key(program->schema, write_key, &writing);
    buf_addf(out, "## SEE ALSO\n\n%s(1), alpex-query(7)\n", program->name);
    arena_release(&reader.arena);
    buf_release(&reader.about);
}
