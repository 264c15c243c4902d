/*
 * lines.c - a line into a record that is ready to go: parse, stamp, process.
 */
#include "shipper/lines.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/json_text.h"
#include "common/query/program.h"
#include "common/record.h"
#include "shipper/config.h"
#include "shipper/framer.h"
#include "shipper/input/input.h"
#include "shipper/join/join.h"
#include "shipper/parser/parser.h"
#include "shipper/process/process.h"
#include "shipper/process/rate.h"
#include "shipper/spool.h"
#include "shipper/stream.h"

/* join_format */
static size_t record_end(void *arg, struct slice text)
{
    struct parser *parser = arg;

    return parser->type->record_end(parser, text);
}

/* What the input says puts lines together; otherwise the format may. */
static enum status open_join(struct lines *lines, const struct shipper_config *config,
                             const struct input_config *input, struct error *err)
{
    const struct join_format format = {
        .arg = lines->parser,
        .record_end = record_end,
        .whole = lines->parser->type->whole,
    };

    if (join_open(input, config->line_max_bytes, &lines->join, err))
        return err->status;
    if (lines->join || !lines->parser->type->record_end)
        return OK;
    return join_open_format(&format, config->line_max_bytes, &lines->join, err);
}

/* NULL stays NULL. */
static enum status quote(const char *text, struct slice *out, struct error *err)
{
    struct slice slice = text ? slice_of(text) : (struct slice){NULL, 0};
    uint64_t ignored = 0;
    char *room;

    *out = (struct slice){NULL, 0};
    if (!text)
        return OK;
    room = malloc(JSON_STRING_MAX(slice.len));
    if (!room)
        return error_set(err, FATAL, "out of memory");
    *out = (struct slice){room, (size_t)(json_write_string(room, slice, &ignored) - room)};
    return OK;
}

static enum status quote_constants(struct lines *lines, struct error *err)
{
    if (quote(lines->dataset, &lines->constants.dataset, err) ||
        quote(lines->config->host_name, &lines->constants.host, err) ||
        quote(lines->config->agent.id, &lines->constants.agent, err))
        return err->status;
    return OK;
}

enum status lines_open(struct lines *lines, const struct shipper_config *config,
                       const struct input_config *input, struct error *err)
{
    const struct parser_options options = {.timezone = input->timezone,
                                           .formats_dir = config->formats_dir,
                                           .plugins_dir = config->plugins_dir};
    enum status status = parser_open(input->format, &options, &lines->parser, err);

    if (status != OK)
        return status;
    if (open_join(lines, config, input, err) || process_open(config, input, &lines->process, err) ||
        (!input->spooled && rate_open(config, input, &lines->rate, err))) {
        lines_close(lines);
        return err->status;
    }
    lines->line_max = config->line_max_bytes;
    if (input->spooled)
        lines->line_max = spool_entry_max(config->line_max_bytes);
    lines->config = config;
    lines->input = input;
    lines->dataset = input->dataset ? input->dataset : lines->parser->format->dataset;
    if (quote_constants(lines, err)) {
        lines_close(lines);
        return err->status;
    }
    return OK;
}

enum status lines_keep(struct lines *lines, const struct query *query, struct error *err)
{
    return query_program_open(&query, 1, &lines->query, err);
}

void lines_close(struct lines *lines)
{
    query_program_close(lines->query);
    lines->query = NULL;
    rate_close(lines->rate);
    lines->rate = NULL;
    process_close(lines->process);
    lines->process = NULL;
    join_close(lines->join);
    lines->join = NULL;
    parser_close(lines->parser);
    lines->parser = NULL;
    record_encoder_release(&lines->encoder);
    buf_release(&lines->path.quoted);
    free((char *)lines->constants.dataset.data);
    free((char *)lines->constants.host.data);
    free((char *)lines->constants.agent.data);
    memset(&lines->constants, 0, sizeof(lines->constants));
}

/*
 * A line without a time of its own takes the one that its container's runtime wrote, or the last
 * one of its content: that is the same on every reading, as its id and its index must be.
 */
static struct timestamp settle_time(struct stream *stream, const struct event *event,
                                    struct record *record)
{
    struct timestamp time;

    if (!record_has(record, FIELD_TIMESTAMP) && event->wrapped)
        record_set_time(record, FIELD_TIMESTAMP, event->wrapped->time);
    if (record_time(record, FIELD_TIMESTAMP, &time)) {
        stream->read.time = time;
        stream->read.timed = true;
    } else {
        record_set_time(record, FIELD_TIMESTAMP, stream->read.time);
        stream->took_read_time |= !stream->read.timed;
    }
    return stream->read.time;
}

