/*
 * wrap.h - lines that somebody has put into lines of his own: container runtimes.
 *
 *   cri     2026-11-21T12:00:00.123456789Z stdout F text        (Kubernetes CRI logging format;
 *           P instead of F: the text goes on in the next line)
 *   docker  {"log":"text\n","stream":"stdout","time":"…"}       (Docker's json-file driver; a text
 *           without \n at its end goes on in the next line)
 *   spool   what came by network or pipe and was kept on disk; see spool.h
 */
#ifndef SHIPPER_WRAP_H
#define SHIPPER_WRAP_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/timestamp.h"

enum wrapping { WRAP_NONE, WRAP_AUTO, WRAP_CRI, WRAP_DOCKER, WRAP_SPOOL };

/* By the name in the configuration, of a container's. False: there is none such. */
bool wrapping_find(const char *name, enum wrapping *out);

struct wrapped {
    struct slice text;
    struct slice stream;   /* "stdout", "stderr"; spool: {NULL, 0} */
    struct slice peer;     /* spool: who sent it, as address:port */
    struct timestamp time; /* when it was written, or received */
    bool partial;          /* the text goes on in the next line of the same stream */
    bool cut;              /* it was longer than the limit */
};

/*
 * Unwraps `line`. False: it is not wrapped like that. The result's text is a view into the line,
 * or, when it had to be unescaped, is in `text`, which is cleared first.
 */
bool wrap_remove(enum wrapping wrapping, struct slice line, struct buf *text, struct wrapped *out);

/* What a container's log file says about it by its path. Absent: {NULL, 0}. */
struct wrap_container {
    struct slice namespace, pod, container, id;
};

/*
 * Kubernetes: /var/log/pods/<namespace>_<pod>_<uid>/<container>/<n>.log and
 * /var/log/containers/<pod>_<namespace>_<container>-<id>.log; Docker:
 * …/containers/<id>/<id>-json.log. The result points into `path`.
 */
struct wrap_container wrap_container_of(struct slice path);

#endif
