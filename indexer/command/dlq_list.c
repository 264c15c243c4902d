/*
 * dlq_list.c - `indexer dlq list`: sums by reason and dataset, and the letters.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json_text.h"
#include "common/options.h"
#include "common/scope.h"
#include "common/timestamp.h"
#include "indexer/cell.h"
#include "indexer/command/dlq.h"
#include "indexer/config.h"
#include "indexer/progress.h"

#define SUMS_MAX   256 /* reasons times datasets; what is beyond is summed up in one */
#define NAME_LEN   64
#define ERROR_LEN  160
#define ROWS_SHOWN 20
#define ROWS_MAX   100000
#define LINE_MAX   (64u << 20)

struct sum {
    char reason[NAME_LEN], dataset[NAME_LEN];
    uint64_t states[LETTER_STATES];
    int64_t first_ms, last_ms;
};

struct row {
    int32_t partition;
    int64_t offset, last_ms, status;
    char reason[NAME_LEN], dataset[NAME_LEN], error[ERROR_LEN];
    enum letter_state state;
};

struct list {
    struct dlq_choice *choice;
    struct sum sums[SUMS_MAX];
    size_t sum_count;
    struct row *rows; /* twice as many as are shown */
    size_t row_count, row_max;
    uint64_t listed, limit;
};

static void copy_text(char *to, size_t size, struct slice text)
{
    snprintf(to, size, "%.*s", (int)(text.len < size ? text.len : size - 1), text.data);
}

static struct sum *find_sum(struct list *list, struct slice reason, struct slice dataset)
{
    char names[2][NAME_LEN];

    copy_text(names[0], NAME_LEN, reason);
    copy_text(names[1], NAME_LEN, dataset);
    for (size_t i = 0; i < list->sum_count; i++)
        if (strcmp(list->sums[i].reason, names[0]) == 0 &&
            strcmp(list->sums[i].dataset, names[1]) == 0)
            return &list->sums[i];
    if (list->sum_count == SUMS_MAX - 1) {
        copy_text(names[0], NAME_LEN, SLICE("(others)"));
        names[1][0] = '\0';
    }
    if (list->sum_count == SUMS_MAX)
        return &list->sums[SUMS_MAX - 1];
    list->sums[list->sum_count] = (struct sum){.first_ms = INT64_MAX};
    memcpy(list->sums[list->sum_count].reason, names[0], NAME_LEN);
    memcpy(list->sums[list->sum_count].dataset, names[1], NAME_LEN);
    return &list->sums[list->sum_count++];
}

static void add_sum(struct list *list, const struct letter *letter)
{
    struct sum *sum = find_sum(list, letter->reason, dlq_dataset(list->choice, letter));

    sum->states[letter->state]++;
    if (letter->last_ms < sum->first_ms)
        sum->first_ms = letter->last_ms;
    if (letter->last_ms > sum->last_ms)
        sum->last_ms = letter->last_ms;
}

static int newest_first(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    if (x->last_ms != y->last_ms)
        return x->last_ms > y->last_ms ? -1 : 1;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return x->offset > y->offset ? -1 : x->offset < y->offset;
}

static void add_row(struct list *list, const struct letter *letter)
{
    struct row *row;

    if (list->row_count == list->row_max) {
        qsort(list->rows, list->row_count, sizeof(*list->rows), newest_first);
        list->row_count = list->row_max / 2;
    }
    row = &list->rows[list->row_count++];
    *row = (struct row){.partition = letter->partition,
                        .offset = letter->offset,
                        .last_ms = letter->last_ms,
                        .status = letter->status,
                        .state = letter->state};
    copy_text(row->reason, sizeof(row->reason), letter->reason);
    copy_text(row->dataset, sizeof(row->dataset), dlq_dataset(list->choice, letter));
    copy_text(row->error, sizeof(row->error), letter->error);
}

static enum status print_json(struct list *list, const struct letter *letter, struct error *err)
{
    scoped_buf struct buf line = BUF_INIT(LINE_MAX);

    if (list->limit && list->listed > list->limit)
        return DONE;
    dlq_letter_json(list->choice, letter, false, &line);
    if (line.failed)
        return error_set(err, FATAL, "out of memory for a letter");
    buf_add_char(&line, '\n');
    cell_print_json(stdout, buf_slice(&line));
    return ferror(stdout) ? DONE : OK;
}

static enum status take_letter(void *arg, const struct letter *letter, struct error *err)
{
    struct list *list = arg;
    const struct dlq_arguments *arguments = list->choice->arguments;

    if (!dlq_choice_has(list->choice, letter))
        return OK;
    list->listed++;
    if (arguments->json && !arguments->summary)
        return print_json(list, letter, err);
    add_sum(list, letter);
    if (list->rows)
        add_row(list, letter);
    return OK;
}

static void print_cell(const char *text, unsigned width)
{
    cell_print(stdout, slice_of(text), width, true, true);
    fputs("  ", stdout);
}