static void set_if_known(struct record *record, enum record_field field, struct slice text)
{
    if (text.len)
        record_set_text(record, field, text);
}

/* What the container's runtime said, or the network, beside the text. */
static void stamp_wrapped(const struct stream *stream, const struct wrapped *wrapped,
                          struct record *record)
{
    struct wrap_container of;

    if (wrapped->stream.len == 0) {
        set_if_known(record, FIELD_LOG_SOURCE_ADDRESS, wrapped->peer);
        return;
    }
    of = wrap_container_of(slice_of(stream->path));
    set_if_known(record, FIELD_CONTAINER_ID, of.id);
    set_if_known(record, FIELD_KUBERNETES_NAMESPACE, of.namespace);
    set_if_known(record, FIELD_KUBERNETES_POD_NAME, of.pod);
    set_if_known(record, FIELD_KUBERNETES_CONTAINER_NAME, of.container);
    record_label(record, SLICE("stream"), wrapped->stream);
}

/* Who read it, and where it stood. */
static void stamp(struct lines *lines, const struct stream *stream, const struct event *event,
                  struct record *record)
{
    record_set_plain(record, FIELD_EVENT_ID, (struct slice){lines->id, RECORD_ID_LEN});
    if (lines->constants.dataset.data)
        record_set_constant(record, FIELD_EVENT_DATASET, lines->constants.dataset);
    if (lines->path.stream == stream && lines->path.quoted.len)
        record_set_json(record, FIELD_LOG_FILE_PATH, buf_slice(&lines->path.quoted));
    else if (strcmp(stream->path, "-") != 0) /* standard input has no path */
        record_set_text(record, FIELD_LOG_FILE_PATH, slice_of(stream->path));
    record_set_json(record, FIELD_LOG_FILE_FINGERPRINT,
                    (struct slice){stream->quoted_id, sizeof(stream->quoted_id)});
    record_set_long(record, FIELD_LOG_OFFSET, (int64_t)event->offset);
    if (!record_has(record, FIELD_HOST_NAME)) /* a line in ECS may say it itself */
        record_set_constant(record, FIELD_HOST_NAME, lines->constants.host);
    record_set_constant(record, FIELD_AGENT_ID, lines->constants.agent);
}

/* False: the line is a heading or a comment; *parsed says whether it fits otherwise. */
static bool parse_line(struct lines *lines, struct stream *stream, const struct event *event,
                       struct record *record, bool *parsed)
{
    struct parser_memory memory = {
        .reference = event->wrapped        ? event->wrapped->time
                     : stream->reference.s ? stream->reference
                                           : stream->read.time,
        .heading = stream_heading(stream, event->offset),
        .choice = stream->format_choice,
        .path = lines->path.text,
    };
    const char *heading = memory.heading.data;

    *parsed = parser_apply(lines->parser, event->text, &memory, record);
    stream->format_choice = memory.choice;
    if (memory.heading.data != heading)
        stream_set_heading(stream, event->end, memory.heading);
    return !memory.no_record;
}

/* False: it is not wanted. What is hidden can still be asked for. */
static bool process_record(struct lines *lines, struct record *record)
{
    if (lines->process) {
        process_fields(lines->process, record);
        if (!process_wants(lines->process, record, (struct slice){lines->id, RECORD_ID_LEN}))
            return false;
    }
    if (lines->query && !query_program_match(lines->query, record))
        return false;
    if (lines->process)
        process_redact(lines->process, record);
    return true;
}

static enum line_verdict make_record(struct lines *lines, struct stream *stream,
                                     const struct event *event, struct record *record)
{
    struct slice id = {lines->id, RECORD_ID_LEN};
    struct timestamp time;
    bool parsed;

    record_clear(record);
    arena_clear(record->arena);
    if (!parse_line(lines, stream, event, record, &parsed))
        return LINE_NOTHING;
    time = settle_time(stream, event, record);
    record_id_make(&stream->source, event->offset, event->text, time, lines->id);
    if (lines->process && !process_samples(lines->process, id))
        return LINE_FILTERED;
    stamp(lines, stream, event, record);
    if (lines->input->keep_original)
        record_set_text(record, FIELD_EVENT_ORIGINAL, event->text);
    if (event->wrapped)
        stamp_wrapped(stream, event->wrapped, record);
    if (event->cut)
        record_tag(record, "_truncated");
    if (event->full)
        record_tag(record, "_multiline_limit");
    if (!process_record(lines, record))
        return LINE_FILTERED;
    return parsed ? LINE_PARSED : LINE_UNPARSED;
}

