/*
 * report.c - collects what is wrong with a configuration, and where.
 */
#include "common/config/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

#define MESSAGE_MAX (4u << 10) /* bytes: a list of the words allowed may be long */
#define TEXT_MAX    (1u << 20) /* bytes: all problems kept fit */

void config_report_init(struct config_report *report)
{
    *report = (struct config_report){.text = BUF_INIT(TEXT_MAX)};
    arena_init(&report->arena, MESSAGE_MAX, TEXT_MAX);
}

static const char *keep(struct arena *arena, const char *text)
{
    char *copy = arena_bytes(arena, strlen(text) + 1);

    return copy ? memcpy(copy, text, strlen(text) + 1) : NULL;
}

void config_report_vadd(struct config_report *report, const struct config_source *source,
                        size_t line, const char *key, const char *fmt, va_list args)
{
    struct config_found *found = &report->found[report->kept];
    char message[MESSAGE_MAX];

    report->count++; /* also when it cannot be kept: the configuration stays refused */
    if (report->kept == CONFIG_PROBLEMS_MAX)
        return;
    vsnprintf(message, sizeof(message), fmt, args);
    *found = (struct config_found){.source = source, .line = line, .order = report->kept};
    found->key = key ? keep(&report->arena, key) : NULL;
    found->message = keep(&report->arena, message);
    if (found->message && (found->key || !key))
        report->kept++;
}

void config_report_add(struct config_report *report, const struct config_source *source,
                       size_t line, const char *key, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    config_report_vadd(report, source, line, key, fmt, args);
    va_end(args);
}

static int compare(const void *a, const void *b)
{
    const struct config_found *x = a, *y = b;

    if (x->source->layer != y->source->layer)
        return x->source->layer < y->source->layer ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static void sort(struct config_report *report)
{
    qsort(report->found, report->kept, sizeof(report->found[0]), compare);
}

const char *config_report_text(struct config_report *report)
{
    const struct config_found *found;

    sort(report);
    buf_clear(&report->text);
    for (size_t i = 0; i < report->kept; i++) {
        found = &report->found[i];
        buf_add_text(&report->text, found->source->name);
        if (found->line)
            buf_addf(&report->text, ":%zu", found->line);
        buf_addf(&report->text, ": %s%s%s\n", found->key ? found->key : "", found->key ? ": " : "",
                 found->message);
    }
    if (report->count > report->kept)
        buf_addf(&report->text, "and %zu more problems\n", report->count - report->kept);
    return buf_str(&report->text);
}

void config_report_json(struct config_report *report, struct buf *out)
{
    scoped_json cJSON *list = cJSON_CreateArray();
    const struct config_found *found;
    cJSON *item;
    char *text;

    sort(report);
    for (size_t i = 0; i < report->kept; i++) {
        found = &report->found[i];
        item = cJSON_CreateObject();
        cJSON_AddItemToArray(list, item);
        cJSON_AddStringToObject(item, "file", found->source->name);
        cJSON_AddNumberToObject(item, "line", (double)found->line);
        cJSON_AddStringToObject(item, "key", found->key ? found->key : "");
        cJSON_AddStringToObject(item, "message", found->message);
    }
    text = cJSON_PrintUnformatted(list);
    if (text)
        buf_add_text(out, text);
    else
        out->failed = true;
    cJSON_free(text);
}

void config_report_release(struct config_report *report)
{
    arena_release(&report->arena);
    buf_release(&report->text);
}
