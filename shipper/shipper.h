/*
 * shipper.h - the agent as a library, for programs that ship their own files.
 *
 * The only public header; it needs none of the others. Link libshipper.a and
 * what `pkg-config --static --libs alpex-shipper` names.
 *
 *     struct shipper *shipper;
 *     char error[SHIPPER_ERROR_MAX];
 *
 *     if (shipper_open("shipper.yaml", NULL, &shipper, error))
 *         …
 *     shipper_process_file(shipper, "/var/log/app.log.1", "json", NULL, &counts, error);
 *     shipper_run(shipper, error);       returns after shipper_stop from another thread
 *     shipper_close(shipper);
 *
 * One shipper at a time may run or process in a process. SIGPIPE must be
 * ignored, as in any program with sockets; no other signal is touched. The log goes to standard
 * error, as the configuration's `log` says. Metrics are the process's.
 */
#ifndef SHIPPER_H
#define SHIPPER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHIPPER_API_VERSION 1
#define SHIPPER_ERROR_MAX   512 /* bytes of every `error`, a NUL included */

struct shipper;

enum shipper_status {
    SHIPPER_OK = 0,
    SHIPPER_FAILED = 1,     /* `error` says why */
    SHIPPER_BAD_CONFIG = 2, /* the configuration, or a format, is wrong */
    SHIPPER_INCOMPLETE = 3, /* done, but not everything: see the counts */
};

struct shipper_counts {
    uint64_t lines;       /* read */
    uint64_t records;     /* handed to Kafka */
    uint64_t unparsed;    /* of these: shipped as text, their format did not fit */
    uint64_t filtered;    /* left out because the configuration says so */
    uint64_t undelivered; /* not acknowledged */
};

/*
 * Loads `config_path` (NULL: defaults and environment only). `settings`: NULL, or a NULL-terminated
 * list of "key=value" that win over it. The caller closes *out.
 */
enum shipper_status shipper_open(const char *config_path, const char *const *settings,
                                 struct shipper **out, char error[SHIPPER_ERROR_MAX]);

/*
 * Ships one whole file (plain, gzip, zstd) and returns when Kafka has acknowledged it. `format`
 * as in the configuration; `dataset` NULL: the format's own. A file that is shipped again adds
 * nothing to the index. `counts` may be NULL.
 */
enum shipper_status shipper_process_file(struct shipper *shipper, const char *path,
                                         const char *format, const char *dataset,
                                         struct shipper_counts *counts,
                                         char error[SHIPPER_ERROR_MAX]);

/*
 * Follows the configured inputs until shipper_stop, then waits for what is under way, within
 * delivery.drain_timeout_ms. May be called again.
 */
enum shipper_status shipper_run(struct shipper *shipper, char error[SHIPPER_ERROR_MAX]);

/* Ends shipper_run, also one that has not begun yet. From any thread, also in a signal handler. */
void shipper_stop(struct shipper *shipper);

void shipper_close(struct shipper *shipper); /* not while it runs; NULL is fine */

#ifdef __cplusplus
}
#endif

#endif
