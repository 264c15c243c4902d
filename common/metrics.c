/*
 * metrics.c - registry of series, and their output.
 *
 * The lists only grow and their links are atomic: output needs no lock, and
 * neither a change nor an output can hold up the other.
 */
#include "common/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/scope.h"

#define SERIES_MAX  2000
#define LABELS_MAX  2000
#define BOUNDS_MAX  24
#define COLLECT_MAX 64
#define CACHE_LINE  64 /* series of different threads do not share one */

enum kind { COUNTER, GAUGE, HISTOGRAM };

struct metric {
    _Alignas(CACHE_LINE) _Atomic uint64_t value; /* counter, or the bits of a double: gauge, sum */
    enum kind kind;
    const char *labels; /* "" = none */
    const double *bounds;
    size_t bound_count;
    _Atomic(struct metric *) next; /* of the same name */
    _Atomic uint64_t buckets[];    /* bound_count + 1 of a histogram */
};

/* All series of one name. */
struct family {
    const char *name, *help;
    enum kind kind;
    _Atomic(struct metric *) series;
    _Atomic(struct family *) next;
};

struct label {
    struct label *next;
    char text[];
};

struct collect {
    void (*call)(void *arg);
    void *arg;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* registering; leaf lock */
static _Atomic(struct family *) families;
static struct label *labels_list;
static size_t series_count, label_count;

static pthread_mutex_t collect_lock = PTHREAD_MUTEX_INITIALIZER;
static struct collect collects[COLLECT_MAX];
static size_t collect_count;

/* Where changes go when there is no room; never printed. */
static struct metric spares[] = {
    {.kind = COUNTER, .labels = ""}, {.kind = GAUGE, .labels = ""}, {.kind = GAUGE, .labels = ""}};

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static double double_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static struct family *family_get(const char *name, const char *help, enum kind kind)
{
    _Atomic(struct family *) *link = &families;
    struct family *family;

    for (; (family = atomic_load(link)); link = &family->next)
        if (strcmp(family->name, name) == 0)
            return family;
    family = calloc(1, sizeof(*family));
    if (!family)
        return NULL;
    family->name = name;
    family->help = help;
    family->kind = kind;
    atomic_store(link, family);
    return family;
}

static struct metric *series_new(enum kind kind, const char *labels, const double *bounds,
                                 size_t count)
{
    size_t bytes = sizeof(struct metric) + (kind == HISTOGRAM ? count + 1 : 0) * sizeof(uint64_t);
    struct metric *metric;

    bytes = (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    metric = aligned_alloc(CACHE_LINE, bytes);
    if (!metric)
        return NULL;
    memset(metric, 0, bytes);
    metric->kind = kind;
    metric->labels = labels;
    metric->bounds = bounds;
    metric->bound_count = count;
    return metric;
}

static struct metric *series_get(struct family *family, const char *labels, const double *bounds,
                                 size_t count)
{
    _Atomic(struct metric *) *link = &family->series;
    struct metric *metric;

    for (; (metric = atomic_load(link)); link = &metric->next)
        if (strcmp(metric->labels, labels) == 0)
            return metric;
    if (series_count >= SERIES_MAX)
        return NULL;
    metric = series_new(family->kind, labels, bounds, count);
    if (!metric)
        return NULL;
    series_count++;
    atomic_store(link, metric);
    return metric;
}

static struct metric *get(enum kind kind, const char *name, const char *labels, const char *help,
                          const double *bounds, size_t count)
{
    struct metric *metric = NULL;
    struct family *family;

    pthread_mutex_lock(&lock);
    family = family_get(name, help, kind);
    if (family)
        metric = series_get(family, labels ? labels : "", bounds, count);
    pthread_mutex_unlock(&lock);
    assert(!family || family->kind == kind); /* one name, one type */
    return metric ? metric : &spares[kind];
}

struct metric *metrics_counter(const char *name, const char *labels, const char *help)
{
    return get(COUNTER, name, labels, help, NULL, 0);
}

struct metric *metrics_gauge(const char *name, const char *labels, const char *help)
{
    return get(GAUGE, name, labels, help, NULL, 0);
}

struct metric *metrics_histogram(const char *name, const char *labels, const char *help,
                                 const double *bounds, size_t count)
{
    assert(count <= BOUNDS_MAX);
    return get(HISTOGRAM, name, labels, help, bounds, count);
}

/* Also for HELP, where a quote may stand as it is and an escaped one may not. */
static void add_escaped(struct buf *out, const char *text, bool quotes)
{
    for (; *text; text++) {
        if (*text == '\n')
            buf_add_text(out, "\\n");
        else if (*text == '\\' || (quotes && *text == '"'))
            buf_addf(out, "\\%c", *text);
        else
            buf_add_char(out, *text);
    }
}

static const char *label_intern(const char *text)
{
    size_t bytes = strlen(text) + 1;
    struct label *label;

    for (label = labels_list; label; label = label->next)
        if (strcmp(label->text, text) == 0)
            return label->text;
    if (label_count >= LABELS_MAX)
        return "";
    label = malloc(sizeof(*label) + bytes);
    if (!label)
        return "";
    memcpy(label->text, text, bytes);
    label->next = labels_list;
    labels_list = label;
    label_count++;
    return label->text;
}

const char *metrics_label(const char *key, const char *value)
{
    scoped_buf struct buf text = BUF_INIT(4096);
    const char *label;

    buf_addf(&text, "%s=\"", key);
    add_escaped(&text, value, true);
    buf_add_char(&text, '"');
    buf_str(&text); /* "" when it is too long */
    pthread_mutex_lock(&lock);
    label = label_intern(buf_str(&text));
    pthread_mutex_unlock(&lock);
    return label;
}

void metric_add(struct metric *metric, uint64_t n)
{
    atomic_fetch_add_explicit(&metric->value, n, memory_order_relaxed);
}

void metric_set(struct metric *metric, double value)
{
    atomic_store_explicit(&metric->value, bits_of(value), memory_order_relaxed);
}

void metric_shift(struct metric *metric, double delta)
{
    uint64_t old = atomic_load_explicit(&metric->value, memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(&metric->value, &old,
                                                  bits_of(double_of(old) + delta),
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

void metric_observe(struct metric *metric, double value)
{
    size_t i = 0;

    if (isnan(value) || metric->kind != HISTOGRAM) /* not a number would spoil the sum for ever */
        return;
    while (i < metric->bound_count && value > metric->bounds[i])
        i++;
    atomic_fetch_add_explicit(&metric->buckets[i], 1, memory_order_relaxed);
    metric_shift(metric, value);
}

double metric_value(const struct metric *metric)
{
    uint64_t value = atomic_load_explicit(&metric->value, memory_order_relaxed), count = 0;

    if (metric->kind == COUNTER)
        return (double)value;
    if (metric->kind == GAUGE)
        return double_of(value);
    for (size_t i = 0; i <= metric->bound_count; i++)
        count += atomic_load_explicit(&metric->buckets[i], memory_order_relaxed);
    return (double)count;
}

void metrics_on_collect(void (*collect)(void *arg), void *arg)
{
    pthread_mutex_lock(&collect_lock);
    assert(collect_count < COLLECT_MAX);
    collects[collect_count++] = (struct collect){collect, arg};
    pthread_mutex_unlock(&collect_lock);
}

void metrics_remove_collect(void (*collect)(void *arg), void *arg)
{
    pthread_mutex_lock(&collect_lock);
    for (size_t i = 0; i < collect_count; i++)
        if (collects[i].call == collect && collects[i].arg == arg)
            collects[i--] = collects[--collect_count];
    pthread_mutex_unlock(&collect_lock);
}

/* Holds the lock across the calls, so that nobody frees `arg` under one. */
static void collect_all(void)
{
    pthread_mutex_lock(&collect_lock);
    for (size_t i = 0; i < collect_count; i++)
        collects[i].call(collects[i].arg);
    pthread_mutex_unlock(&collect_lock);
}

/* The shortest text that reads back as the same number: 0.1, not 0.10000000000000001. */
static void add_double(struct buf *out, double value)
{
    char text[40];

    if (isnan(value) || isinf(value)) {
        buf_add_text(out, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        return;
    }
    snprintf(text, sizeof(text), "%.15g", value);
    if (strtod(text, NULL) < value || strtod(text, NULL) > value)
        snprintf(text, sizeof(text), "%.17g", value);
    buf_add_text(out, text);
}

static void add_name(struct buf *out, const char *name, const char *suffix, const char *labels)
{
    buf_addf(out, *labels ? "%s%s{%s} " : "%s%s%s ", name, suffix, labels);
}

static void write_histogram(struct buf *out, const char *name, const struct metric *metric)
{
    const char *comma = *metric->labels ? "," : "";
    uint64_t count = 0;

    for (size_t i = 0; i <= metric->bound_count; i++) {
        count += atomic_load_explicit(&metric->buckets[i], memory_order_relaxed);
        buf_addf(out, "%s_bucket{%s%sle=\"", name, metric->labels, comma);
        add_double(out, i < metric->bound_count ? metric->bounds[i] : INFINITY);
        buf_addf(out, "\"} %" PRIu64 "\n", count);
    }
    add_name(out, name, "_sum", metric->labels);
    add_double(out, double_of(atomic_load_explicit(&metric->value, memory_order_relaxed)));
    buf_add_char(out, '\n');
    add_name(out, name, "_count", metric->labels);
    buf_addf(out, "%" PRIu64 "\n", count); /* agrees with the buckets even amid changes */
}

static void write_series(struct buf *out, const char *name, const struct metric *metric)
{
    if (metric->kind == HISTOGRAM) {
        write_histogram(out, name, metric);
        return;
    }
    add_name(out, name, "", metric->labels);
    if (metric->kind == COUNTER)
        buf_addf(out, "%" PRIu64, atomic_load_explicit(&metric->value, memory_order_relaxed));
    else
        add_double(out, double_of(atomic_load_explicit(&metric->value, memory_order_relaxed)));
    buf_add_char(out, '\n');
}

void metrics_write(struct buf *out)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};

    collect_all();
    for (struct family *family = atomic_load(&families); family; family = family->next) {
        if (!family->series)
            continue;
        buf_addf(out, "# HELP %s ", family->name);
        add_escaped(out, family->help, false);
        buf_addf(out, "\n# TYPE %s %s\n", family->name, types[family->kind]);
        for (struct metric *metric = family->series; metric; metric = metric->next)
            write_series(out, family->name, metric);
    }
}
