/*
 * printer.c - records for people and programs.
 */
#include "indexer/printer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/json_walk.h"
#include "common/query/fields.h"
#include "common/scope.h"
#include "indexer/cell.h"

#define ARENA_BLOCK (64u << 10)
#define ARENA_MAX   (512u << 20)
#define LAST_MIN    8 /* columns: a narrower last column is not cut */

static const struct query_context everything; /* no field is hidden */

static const char *const format_names[] = {"table", "ndjson", "csv", "raw"};

static const struct column {
    enum record_field field;
    unsigned width; /* on a terminal; the last column takes the rest */
} default_columns[] = {
    {FIELD_TIMESTAMP, 24},
    {FIELD_HOST_NAME, 12},
    {FIELD_LOG_LEVEL, 5},
    {FIELD_SOURCE_IP, 15},
    {FIELD_HTTP_RESPONSE_STATUS_CODE, 6},
    {FIELD_MESSAGE, 0},
};

static unsigned column_width(enum record_field field)
{
    for (size_t i = 0; i < ARRAY_LEN(default_columns); i++)
        if (default_columns[i].field == field && default_columns[i].width)
            return default_columns[i].width;
    return 20;
}

void printer_formats(void (*each)(void *arg, const char *name, const char *about), void *arg)
{
    for (size_t i = 0; i < ARRAY_LEN(format_names); i++)
        each(arg, format_names[i], "");
}

static enum status choose_format(struct printer *printer, const char *name, struct error *err)
{
    if (!name) {
        printer->format = isatty(fileno(printer->out)) ? PRINT_TABLE : PRINT_NDJSON;
        return OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(format_names); i++)
        if (strcmp(format_names[i], name) == 0) {
            printer->format = (enum printer_format)i;
            return OK;
        }
    return error_set(err, REJECT, "unknown format '%s'; expected table, ndjson, csv or raw", name);
}

static enum status add_field(struct printer *printer, struct slice name, struct error *err)
{
    struct printer_field *field = &printer->fields[printer->field_count];
    struct field_ref ref;

    while (name.len && *name.data == ' ')
        name = (struct slice){name.data + 1, name.len - 1};
    while (name.len && name.data[name.len - 1] == ' ')
        name.len--;
    if (!field_find(name, &everything, &ref)) {
        struct slice near = field_suggest(name, &everything);

        return error_set(err, REJECT,
                         near.len ? "unknown field '%.*s'; did you mean '%.*s'?"
                                  : "unknown field '%.*s'",
                         SLICE_FMT(name), SLICE_FMT(near));
    }
    if (printer->field_count == PRINTER_FIELDS_MAX)
        return error_set(err, REJECT, "more than %d fields", PRINTER_FIELDS_MAX);
    *field = (struct printer_field){ref.field, ref.key,
                                    ref.key.len ? name : slice_of(record_fields[ref.field].name)};
    printer->field_count++;
    return OK;
}

static enum status choose_fields(struct printer *printer, const char *list, struct error *err)
{
    const char *p = list, *comma;

    if (!list) {
        if (printer->format == PRINT_NDJSON)
            return OK; /* whole documents */
        for (size_t i = 0; i < ARRAY_LEN(default_columns); i++) {
            enum record_field field = default_columns[i].field;

            printer->fields[printer->field_count++] =
                (struct printer_field){field, {NULL, 0}, slice_of(record_fields[field].name)};
        }
        return OK;
    }
    for (;; p = comma + 1) {
        comma = strchr(p, ',');
        if (add_field(printer, (struct slice){p, comma ? (size_t)(comma - p) : strlen(p)}, err))
            return err->status;
        if (!comma)
            return OK;
    }
}

