/*
 * stream_name.c - takes off a name what rotation and compression have added.
 *
 * Sources: logrotate(8) (dateext, dateformat, extension), rotatelogs(8), logback's
 * and log4j2's rolling patterns, Python's logging.handlers, kubelet, lumberjack.
 */
#include "shipper/stream_name.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/scope.h"

#define NUMBER_DIGITS  3 /* of a rotated file's number */
#define COUNTER_DIGITS 5 /* of a number behind a date */
#define EPOCH_DIGITS   10

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_separator(char c)
{
    return c == '-' || c == '.' || c == '_';
}

static size_t count_digits(const char *p, const char *end)
{
    size_t n = 0;

    while (p + n < end && is_digit(p[n]))
        n++;
    return n;
}

static int number(const char *p, size_t digits)
{
    int value = 0;

    for (size_t i = 0; i < digits; i++)
        value = value * 10 + p[i] - '0';
    return value;
}

static bool in_range(const char *p, int min, int max)
{
    int value = number(p, 2);

    return value >= min && value <= max;
}

static bool is_day(const char *year, const char *month, const char *day)
{
    return number(year, 4) >= 1900 && number(year, 4) < 2200 && in_range(month, 1, 12) &&
           in_range(day, 1, 31);
}

/* Groups of digits of these lengths with one same separator between them. */
static bool has_shape(const char *p, const char *end, const size_t lengths[3])
{
    char separator = 0;

    for (int i = 0; i < 3; i++) {
        if (i) {
            if (p == end || !is_separator(*p) || (separator && *p != separator))
                return false;
            separator = *p++;
        }
        if (count_digits(p, end) < lengths[i])
            return false;
        p += lengths[i];
    }
    return p == end || !is_digit(*p);
}

/* YYYY-MM-DD, MM-DD-YYYY (- may be . or _), YYYYMMDD[HH[MM[SS]]]; its end, or NULL. */
static const char *skip_date(const char *p, const char *end)
{
    static const size_t year_first[] = {4, 2, 2}, year_last[] = {2, 2, 4};
    size_t n = count_digits(p, end);

    if (n >= 8 && n <= 14 && n % 2 == 0 && is_day(p, p + 4, p + 6) &&
        (n < 10 || in_range(p + 8, 0, 23)) && (n < 12 || in_range(p + 10, 0, 59)) &&
        (n < 14 || in_range(p + 12, 0, 60)))
        return p + n;
    if (has_shape(p, end, year_first) && is_day(p, p + 5, p + 8))
        return p + 10;
    if (has_shape(p, end, year_last) && is_day(p + 6, p, p + 3))
        return p + 10;
    return NULL;
}

/* HH, HHMM, HHMMSS, HH-MM, HH-MM-SS (- may be . _ or :), fraction, Z; its end, or NULL. */
static const char *skip_time(const char *p, const char *end)
{
    size_t n = count_digits(p, end);

    if ((n != 2 && n != 4 && n != 6) || !in_range(p, 0, 23))
        return NULL;
    p += n;
    for (int parts = 1; n == 2 && parts < 3; parts++) {
        if (end - p < 3 || !(is_separator(*p) || *p == ':') || count_digits(p + 1, end) != 2)
            break;
        p += 3;
    }
    if (end - p == 4 && *p == '.' && count_digits(p + 1, end) == 3)
        p += 4;
    return p < end && *p == 'Z' ? p + 1 : p;
}

/* Is all of it a date, perhaps with a time, perhaps with a counter behind? */
static bool is_date(const char *p, const char *end)
{
    const char *time;

    p = skip_date(p, end);
    if (!p || p == end)
        return p != NULL;
    if (!is_separator(*p) && *p != 'T')
        return false;
    time = skip_time(p + 1, end);
    if (time == end)
        return true;
    if (time && is_separator(*time))
        p = time;
    return count_digits(p + 1, end) == (size_t)(end - p - 1) && end - p - 1 <= COUNTER_DIGITS &&
           end - p > 1;
}

/* YYYYMM, YYYY-MM: a month; or a version, or a number. */
static bool is_month(const char *p, const char *end)
{
    size_t n = count_digits(p, end);

    if (n == 4 && end - p == 7 && p[4] == '-' && count_digits(p + 5, end) == 2)
        return number(p, 4) >= 1900 && number(p, 4) < 2200 && in_range(p + 5, 1, 53);
    return n == 6 && end - p == 6 && number(p, 4) >= 1900 && number(p, 4) < 2200 &&
           in_range(p + 4, 1, 12);
}

