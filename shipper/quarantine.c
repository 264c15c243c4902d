/*
 * quarantine.c - records that Kafka refuses for good, in a local file.
 */
#include "shipper/quarantine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/json_text.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/scope.h"
#include "common/timestamp.h"

struct quarantine {
    char *path;
    uint64_t max_bytes;
    struct metric *abandoned;
};

enum status quarantine_open(const char *folder, uint64_t max_bytes, struct quarantine **out,
                            struct error *err)
{
    struct quarantine *quarantine = calloc(1, sizeof(*quarantine));

    if (!quarantine || asprintf(&quarantine->path, "%s/quarantine.ndjson", folder) < 0) {
        free(quarantine);
        return error_set(err, FATAL, "out of memory");
    }
    quarantine->max_bytes = max_bytes;
    quarantine->abandoned = metrics_counter("shipper_records_abandoned_total", NULL,
                                            "Records given up: refused by Kafka, quarantine full.");
    *out = quarantine;
    return OK;
}

static bool append(struct quarantine *quarantine, struct slice text)
{
    scoped_fd int fd = open(quarantine->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 || (uint64_t)st.st_size + text.len > quarantine->max_bytes)
        return false;
    if (write(fd, text.data, text.len) == (ssize_t)text.len && fsync(fd) == 0)
        return true;
    /* Half a line would spoil the next one. */
    if (ftruncate(fd, st.st_size) != 0)
        log_warn("cannot take back half a line in '%s'", quarantine->path);
    return false;
}

void quarantine_add(struct quarantine *quarantine, struct slice record, const char *reason)
{
    scoped_buf struct buf line = BUF_INIT(record.len + 1024);
    char quoted[JSON_STRING_MAX(128) + 1], time[TIMESTAMP_TEXT_MAX + 1];
    struct slice short_reason = slice_of(reason);
    uint64_t invalid = 0;

    if (short_reason.len > 128)
        short_reason.len = 128;
    *json_write_string(quoted, short_reason, &invalid) = '\0';
    time[timestamp_print(timestamp_from_ms(clock_wall_ms()), time)] = '\0';
    buf_addf(&line, "{\"time\":\"%s\",\"reason\":%s,\"record\":", time, quoted);
    buf_add_slice(&line, record);
    buf_add_text(&line, "}\n");
    if (line.failed || !append(quarantine, buf_slice(&line))) {
        metric_add(quarantine->abandoned, 1);
        log_error("cannot keep a refused record in '%s' (full, or not writable); it is given up",
                  quarantine->path);
    }
}

void quarantine_close(struct quarantine *quarantine)
{
    if (!quarantine)
        return;
    free(quarantine->path);
    free(quarantine);
}