static void print_count(uint64_t count)
{
    char text[28];

    printf("%10s  ", progress_number(count, text));
}

static void print_sums(const struct list *list)
{
    char first[TIMESTAMP_TEXT_MAX + 1], last[TIMESTAMP_TEXT_MAX + 1];

    printf("REASON      DATASET                   OPEN    REDRIVEN   DISCARDED  FIRST, LAST\n");
    for (size_t i = 0; i < list->sum_count; i++) {
        const struct sum *sum = &list->sums[i];

        dlq_time_text(sum->first_ms, first);
        dlq_time_text(sum->last_ms, last);
        print_cell(sum->reason, 10);
        print_cell(sum->dataset, 16);
        for (int state = 0; state < LETTER_STATES; state++)
            print_count(sum->states[state]);
        printf("%.19s, %.19s\n", first, last);
    }
}

static void print_sums_json(const struct list *list)
{
    for (size_t i = 0; i < list->sum_count; i++) {
        const struct sum *sum = &list->sums[i];
        scoped_buf struct buf line = BUF_INIT(LINE_MAX);
        char first[TIMESTAMP_TEXT_MAX + 1], last[TIMESTAMP_TEXT_MAX + 1];

        dlq_time_text(sum->first_ms, first);
        dlq_time_text(sum->last_ms, last);
        buf_add_text(&line, "{\"reason\":");
        json_add_string(&line, slice_of(sum->reason), NULL);
        buf_add_text(&line, ",\"dataset\":");
        json_add_string(&line, slice_of(sum->dataset), NULL);
        for (int state = 0; state < LETTER_STATES; state++)
            buf_addf(&line, ",\"%s\":%" PRIu64, letter_state_names[state], sum->states[state]);
        buf_addf(&line, ",\"first\":\"%s\",\"last\":\"%s\"}\n", first, last);
        cell_print_json(stdout, buf_slice(&line));
    }
}

static void print_rows(struct list *list)
{
    size_t shown = list->row_max / 2;

    qsort(list->rows, list->row_count, sizeof(*list->rows), newest_first);
    if (shown > list->row_count)
        shown = list->row_count;
    printf("\nLETTER       REFUSED              STATE      REASON      DATASET           ERROR\n");
    for (size_t i = 0; i < shown; i++) {
        const struct row *row = &list->rows[i];
        char time[TIMESTAMP_TEXT_MAX + 1], place[48];

        dlq_time_text(row->last_ms, time);
        snprintf(place, sizeof(place), "%" PRId32 ":%" PRId64, row->partition, row->offset);
        printf("%-11s  %-19.19s  %-9s  ", place, time, letter_state_names[row->state]);
        print_cell(row->reason, 10);
        print_cell(row->dataset, 16);
        cell_print(stdout, slice_of(row->error), 0, false, false);
        putchar('\n');
    }
    if (shown < list->listed)
        fprintf(stderr, "the %zu newest of %" PRIu64 "; --limit 0 shows all\n", shown,
                list->listed);
}

static void print_all(struct list *list)
{
    if (list->choice->arguments->json) {
        if (list->choice->arguments->summary)
            print_sums_json(list);
    } else if (list->listed == 0) {
        fprintf(stderr, "no dead letters\n");
    } else {
        print_sums(list);
        if (list->rows)
            print_rows(list);
    }
}

/* All letters, when that is asked for: as many as there may be. */
static enum status make_rows(struct list *list, struct error *err)
{
    const struct dlq_arguments *arguments = list->choice->arguments;
    uint64_t shown = arguments->limit > 0    ? (uint64_t)arguments->limit
                     : arguments->limit == 0 ? ROWS_MAX
                                             : ROWS_SHOWN;

    if (arguments->json || arguments->summary)
        return OK;
    if (shown > ROWS_MAX)
        return error_set(err, REJECT, "--limit: a table has at most %d rows; --json has no limit",
                         ROWS_MAX);
    list->row_max = 2 * (size_t)shown;
    list->rows = calloc(list->row_max, sizeof(*list->rows));
    return list->rows ? OK : error_set(err, FATAL, "out of memory for %" PRIu64 " rows", shown);
}

int dlq_list(const struct indexer_config *config, struct dlq_choice *choice)
{
    struct list *list = calloc(1, sizeof(*list));
    struct error err = {0};
    enum status status;
    int code;

    if (!list)
        return dlq_end(config, error_set(&err, FATAL, "out of memory"), &err);
    list->choice = choice;
    list->limit = choice->arguments->limit > 0 ? (uint64_t)choice->arguments->limit : 0;
    status = make_rows(list, &err);
    if (status == OK)
        status = deadletter_each(&config->kafka, take_letter, list, &err);
    if (status == OK)
        print_all(list);
    code = dlq_end(config, status, &err);
    free(list->rows);
    free(list);
    return status == REJECT ? EXIT_USAGE : code;
}
