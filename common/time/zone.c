/*
 * zone.c - time zones by name.
 */
#include "common/time/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/scope.h"
#include "common/time/cursor.h"
#include "common/time/table.h"
#include "common/timestamp.h"

#define DATABASE   "/usr/share/zoneinfo"
#define LOCAL_FILE "/etc/localtime"
#define FILE_MAX   (256u << 10) /* bytes; the largest of the database has under 4000 */
#define PATH_SIZE  1024

struct time_zone {
    char name[TIME_ZONE_NAME_MAX + 1];
    struct zone_table table;
};

static struct time_zone utc = {
    .name = "UTC",
    .table = {.periods = &(struct zone_period){0}, .count = 1, .names = "UTC", .names_len = 4},
};

const struct time_zone *time_zone_utc(void)
{
    return &utc;
}

const char *time_zone_name(const struct time_zone *zone)
{
    return zone->name;
}

void time_zone_close(struct time_zone *zone)
{
    if (!zone || zone == &utc)
        return;
    zone_table_release(&zone->table);
    free(zone);
}

static struct time_zone *zone_create(const char *name)
{
    struct time_zone *zone = calloc(1, sizeof(*zone));

    if (zone)
        snprintf(zone->name, sizeof(zone->name), "%s", name);
    return zone;
}

/* One period, or what a rule says. */
static enum status open_rule(const char *name, const struct zone_rule *rule, struct time_zone **out,
                             struct error *err)
{
    struct time_zone *zone = zone_create(name);
    struct zone_period first = {.offset_s = rule->standard_s};

    if (!zone || !zone_table_init(&zone->table, rule->has_dst ? 1 + ZONE_RULE_PERIODS : 1) ||
        !zone_table_name(&zone->table, rule->standard_name, &first.name)) {
        time_zone_close(zone);
        return error_set(err, FATAL, "out of memory");
    }
    zone_table_add(&zone->table, 0, first);
    zone_table_seal(&zone->table, rule, TIMESTAMP_S_MIN);
    *out = zone;
    return OK;
}

enum status time_zone_read(const char *name, struct slice file, struct time_zone **out,
                           struct error *err)
{
    struct time_zone *zone = zone_create(name);
    enum status status;

    if (!zone)
        return error_set(err, FATAL, "out of memory");
    status = tzif_read(file, &zone->table, err);
    if (status) {
        time_zone_close(zone);
        return status;
    }
    *out = zone;
    return OK;
}

/* "+05:30", "UTC+2", "GMT-03:30": the offset. */
static bool read_fixed(const char *name, int32_t *offset_s)
{
    struct cursor c = cursor_of(slice_of(name));
    bool valid, prefixed = false;
    int hours, sign = -1;

    if (strncmp(name, "UTC", 3) == 0 || strncmp(name, "GMT", 3) == 0) {
        c.p += 3;
        prefixed = true;
    }
    if (cursor_offset(&c, offset_s, &valid))
        return c.p == c.end && valid;
    if (!prefixed)
        return false;
    if (cursor_take(&c, '+'))
        sign = 1;
    else if (!cursor_take(&c, '-'))
        return false;
    if (!cursor_number(&c, 1, 2, &hours) || c.p != c.end)
        return false;
    *offset_s = sign * hours * 3600;
    return *offset_s <= TIMESTAMP_OFFSET_MAX && *offset_s >= -TIMESTAMP_OFFSET_MAX;
}

static enum status open_fixed(const char *name, int32_t offset_s, struct time_zone **out,
                              struct error *err)
{
    struct zone_rule rule = {.standard_s = offset_s};
    int minutes = abs(offset_s) / 60;

