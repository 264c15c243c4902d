/*
 * printer.c - records for people and programs.
 */
#include "indexer/printer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/json_text.h"
#include "common/query/fields.h"
#include "common/scope.h"

#define ARENA_BLOCK (64u << 10)
#define ARENA_MAX   (512u << 20)
#define CELL_MAX    512 /* bytes of a cell on a terminal */

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

static enum status choose_fields(struct printer *printer, const char *list, struct error *err)
{
    const char *p = list, *comma;

    if (!list) {
        if (printer->format == PRINT_NDJSON)
            return OK; /* whole documents */
        for (size_t i = 0; i < ARRAY_LEN(default_columns); i++)
            printer->fields[printer->field_count++] = default_columns[i].field;
        return OK;
    }
    for (;; p = comma + 1) {
        struct field_ref ref;
        struct slice name;

        comma = strchr(p, ',');
        name = (struct slice){p, comma ? (size_t)(comma - p) : strlen(p)};
        if (!field_find(name, &everything, &ref) || ref.key.len)
            return error_set(err, REJECT, "unknown field '%.*s'", SLICE_FMT(name));
        if (printer->field_count == PRINTER_FIELDS_MAX)
            return error_set(err, REJECT, "more than %d fields", PRINTER_FIELDS_MAX);
        printer->fields[printer->field_count++] = ref.field;
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

/* A value as text, for people: strings without quotes. */
static struct slice value_text(struct record *record, enum record_field field, char *room,
                               size_t size)
{
    struct slice text = {"", 0};
    const struct value *value = &record->values[field];

    if (!record_has(record, field) || record_text(record, field, &text))
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

/* What a terminal must not be told by a log line: control characters become dots. */
static void print_cell(FILE *out, struct slice text, unsigned width, bool last)
{
    unsigned columns = 0;
    size_t i;

    for (i = 0; i < text.len && (width == 0 || columns < width); i++) {
        unsigned char c = (unsigned char)text.data[i];

        columns += (c & 0xc0) != 0x80;
        fputc(c < 0x20 || c == 0x7f ? '.' : c, out);
    }
    while (i < text.len && ((unsigned char)text.data[i] & 0xc0) == 0x80)
        fputc(text.data[i++], out);
    while (!last && columns++ < width)
        fputc(' ', out);
}

static const char *level_colour(struct record *record)
{
    struct slice level;

    if (!record_text(record, FIELD_LOG_LEVEL, &level))
        return "";
    if (slice_is(level, "error") || slice_is(level, "critical") || slice_is(level, "fatal"))
        return "\033[31m";
    return slice_is(level, "warn") || slice_is(level, "warning") ? "\033[33m" : "";
}

static void print_table_row(struct printer *printer, struct record *record)
{
    unsigned used = 0;

    fputs(printer->colour ? level_colour(record) : "", printer->out);
    for (unsigned i = 0; i < printer->field_count; i++) {
        bool last = i + 1 == printer->field_count;
        unsigned width = column_width(printer->fields[i]);
        char room[64];

        if (last)
            width = printer->width > used + 8 ? printer->width - used : 0;
        print_cell(printer->out, value_text(record, printer->fields[i], room, sizeof(room)), width,
                   last);
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
        print_csv_cell(printer->out, value_text(record, printer->fields[i], room, sizeof(room)));
    }
    fputs("\r\n", printer->out);
}

static void print_heading(struct printer *printer)
{
    for (unsigned i = 0; i < printer->field_count; i++) {
        const char *name = record_fields[printer->fields[i]].name;

        if (printer->format == PRINT_CSV) {
            fprintf(printer->out, "%s%s", i ? "," : "", name);
        } else {
            print_cell(printer->out, slice_of(name), column_width(printer->fields[i]),
                       i + 1 == printer->field_count);
            fputc(i + 1 == printer->field_count ? '\n' : ' ', printer->out);
        }
    }
    if (printer->format == PRINT_CSV)
        fputs("\r\n", printer->out);
}

/* The chosen fields alone, or all. */
static void print_json(struct printer *printer, struct record *record, struct slice document)
{
    struct record chosen;
    uint64_t invalid = 0;
    scoped_free char *room = NULL;

    if (printer->field_count == 0) {
        fwrite(document.data, 1, document.len, printer->out);
        fputc('\n', printer->out);
        return;
    }
    record_init(&chosen, record->arena);
    for (unsigned i = 0; i < printer->field_count; i++)
        if (record_has(record, printer->fields[i]))
            *record_slot(&chosen, printer->fields[i]) = record->values[printer->fields[i]];
    room = malloc(record_encode_bound(&chosen));
    if (room)
        fwrite(room, 1, record_encode(&chosen, room, &invalid), printer->out);
    fputc('\n', printer->out);
}

static void print_raw(struct printer *printer, struct record *record)
{
    struct slice text = {"", 0};

    if (!record_text(record, FIELD_EVENT_ORIGINAL, &text))
        record_text(record, FIELD_MESSAGE, &text);
    fwrite(text.data, 1, text.len, printer->out);
    fputc('\n', printer->out);
}

bool printer_record(struct printer *printer, struct record *record, struct slice document)
{
    if (!printer->started && (printer->format == PRINT_TABLE || printer->format == PRINT_CSV))
        print_heading(printer);
    printer->started = true;
    switch (printer->format) {
    case PRINT_TABLE:
        print_table_row(printer, record);
        break;
    case PRINT_CSV:
        print_csv_row(printer, record);
        break;
    case PRINT_NDJSON:
        print_json(printer, record, document);
        break;
    case PRINT_RAW:
        print_raw(printer, record);
        break;
    }
    return !ferror(printer->out);
}

bool printer_document(struct printer *printer, struct slice document)
{
    record_clear(&printer->record);
    arena_clear(&printer->arena);
    if (record_decode(&printer->record, document, NULL) != OK)
        return !ferror(printer->out);
    return printer_record(printer, &printer->record, document);
}
