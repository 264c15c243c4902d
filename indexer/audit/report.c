/*
 * report.c - the audit's result, as a table or as JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/json_text.h"
#include "common/timestamp.h"
#include "indexer/audit/audit.h"
#include "indexer/cell.h"

#define HOST_WIDTH 14
#define FILE_WIDTH 30
#define CUT        "..."
#define GAPS_SHOWN 10 /* of one content, without --verbose */
#define TEXT_MAX   (256u << 20)

/* One line of the table: a content, or those of one file together. */
struct row {
    const struct audit_content *content; /* the first one */
    enum audit_state state;
    uint64_t contents, read, left_out, acknowledged, indexed, dead, missing, doubled, under_way;
    uint64_t expired, quarantined, abandoned, surplus;
};

static void add_content(struct row *row, const struct audit_content *content)
{
    const struct account *told = &content->told;

    row->contents++;
    row->read += told->lines;
    row->left_out += told->filtered + told->dropped + told->headings;
    row->acknowledged += content->sent;
    row->indexed += content->indexed;
    row->dead += content->dead;
    row->missing += content->missing;
    row->doubled += content->doubled;
    row->under_way += content->under_way;
    row->expired += content->expired;
    row->quarantined += told->quarantined;
    row->abandoned += told->abandoned;
    row->surplus += content->surplus;
    if (content->state > row->state)
        row->state = content->state;
}

static bool same_file(const struct audit_content *a, const struct audit_content *b)
{
    return strcmp(a->host, b->host) == 0 && strcmp(a->agent, b->agent) == 0 &&
           strcmp(a->file, b->file) == 0;
}

static void time_text(int64_t ms, char out[TIMESTAMP_TEXT_MAX + 1])
{
    out[timestamp_print(timestamp_from_ms(ms), out)] = '\0';
}

/* ---- table ---- */

static void print_numbers(const struct row *row)
{
    printf(" %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %6" PRIu64 " %7" PRIu64
           " %7" PRIu64 "  ",
           row->read, row->left_out, row->acknowledged, row->indexed, row->dead, row->missing,
           row->doubled);
}

static void print_remarks(const struct row *row)
{
    fputs(audit_state_names[row->state], stdout);
    if (row->under_way)
        printf(", %" PRIu64 " under way", row->under_way);
    if (row->expired)
        printf(", %" PRIu64 " expired by retention", row->expired);
    if (row->quarantined)
        printf(", %" PRIu64 " in the shipper's quarantine", row->quarantined);
    if (row->abandoned)
        printf(", %" PRIu64 " bytes gone before they could be read", row->abandoned);
    if (row->surplus)
        printf(", %" PRIu64 " more than told", row->surplus);
    putchar('\n');
}

/* The end of a path says more than its beginning. */
static void print_file(const char *file)
{
    size_t len = strlen(file);

    if (len <= FILE_WIDTH) {
        cell_print(stdout, slice_of(file), FILE_WIDTH, true, true);
        return;
    }
    fputs(CUT, stdout);
    cell_print(stdout, slice_of(file + len - FILE_WIDTH + strlen(CUT)), FILE_WIDTH - strlen(CUT),
               true, true);
}

static void print_row(const struct row *row)
{
    cell_print(stdout, slice_of(row->content->host), HOST_WIDTH, true, true);
    putchar(' ');
    print_file(row->content->file);
    print_numbers(row);
    print_remarks(row);
}

/* In pieces that a replay can take. */
static void print_gap(const struct audit_gap *gap)
{
    char time[TIMESTAMP_TEXT_MAX + 1] = "";

    if (gap->time_ms != INT64_MIN)
        time_text(gap->time_ms, time);
    if (gap->partition < 0) {
        printf("  missing: %" PRIu64 " somewhere in bytes %" PRIu64 " to %" PRIu64
               "; Kafka has deleted them: ship the file again\n",
               gap->records, gap->first, gap->last);
        return;
    }
    printf("  missing: %" PRIu64 " from byte %" PRIu64, gap->records, gap->first);
    if (gap->last != gap->first)
        printf(" to the one at %" PRIu64, gap->last);
    printf(" (%s); ", time);
    printf("indexer replay --partition %d --from %" PRId64 " --to %" PRId64 "\n", gap->partition,
           gap->first_offset, gap->last_offset + 1);
}

static void print_gaps(const struct audit_content *content, const struct audit_report *report)
{
    size_t shown =
        report->verbose || content->gap_count <= GAPS_SHOWN ? content->gap_count : GAPS_SHOWN;

    for (size_t i = 0; i < shown; i++)
        print_gap(&content->gaps[i]);
    if (shown < content->gap_count)
        printf("  and %zu more; --verbose shows them\n", content->gap_count - shown);
}

static void print_content(const struct audit_content *content)
{
    printf("  %016" PRIx64 ", bytes %" PRIu64 " to %" PRIu64 ", %" PRIu64 " records", content->id,
           content->base.to, content->top.to, content->told.records);
    if (content->path) {
        fputs(", now ", stdout);
        cell_print(stdout, slice_of(content->path), 200, true, false);
    }
    printf(": %s\n", audit_state_names[content->state]);
}

static void print_head(const char *total)
{
    if (total)
        printf("%-*s", HOST_WIDTH + 1 + FILE_WIDTH, total);
    else
        printf("%-*s %-*s %9s %9s %9s %9s %6s %7s %7s  STATE\n", HOST_WIDTH, "HOST", FILE_WIDTH,
               "FILE", "READ", "LEFT OUT", "ACKED", "INDEXED", "DEAD", "MISSING", "DOUBLED");
}