    if (offset_s == 0)
        snprintf(rule.standard_name, sizeof(rule.standard_name), "%s",
                 strncmp(name, "GMT", 3) == 0 ? "GMT" : "UTC");
    else
        snprintf(rule.standard_name, sizeof(rule.standard_name), "%c%02d%02d",
                 offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return open_rule(name, &rule, out, err);
}

static const char *database(void)
{
    const char *dir = getenv("TZDIR");

    return dir && *dir ? dir : DATABASE;
}

/* A path below the database, and nowhere else. */
static bool is_database_name(const char *name)
{
    if (*name == '\0' || *name == '/' || *name == '.' || strstr(name, "/.") || strstr(name, "//"))
        return false;
    for (const char *p = name; *p; p++)
        if (!char_is_letter((unsigned char)*p) && !char_is_digit((unsigned char)*p) &&
            !strchr("_-+/.", *p))
            return false;
    return true;
}

static enum status open_file(const char *name, const char *path, struct time_zone **out,
                             struct error *err)
{
    scoped_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    scoped_buf struct buf content = BUF_INIT(FILE_MAX);
    struct stat st;
    char *room;
    ssize_t got;
    enum status status;

    if (fd < 0 || fstat(fd, &st) != 0)
        return error_set_errno(err, REJECT, "cannot read '%s'", path);
    if (!S_ISREG(st.st_mode))
        return error_set(err, REJECT, "'%s' is not a file", path);
    do {
        room = buf_reserve(&content, 4096);
        if (!room)
            return error_set(err, REJECT, "'%s' is too large for a time zone", path);
        got = read(fd, room, 4096);
        if (got > 0)
            content.len += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (got < 0)
        return error_set_errno(err, REJECT, "cannot read '%s'", path);
    status = time_zone_read(name, buf_slice(&content), out, err);
    if (status)
        error_prefix(err, "'%s'", path);
    return status;
}

static enum status open_database(const char *name, struct time_zone **out, struct error *err)
{
    char path[PATH_SIZE];
    enum status status;

    if (access(database(), X_OK) != 0)
        return error_set(err, REJECT,
                         "time zone '%s': there is no time-zone database in '%s'; install the "
                         "package tzdata",
                         name, database());
    snprintf(path, sizeof(path), "%s/%s", database(), name);
    if (access(path, F_OK) != 0)
        return error_set(err, REJECT,
                         "no time zone '%s' in '%s'; names are like Europe/Berlin, +05:30, UTC, "
                         "local",
                         name, database());
    status = open_file(name, path, out, err);
    return status ? error_prefix(err, "time zone '%s'", name) : OK;
}

static enum status open_named(const char *name, struct time_zone **out, struct error *err)
{
    struct zone_rule rule;
    int32_t offset_s;

    if (strlen(name) > TIME_ZONE_NAME_MAX)
        return error_set(err, REJECT, "a time zone's name has at most %d bytes",
                         TIME_ZONE_NAME_MAX);
    if (strcmp(name, "UTC") == 0 || strcmp(name, "GMT") == 0 || strcmp(name, "Z") == 0)
        return open_fixed(name, 0, out, err);
    if (read_fixed(name, &offset_s))
        return open_fixed(name, offset_s, out, err);
    if (strchr(name, ',') && zone_rule_parse(slice_of(name), &rule))
        return open_rule(name, &rule, out, err);
    if (!is_database_name(name))
        return error_set(err, REJECT,
                         "'%s' is no time zone; names are like Europe/Berlin, +05:30, UTC, local",
                         name);
    return open_database(name, out, err);
}

/* The name that /etc/localtime is a link to, or "local". */
static void local_name(char name[TIME_ZONE_NAME_MAX + 1])
{
    char target[PATH_SIZE];
    const char *found;
    ssize_t len = readlink(LOCAL_FILE, target, sizeof(target) - 1);

    snprintf(name, TIME_ZONE_NAME_MAX + 1, "local");
    if (len <= 0)
        return;
    target[len] = '\0';
    found = strstr(target, "/zoneinfo/");
    if (found && strlen(found) - 10 <= TIME_ZONE_NAME_MAX && is_database_name(found + 10))
        snprintf(name, TIME_ZONE_NAME_MAX + 1, "%s", found + 10);
}

/* As the C library does: TZ, with or without a colon; then /etc/localtime; then UTC. */
static enum status open_local(struct time_zone **out, struct error *err)
{
    const char *tz = getenv("TZ");
    char name[TIME_ZONE_NAME_MAX + 1];
    struct zone_rule rule;

