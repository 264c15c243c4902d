/*
 * dlq_show.c - `indexer dlq show`: letters in full; and letters as JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/json_text.h"
#include "common/json_walk.h"
#include "common/options.h"
#include "common/record.h"
#include "common/timestamp.h"
#include "indexer/cell.h"
#include "indexer/command/dlq.h"
#include "indexer/config.h"

#define OUTPUT_MAX (1u << 30)
#define LABEL      12 /* columns */

void dlq_time_text(int64_t ms, char *out)
{
    struct timestamp time = timestamp_from_ms(ms);

    if (ms <= 0 || time.s > TIMESTAMP_S_MAX)
        out[0] = '\0';
    else
        out[timestamp_print(time, out)] = '\0';
}

static void add_text(struct buf *out, const char *key, struct slice text)
{
    buf_addf(out, "%s\"%s\":", out->len > 1 ? "," : "", key);
    json_add_string(out, text, NULL);
}

static void add_number(struct buf *out, const char *key, int64_t number)
{
    if (number >= 0)
        buf_addf(out, "%s\"%s\":%" PRId64, out->len > 1 ? "," : "", key, number);
}

static void add_time(struct buf *out, const char *key, int64_t ms)
{
    char text[TIMESTAMP_TEXT_MAX + 1];

    dlq_time_text(ms, text);
    if (text[0])
        add_text(out, key, slice_of(text));
}

/* Text out of a mark, which is inside of JSON already. */
static void add_raw_text(struct buf *out, const char *key, struct slice raw)
{
    buf_addf(out, ",\"%s\":\"%.*s\"", key, SLICE_FMT(raw));
}

static void add_record(struct dlq_choice *choice, const struct letter *letter, struct buf *out)
{
    struct json_value whole;

    if (!json_whole(letter->value, &whole) || memchr(letter->value.data, '\n', letter->value.len)) {
        const struct record *record = dlq_record(choice, letter); /* on one line, or as text */
        uint64_t invalid = 0;
        char *room;

        buf_add_text(out, ",\"record\":");
        room = buf_reserve(out, record_encode_bound(record));
        if (room)
            out->len += record_encode(record, room, &invalid);
        return;
    }
    buf_add_text(out, ",\"record\":");
    buf_add_slice(out, letter->value);
}

void dlq_letter_json(struct dlq_choice *choice, const struct letter *letter, bool with_record,
                     struct buf *out)
{
    buf_add_char(out, '{');
    add_number(out, "partition", letter->partition);
    add_number(out, "offset", letter->offset);
    add_text(out, "state", slice_of(letter_state_names[letter->state]));
    add_text(out, "reason", letter->reason);
    add_text(out, "class", letter->kind);
    add_text(out, "stage", letter->stage);
    add_text(out, "error", letter->error);
    add_text(out, "type", letter->type);
    add_number(out, "status", letter->status);
    add_text(out, "id", letter->id);
    add_text(out, "dataset", dlq_dataset(choice, letter));
    add_text(out, "source_topic", letter->topic);
    add_number(out, "source_partition", letter->source_partition);
    add_number(out, "source_offset", letter->source_offset);
    add_number(out, "attempts", letter->attempts);
    add_number(out, "redrives", letter->redrives);
    add_time(out, "first", letter->first_ms);
    add_time(out, "last", letter->last_ms);
    add_text(out, "by", letter->by);
    if (letter->handled_ms) {
        add_time(out, "handled", letter->handled_ms);
        add_raw_text(out, "handled_by", letter->handled);
        add_raw_text(out, "note", letter->why);
    }
    if (with_record)
        add_record(choice, letter, out);
    buf_add_char(out, '}');
}

static void print_line(const char *label, struct slice text)
{
    if (text.len == 0)
        return;
    printf("  %-*s", LABEL, label);
    cell_print(stdout, text, 0, false, false);
    putchar('\n');
}