static unsigned terminal_width(FILE *out)
{
    struct winsize size;

    if (!isatty(fileno(out)))
        return 0;
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

enum status printer_open(struct printer *printer, FILE *out, const char *format, const char *fields,
                         struct error *err)
{
    *printer = (struct printer){.out = out};
    if (choose_format(printer, format, err) || choose_fields(printer, fields, err))
        return err->status;
    printer->width = terminal_width(out);
    printer->colour = printer->width > 0 && !getenv("NO_COLOR");
    arena_init(&printer->arena, ARENA_BLOCK, ARENA_MAX);
    record_init(&printer->record, &printer->arena);
    return OK;
}

void printer_close(struct printer *printer)
{
    arena_release(&printer->arena);
}

/* Some fields of a record, or without any the whole, as JSON in the arena; empty without memory. */
static struct slice encode(struct printer *printer, const struct record *record,
                           const struct printer_field *fields, unsigned count)
{
    struct record chosen;
    uint64_t invalid = 0;
    char *room;

    record_init(&chosen, &printer->arena);
    for (unsigned i = 0; i < count; i++)
        if (!record_copy(&chosen, record, fields[i].field, fields[i].key))
            return (struct slice){"", 0};
    if (count)
        record = &chosen;
    room = arena_bytes(&printer->arena, record_encode_bound(record));
    return room ? (struct slice){room, record_encode(record, room, &invalid)}
                : (struct slice){"", 0};
}

/* An OBJECT field or a member of one: what stands there in the record's JSON form. */
static struct slice object_text(struct printer *printer, const struct record *record,
                                const struct printer_field *field)
{
    struct slice json = encode(printer, record, field, 1);
    const char *name = record_fields[field->field].name;
    struct json_value value = {.raw = json};
    char part[256], *text;

    while (*name) {
        snprintf(part, sizeof(part), "%.*s", (int)strcspn(name, "."), name);
        name += strlen(part);
        name += *name == '.';
        if (!json_member(value.raw, part, &value))
            return (struct slice){"", 0};
    }
    snprintf(part, sizeof(part), "%.*s", SLICE_FMT(field->key));
    if (field->key.len && !json_member(value.raw, part, &value))
        return (struct slice){"", 0};
    if (value.kind != JSON_STRING || !(text = arena_bytes(&printer->arena, value.raw.len)))
        return value.raw;
    return (struct slice){text, json_unescape(value.raw, text)};
}

/* A value as text, for people: strings without quotes. */
static struct slice value_text(struct printer *printer, struct record *record,
                               const struct printer_field *field, char *room, size_t size)
{
    struct slice text = {"", 0};
    const struct value *value = &record->values[field->field];

    if (record_fields[field->field].type == TYPE_OBJECT)
        return object_text(printer, record, field);
    if (!record_has(record, field->field) || record_text(record, field->field, &text))
        return text;
    switch (value->kind) {
    case VALUE_LONG:
        return (struct slice){room, (size_t)snprintf(room, size, "%" PRId64, value->number)};
    case VALUE_BOOL:
        return value->number ? SLICE("true") : SLICE("false");
    case VALUE_TIME:
        return (struct slice){room, timestamp_print(value->time, room)};
    case VALUE_JSON:
        return value->text;
    default:
        return (struct slice){
            room, (size_t)snprintf(room, size, "%.4f,%.4f", value->geo.lat, value->geo.lon)};
    }
}

static const char *level_colour(struct printer *printer, struct record *record)
{
    static const struct printer_field field = {.field = FIELD_LOG_LEVEL};
    char room[64];
    struct slice level = value_text(printer, record, &field, room, sizeof(room));

    if (slice_is(level, "error") || slice_is(level, "critical") || slice_is(level, "fatal"))
        return "\033[31m";
    return slice_is(level, "warn") || slice_is(level, "warning") ? "\033[33m" : "";
}

static void print_table_row(struct printer *printer, struct record *record)
{
    bool cut = printer->width > 0;
    unsigned used = 0;

    fputs(printer->colour ? level_colour(printer, record) : "", printer->out);
    for (unsigned i = 0; i < printer->field_count; i++) {
        bool last = i + 1 == printer->field_count;
        unsigned width = column_width(printer->fields[i].field);
        char room[64];

        if (last)
            width = printer->width > used + LAST_MIN ? printer->width - used : 0;
        cell_print(printer->out,
                   value_text(printer, record, &printer->fields[i], room, sizeof(room)), width, cut,
                   !last);
        used += width + 1;
        if (!last)
            fputc(' ', printer->out);
    }
    fputs(printer->colour ? "\033[0m\n" : "\n", printer->out);
}

/* RFC 4180. */
static void print_csv_cell(FILE *out, struct slice text)
{
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++)
        quoted |= text.data[i] == ',' || text.data[i] == '"' || text.data[i] == '\n' ||
                  text.data[i] == '\r';
    if (!quoted) {
        fwrite(text.data, 1, text.len, out);
        return;
    }
    fputc('"', out);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            fputc('"', out);
        fputc(text.data[i], out);
    }
    fputc('"', out);
}

