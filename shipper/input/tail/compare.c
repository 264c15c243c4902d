/*
 * compare.c - looks at a file's content: is it still, or again, the one we know?
 */
#include "shipper/input/tail/compare.h"

#include <string.h>

#define COMPARED_BYTES 4096 /* contents that begin with the same header differ soon behind it */

/* As much of the content's beginning as `to` holds. */
static struct slice read_head(struct content *content, char *to, size_t room)
{
    struct error err;
    size_t used = 0, len;
    enum status status = OK;

    while (used < room && status == OK) {
        status = content_read(content, used, to + used, room - used, &len, &err);
        used += len;
    }
    return (struct slice){to, used};
}

uint64_t compare_fingerprint(struct content *content, bool whole)
{
    char head[STREAM_HEAD_MAX];

    return stream_fingerprint(read_head(content, head, sizeof(head)), whole);
}

bool compare_may_be_copy(struct content *copy, struct content *original)
{
    char copy_bytes[COMPARED_BYTES], bytes[COMPARED_BYTES];
    /* In this order: the original may grow in between. */
    struct slice a = read_head(copy, copy_bytes, sizeof(copy_bytes));
    struct slice b = read_head(original, bytes, sizeof(bytes));

    return a.len <= b.len && memcmp(a.data, b.data, a.len) == 0;
}

enum match compare_entry(struct content *content, uint64_t fingerprint,
                         const struct checkpoint_entry *entry)
{
    uint32_t len = entry->acked.mark.len;
    char bytes[STREAM_MARK_MAX];
    struct error err;
    size_t used = 0, n;
    enum status status = OK;

    if (fingerprint == 0 || fingerprint != entry->fingerprint)
        return MATCH_NO;
    if (len == 0 || entry->acked.offset < len)
        return MATCH_HEAD;
    while (used < len && status == OK) {
        status = content_read(content, entry->acked.offset - len + used, bytes + used, len - used,
                              &n, &err);
        used += n;
    }
    if (used < len)
        return MATCH_SHORT;
    return mark_equal(stream_mark((struct slice){bytes, len}), entry->acked.mark) ? MATCH_YES
                                                                                  : MATCH_NO;
}

enum status compare_read_on(struct content *content, const struct position *position, char *to,
                            size_t room, struct slice *bytes, struct error *err)
{
    uint32_t len = position->mark.len;
    size_t used = 0, n;
    enum status status;

    do {
        status =
            content_read(content, position->offset - len + used, to + used, room - used, &n, err);
        used += n;
    } while (status == OK && used <= len);
    if (status != OK && status != DONE && used <= len)
        return status;
    if (used < len || !mark_equal(stream_mark((struct slice){to, len}), position->mark))
        return error_set(err, REJECT, "another content");
    *bytes = (struct slice){to + len, used - len};
    return status == OK ? OK : DONE;
}