    if (tz) {
        tz += *tz == ':';
        if (*tz == '/')
            return open_file("local", tz, out, err);
        if (*tz == '\0')
            return open_fixed("UTC", 0, out, err);
        if (zone_rule_parse(slice_of(tz), &rule))
            return open_rule(tz, &rule, out, err);
        return open_named(tz, out, err);
    }
    if (access(LOCAL_FILE, F_OK) != 0)
        return open_fixed("UTC", 0, out, err);
    local_name(name);
    return open_file(name, LOCAL_FILE, out, err);
}

enum status time_zone_open(const char *name, struct time_zone **out, struct error *err)
{
    return strcmp(name, "local") == 0 ? open_local(out, err) : open_named(name, out, err);
}

struct time_zone_state time_zone_at(const struct time_zone *zone, int64_t s)
{
    struct zone_period period = zone_table_at(&zone->table, s);

    return (struct time_zone_state){period.offset_s, period.dst, zone->table.names + period.name};
}

int64_t time_zone_from_local(const struct time_zone *zone, int64_t local_s)
{
    if (zone->table.count == 1)
        return local_s - zone->table.periods[0].offset_s;
    return local_s - zone_table_at_local(&zone->table, local_s).offset_s;
}

/* Whether any period may be called so: most words behind a time are no zones. */
static bool table_may_have(const struct zone_table *table, struct slice name)
{
    for (size_t i = 0; i + name.len < table->names_len; i++)
        if (table->names[i] == name.data[0] && table->names[i + name.len] == '\0' &&
            memcmp(table->names + i, name.data, name.len) == 0)
            return true;
    return false;
}

static bool period_is(const struct zone_table *table, struct zone_period period, struct slice name)
{
    const char *own = table->names + period.name;

    return strncmp(own, name.data, name.len) == 0 && own[name.len] == '\0';
}

bool time_zone_from_named(const struct time_zone *zone, int64_t local_s, struct slice abbreviation,
                          int64_t *s)
{
    const struct zone_table *table = &zone->table;
    struct zone_period period;

    if (abbreviation.len == 0 || !table_may_have(table, abbreviation))
        return false;
    period = zone_table_at_local(table, local_s);
    if (!period_is(table, period, abbreviation)) {
        /* The second of two times, or not the season for it: its neighbour, then the latest. */
        struct zone_period next = zone_table_at(table, local_s - period.offset_s + 4 * 3600);

        if (period_is(table, next, abbreviation)) {
            period = next;
        } else {
            size_t i = table->count;

            while (i > 0 && !period_is(table, table->periods[i - 1], abbreviation))
                i--;
            if (i == 0)
                return false;
            period = table->periods[i - 1];
        }
    }
    *s = local_s - period.offset_s;
    return true;
}

struct time_zones {
    size_t count;
    struct {
        char name[TIME_ZONE_NAME_MAX + 1];
        size_t len;
        struct time_zone *zone; /* NULL: there is none of that name */
    } list[TIME_ZONES_MAX];
};

struct time_zones *time_zones_open(void)
{
    return calloc(1, sizeof(struct time_zones));
}

void time_zones_close(struct time_zones *zones)
{
    if (!zones)
        return;
    for (size_t i = 0; i < zones->count; i++)
        time_zone_close(zones->list[i].zone);
    free(zones);
}

const struct time_zone *time_zones_find(struct time_zones *zones, struct slice name)
{
    size_t n = zones->count;

    if (name.len == 0 || name.len > TIME_ZONE_NAME_MAX || memchr(name.data, '\0', name.len))
        return NULL;
    for (size_t i = 0; i < zones->count; i++) {
        if (slice_equal((struct slice){zones->list[i].name, zones->list[i].len}, name))
            return zones->list[i].zone;
        if (zones->count == TIME_ZONES_MAX && !zones->list[i].zone)
            n = i; /* made-up names do not keep real ones out */
    }
    if (n == TIME_ZONES_MAX)
        return NULL;
    memcpy(zones->list[n].name, name.data, name.len);
    zones->list[n].name[name.len] = '\0';
    zones->list[n].len = name.len;
    if (open_named(zones->list[n].name, &zones->list[n].zone, NULL))
        zones->list[n].zone = NULL;
    if (n == zones->count)
        zones->count++;
    return zones->list[n].zone;
}