static void print_format(const char *label, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void print_format(const char *label, const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    print_line(label, slice_of(text));
}

static void print_times(const struct letter *letter)
{
    char first[TIMESTAMP_TEXT_MAX + 1], last[TIMESTAMP_TEXT_MAX + 1];

    dlq_time_text(letter->first_ms, first);
    dlq_time_text(letter->last_ms, last);
    if (strcmp(first, last) == 0)
        print_line("refused", slice_of(last));
    else
        print_format("refused", "%s, first at %s", last, first);
    dlq_time_text(letter->handled_ms, last);
    if (letter->handled_ms)
        print_format(letter_state_names[letter->state], "%s by %.*s", last,
                     SLICE_FMT(letter->handled));
    print_line("note", letter->why);
}

static void print_head(struct dlq_choice *choice, const struct letter *letter)
{
    printf("%" PRId32 ":%" PRId64 " (%s)\n", letter->partition, letter->offset,
           letter_state_names[letter->state]);
    print_line("reason", letter->reason);
    print_line("error", letter->error);
    if (letter->status > 0)
        print_format("answer", "HTTP %" PRId64 ", after %" PRId64 " attempts", letter->status,
                     letter->attempts);
    print_line("id", letter->id);
    print_line("dataset", dlq_dataset(choice, letter));
    if (letter->source_offset >= 0)
        print_format("from", "topic '%.*s', partition %" PRId32 ", offset %" PRId64,
                     SLICE_FMT(letter->topic), letter->source_partition, letter->source_offset);
    print_times(letter);
    if (letter->redrives > 0)
        print_format("redrives", "%" PRId64, letter->redrives);
    print_line("indexer", letter->by);
    print_line("key", letter->key);
    print_format("size", "%zu bytes", letter->value.len);
}

static void new_line(struct buf *out, unsigned depth)
{
    buf_add_char(out, '\n');
    for (unsigned i = 0; i < depth + 1; i++)
        buf_add(out, "  ", 2);
}

void dlq_indent(struct slice json, struct buf *out)
{
    unsigned depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < json.len; i++) {
        char c = json.data[i], next = i + 1 < json.len ? json.data[i + 1] : '\0';

        if (!quoted && strchr(" \t\r\n", c) && c)
            continue;
        if (!quoted && (c == '}' || c == ']') && out->len && !strchr("{[", out->data[out->len - 1]))
            new_line(out, --depth);
        else if (!quoted && (c == '}' || c == ']'))
            depth--;
        buf_add_char(out, c);
        if (quoted && c == '\\' && next) {
            buf_add_char(out, next);
            i++;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && c == ':') {
            buf_add_char(out, ' ');
        } else if (!quoted &&
                   (c == ',' || ((c == '{' || c == '[') && next != '}' && next != ']'))) {
            depth += c != ',';
            new_line(out, depth);
        } else if (!quoted && (c == '{' || c == '[')) {
            depth++;
        }
    }
}

static void print_value(const struct letter *letter)
{
    scoped_buf struct buf text = BUF_INIT(OUTPUT_MAX);
    struct json_value whole;

    printf("\n  ");
    if (letter->tombstone) {
        printf("(no value)\n\n");
    } else if (json_whole(letter->value, &whole)) {
        dlq_indent(letter->value, &text);
        cell_print_json(stdout, buf_slice(&text));
        printf("\n\n");
    } else {
        cell_print(stdout, letter->value, 0, false, false);
        printf("\n\n");
    }
}

struct shown {
    struct dlq_choice *choice;
    uint64_t count;
};

static enum status show(void *arg, const struct letter *letter, struct error *err)
{
    struct shown *shown = arg;
    struct dlq_choice *choice = shown->choice;
    scoped_buf struct buf line = BUF_INIT(OUTPUT_MAX);

    if (!dlq_choice_has(choice, letter))
        return OK;
    shown->count++;
    if (choice->arguments->json) {
        dlq_letter_json(choice, letter, true, &line);
        if (line.failed)
            return error_set(err, FATAL, "out of memory for a letter of %zu bytes",
                             letter->value.len);
        cell_print_json(stdout, buf_slice(&line));
        putchar('\n');
    } else {
        print_head(choice, letter);
        print_value(letter);
    }
    return ferror(stdout) ? DONE : OK;
}

int dlq_show(const struct indexer_config *config, struct dlq_choice *choice)
{
    struct shown shown = {choice, 0};
    struct error err = {0};
    enum status status;

    if (!choice->arguments->state) /* who names a letter means that one */
        for (int i = 0; i < LETTER_STATES; i++)
            choice->states[i] = true;
    status = deadletter_each(&config->kafka, show, &shown, &err);
    if (status == OK && shown.count == 0) {
        fprintf(stderr, "indexer dlq: there is no such letter\n");
        return EXIT_FAILED;
    }
    return dlq_end(config, status, &err);
}