static bool is_epoch(const char *p, const char *end)
{
    return end - p == EPOCH_DIGITS && count_digits(p, end) == EPOCH_DIGITS && *p == '1';
}

/* access.log, catalina.out, syslog, access_log: names that nobody gives a version. */
static bool is_log_like(const char *name, const char *end)
{
    static const char *const ends[] = {"log", ".out", ".err", ".txt", ".json", ".csv", ".xml"};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        size_t n = strlen(ends[i]);

        if ((size_t)(end - name) >= n && strncasecmp(end - n, ends[i], n) == 0)
            return true;
    }
    return false;
}

/* What rotation put before `end`; *at is where it begins, its separator included. */
static enum stream_suffix find_suffix(const char *name, const char *end, bool at_end,
                                      const char **at)
{
    for (const char *p = name + 1; p < end; p++) {
        if (!is_separator(*p))
            continue;
        *at = p;
        if (is_date(p + 1, end) || (*p != '_' && is_epoch(p + 1, end)))
            return SUFFIX_SURE;
        if (*p != '_' && is_month(p + 1, end))
            return SUFFIX_DOUBTFUL;
        if (*p == '.' && end - p - 1 <= NUMBER_DIGITS && end - p > 1 &&
            count_digits(p + 1, end) == (size_t)(end - p - 1))
            return at_end && is_log_like(name, p) ? SUFFIX_SURE : SUFFIX_DOUBTFUL;
    }
    return SUFFIX_NONE;
}

static enum stream_suffix strip_compression(char *name)
{
    static const char *const suffixes[] = {".gz", ".zst", ".bz2", ".xz", ".zip", ".lz4", ".Z"};
    size_t len = strlen(name);

    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        size_t n = strlen(suffixes[i]);

        if (len > n && strcmp(name + len - n, suffixes[i]) == 0) {
            name[len - n] = '\0';
            return SUFFIX_SURE;
        }
    }
    return SUFFIX_NONE;
}

/* The dot of `.log`; NULL: the name has no such ending. */
static char *extension_of(char *name)
{
    char *dot = strrchr(name, '.');

    return dot && dot != name && is_letter(dot[1]) ? dot : NULL;
}

enum stream_suffix stream_name_strip(char *name, char **sure_name)
{
    enum stream_suffix compressed = strip_compression(name), found;
    char *end = name + strlen(name), *extension;
    const char *at;

    if (sure_name)
        *sure_name = NULL;
    found = find_suffix(name, end, true, &at);
    if (found == SUFFIX_NONE && (extension = extension_of(name))) { /* access-20261121.log */
        end = extension;
        found = find_suffix(name, end, false, &at);
    }
    if (found == SUFFIX_NONE)
        return compressed;
    if (found == SUFFIX_DOUBTFUL && sure_name)
        *sure_name = strdup(name);
    memmove(name + (at - name), end, strlen(end) + 1);
    return found;
}

/* `folder`/`name`; NULL without memory. */
static char *join(const char *folder, const char *name)
{
    char *path;

    return asprintf(&path, "%s%s%s", folder, strcmp(folder, "/") == 0 ? "" : "/", name) < 0 ? NULL
                                                                                            : path;
}

/* The folder of `path` as it is written. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Of the file called `base` in `folder`, whose links are resolved. */
static char *name_in(const char *folder, const char *base)
{
    scoped_free char *name = strdup(base), *sure_name = NULL, *whole = NULL;
    enum stream_suffix suffix;

    if (!name)
        return NULL;
    suffix = stream_name_strip(name, &sure_name);
    whole = join(folder, name);
    if (whole && suffix == SUFFIX_DOUBTFUL && sure_name && access(whole, F_OK) != 0)
        return join(folder, sure_name);
    return take(whole);
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

char *stream_name_of(const char *path)
{
    scoped_free char *given = folder_of(path), *real = given ? realpath(given, NULL) : NULL;

    return given ? name_in(real ? real : given, base_of(path)) : NULL;
}

char *stream_name_of_real(const char *path)
{
    scoped_free char *folder = folder_of(path);

    return folder ? name_in(folder, base_of(path)) : NULL;
}