static void print_table(const struct audit_book *book, const struct audit_report *report,
                        const struct row *total)
{
    const struct audit_content *content = book->contents, *first;

    print_head(NULL);
    while (content) {
        struct row row = {.content = content};

        for (first = content; content && same_file(content, first); content = content->next)
            add_content(&row, content);
        print_row(&row);
        for (const struct audit_content *one = first; one != content; one = one->next) {
            if (report->verbose)
                print_content(one);
            print_gaps(one, report);
        }
    }
    print_head("total");
    print_numbers(total);
    print_remarks(total);
    if (report->lag)
        printf("%" PRIu64 " messages of the topic are not processed yet; --wait 60s waits for "
               "them\n",
               report->lag);
    if (report->unknown_letters)
        printf("%" PRIu64 " open dead letters name no file\n", report->unknown_letters);
}

/* ---- JSON ---- */

static void add_text(struct buf *out, const char *key, const char *text)
{
    buf_addf(out, "\"%s\":", key);
    json_add_string(out, slice_of(text), NULL);
    buf_add_char(out, ',');
}

static void add_time(struct buf *out, const char *key, int64_t ms)
{
    char text[TIMESTAMP_TEXT_MAX + 1];

    if (ms == INT64_MIN || ms == INT64_MAX)
        return;
    time_text(ms, text);
    buf_addf(out, "\"%s\":\"%s\",", key, text);
}

static void add_numbers(struct buf *out, const struct row *row, const struct account *told)
{
    buf_addf(
        out,
        "\"read\":%" PRIu64 ",\"joined\":%" PRIu64 ",\"filtered\":%" PRIu64 ",\"dropped\":%" PRIu64
        ",\"headings\":%" PRIu64 ",\"quarantined\":%" PRIu64 ",\"abandoned_bytes\":%" PRIu64
        ",\"acknowledged\":%" PRIu64 ",\"indexed\":%" PRIu64 ",\"dead\":%" PRIu64
        ",\"missing\":%" PRIu64 ",\"doubled\":%" PRIu64 ",\"under_way\":%" PRIu64
        ",\"expired\":%" PRIu64 ",\"surplus\":%" PRIu64 ",\"state\":\"%s\"",
        told->lines, told->joined, told->filtered, told->dropped, told->headings, told->quarantined,
        told->abandoned, row->acknowledged, row->indexed, row->dead, row->missing, row->doubled,
        row->under_way, row->expired, row->surplus, audit_state_names[row->state]);
}

static void add_gap(struct buf *out, const struct audit_gap *gap)
{
    buf_addf(out, "{\"records\":%" PRIu64 ",", gap->records);
    add_time(out, "time", gap->time_ms);
    if (gap->partition >= 0)
        buf_addf(out, "\"partition\":%d,\"first_offset\":%" PRId64 ",\"last_offset\":%" PRId64 ",",
                 gap->partition, gap->first_offset, gap->last_offset);
    buf_addf(out, "\"first_byte\":%" PRIu64 ",\"last_byte\":%" PRIu64 "}", gap->first, gap->last);
}

static void add_json(struct buf *out, const struct audit_content *content)
{
    struct row row = {.content = content};

    add_content(&row, content);
    buf_addf(out, "{\"id\":\"%016" PRIx64 "\",", content->id);
    add_text(out, "agent", content->agent);
    add_text(out, "host", content->host);
    add_text(out, "file", content->file);
    add_text(out, "path", content->path ? content->path : content->file);
    buf_addf(out, "\"from_byte\":%" PRIu64 ",\"to_byte\":%" PRIu64 ",", content->base.to,
             content->top.to);
    add_time(out, "told", content->top.time_ms);
    add_numbers(out, &row, &content->told);
    buf_add_text(out, ",\"gaps\":[");
    for (size_t i = 0; i < content->gap_count; i++) {
        buf_add_text(out, i ? "," : "");
        add_gap(out, &content->gaps[i]);
    }
    buf_add_text(out, "]}");
}

static void print_json(const struct audit_book *book, const struct audit_choice *choice,
                       const struct audit_report *report, const struct row *total)
{
    scoped_buf struct buf out = BUF_INIT(TEXT_MAX);
    struct account told = {0};

    buf_add_char(&out, '{');
    add_time(&out, "from", choice->from_ms);
    add_time(&out, "to", choice->to_ms);
    buf_addf(&out, "\"lag\":%" PRIu64 ",\"unknown_dead_letters\":%" PRIu64 ",\"contents\":[",
             report->lag, report->unknown_letters);
    for (const struct audit_content *content = book->contents; content; content = content->next) {
        add_json(&out, content);
        buf_add_text(&out, content->next ? "," : "");
        account_add(&told, &content->told);
    }
    buf_add_text(&out, "],\"total\":{");
    add_numbers(&out, total, &told);
    buf_add_text(&out, "}}\n");
    if (out.failed)
        fputs("indexer audit: the result is too large for --json; narrow it\n", stderr);
    else
        fwrite(out.data, 1, out.len, stdout);
}

bool audit_report_print(const struct audit_book *book, const struct audit_choice *choice,
                        const struct audit_report *report)
{
    struct row total = {0};

    for (const struct audit_content *content = book->contents; content; content = content->next)
        add_content(&total, content);
    if (report->json)
        print_json(book, choice, report, &total);
    else
        print_table(book, report, &total);
    return total.missing == 0 && total.doubled == 0 && total.abandoned == 0;
}