static void print_csv_row(struct printer *printer, struct record *record)
{
    for (unsigned i = 0; i < printer->field_count; i++) {
        char room[64];

        if (i)
            fputc(',', printer->out);
        print_csv_cell(printer->out,
                       value_text(printer, record, &printer->fields[i], room, sizeof(room)));
    }
    fputs("\r\n", printer->out);
}

void printer_start(struct printer *printer)
{
    bool csv = printer->format == PRINT_CSV;

    if (printer->started)
        return;
    printer->started = true;
    if (!csv && printer->format != PRINT_TABLE)
        return;
    for (unsigned i = 0; i < printer->field_count; i++) {
        const struct printer_field *field = &printer->fields[i];

        if (i)
            fputc(csv ? ',' : ' ', printer->out);
        if (csv)
            print_csv_cell(printer->out, field->name);
        else
            cell_print(printer->out, field->name, column_width(field->field), false,
                       i + 1 < printer->field_count);
    }
    fputs(csv ? "\r\n" : "\n", printer->out);
}

static void print_json(struct printer *printer, struct slice json)
{
    if (printer->width)
        cell_print_json(printer->out, json);
    else
        fwrite(json.data, 1, json.len, printer->out);
    fputc('\n', printer->out);
}

/* The line as it was; a terminal is spared its control characters. */
static void print_raw(struct printer *printer, struct record *record)
{
    static const struct printer_field original = {.field = FIELD_EVENT_ORIGINAL},
                                      message = {.field = FIELD_MESSAGE};
    char room[64];
    struct slice text =
        value_text(printer, record, record_has(record, FIELD_EVENT_ORIGINAL) ? &original : &message,
                   room, sizeof(room));

    for (const char *line = text.data, *end = line + text.len; printer->width && line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));

        stop = stop ? stop : end;
        cell_print(printer->out, (struct slice){line, (size_t)(stop - line)}, 0, false, false);
        if (stop < end)
            fputc('\n', printer->out);
        line = stop + 1;
    }
    if (!printer->width)
        fwrite(text.data, 1, text.len, printer->out);
    fputc('\n', printer->out);
}

static void print(struct printer *printer, struct record *record)
{
    printer_start(printer);
    switch (printer->format) {
    case PRINT_TABLE:
        print_table_row(printer, record);
        break;
    case PRINT_CSV:
        print_csv_row(printer, record);
        break;
    case PRINT_NDJSON:
        print_json(printer, encode(printer, record, printer->fields, printer->field_count));
        break;
    case PRINT_RAW:
        print_raw(printer, record);
        break;
    }
}

bool printer_record(struct printer *printer, struct record *record)
{
    arena_clear(&printer->arena);
    print(printer, record);
    return !ferror(printer->out);
}

bool printer_document(struct printer *printer, struct slice document)
{
    record_clear(&printer->record);
    arena_clear(&printer->arena);
    if (printer->format == PRINT_NDJSON && printer->field_count == 0)
        print_json(printer, document);
    else if (record_decode(&printer->record, document, NULL) == OK)
        print(printer, &printer->record);
    return !ferror(printer->out);
}