/* One line too many, by rate_limit; what it says for the lines behind it counts all the same. */
static enum line_verdict drop_line(struct lines *lines, struct stream *stream,
                                   const struct event *event, struct record *record)
{
    bool parsed;

    record_clear(record);
    arena_clear(record->arena);
    if (!parse_line(lines, stream, event, record, &parsed))
        return LINE_NOTHING;
    settle_time(stream, event, record);
    return LINE_DROPPED;
}

/* Of a position in `bytes`, which begin at `start`: in front of them stands what start's mark says.
 */
static inline void set_mark(struct position *at, const struct position *start, struct slice bytes)
{
    if (at->offset == start->offset)
        at->mark = start->mark;
    else
        at->mark =
            stream_mark_later((struct slice){bytes.data, (size_t)(at->offset - start->offset)});
}

static bool each_line(struct lines *lines, const struct input_piece *piece, struct record *record,
                      lines_taker *take, void *arg)
{
    struct stream *stream = piece->stream;
    struct slice bytes = piece->bytes;
    const struct position start = stream->read;
    struct framer framer = {.p = bytes.data,
                            .end = bytes.data + bytes.len,
                            .offset = start.offset,
                            .line_max = lines->line_max,
                            .last = piece->last,
                            .skipping = stream->skipping};
    const int64_t now_ns = lines->rate ? clock_mono_ns() : 0;
    struct event event;

    lines->delayed = false;
    while (join_next(lines->join, &framer, piece->last || piece->quiet, &event)) {
        const struct position before = stream->read;
        enum rate_verdict asked =
            lines->rate ? rate_ask(lines->rate, event.lines, event.text.len, now_ns) : RATE_PASS;
        enum line_verdict verdict;
        struct position after;

        if (asked == RATE_WAIT) {
            lines->delayed = true;
            return false;
        }
        verdict = asked == RATE_DROP ? drop_line(lines, stream, &event, record)
                                     : make_record(lines, stream, &event, record);
        after = (struct position){
            .offset = event.end,
            .time = stream->read.time,
            .timed = stream->read.timed,
        };
        set_mark(&after, &start, bytes);

        if (!take(arg, stream, &event, verdict, record, &after)) {
            stream->read = before;
            if (asked == RATE_PASS && lines->rate)
                rate_give_back(lines->rate, event.lines, event.text.len);
            return false;
        }
        stream->lines += event.lines;
        stream->read = after;
        stream->skipping = framer.skipping;
    }
    /* The rest of a line that was cut is gone over, and with it what was read of it. */
    if (framer.skipping || stream->skipping) {
        stream->read.offset = framer.offset;
        set_mark(&stream->read, &start, bytes);
        stream->skipping = framer.skipping;
    }
    return true;
}

static void set_path(struct lines *lines, const struct stream *stream)
{
    lines->path.stream = stream;
    lines->path.text = slice_of(stream->path);
    lines->path.quoted.max = JSON_STRING_MAX(lines->path.text.len);
    buf_clear(&lines->path.quoted);
    if (!slice_is(lines->path.text, "-"))
        json_add_string(&lines->path.quoted, lines->path.text, NULL);
}

bool lines_each(struct lines *lines, const struct input_piece *piece, struct record *record,
                lines_taker *take, void *arg)
{
    bool taken;

    set_path(lines, piece->stream);
    record_encoder_within(&lines->encoder, piece->bytes);
    taken = each_line(lines, piece, record, take, arg);
    record_encoder_within(&lines->encoder, (struct slice){NULL, 0});
    lines->path.stream = NULL;
    stream_mark_settle(&piece->stream->read.mark); /* its bytes are there no longer */
    return taken;
}

void lines_shorten(struct lines *lines, const struct stream *stream, const struct event *event,
                   struct record *record, size_t max_bytes)
{
    struct slice text = event->text;
    size_t room = max_bytes / 6 > 2048 ? max_bytes / 6 - 1024 : max_bytes / 12;

    if (text.len > room)
        text.len = room;
    record_clear(record);
    record_set_time(record, FIELD_TIMESTAMP, stream->read.time);
    record_set_text(record, FIELD_MESSAGE, text);
    record_set_text(record, FIELD_ERROR_MESSAGE,
                    SLICE("the record is larger than a message may be"));
    stamp(lines, stream, event, record);
    record_set_json(record, FIELD_TAGS, SLICE("[\"_truncated\"]"));
    if (lines->process) {
        process_fields(lines->process, record);
        process_redact(lines->process, record);
    }
}
