/*
 * place.c - by what a record is known again, in the topic, the index and the dead letters.
 */
#include <xxhash.h>

#include "common/json_walk.h"
#include "common/record_id.h"
#include "indexer/audit/audit.h"

/* event.id begins with the time, which is not the same for a line that is doubled by a wrong one.
 */
#define TIME_DIGITS 8

const char *const audit_state_names[] = {
    [AUDIT_COMPLETE] = "complete",   [AUDIT_UNDER_WAY] = "under way", [AUDIT_EXPIRED] = "expired",
    [AUDIT_ABANDONED] = "abandoned", [AUDIT_DOUBLED] = "doubled",     [AUDIT_MISSING] = "missing",
};

int audit_record_compare(const void *a, const void *b)
{
    const struct audit_record *x = a, *y = b;

    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

/* A string without escapes: what is between its quotes. */
static bool plain_text(struct slice object, const char *key, struct slice *out)
{
    struct json_value value;

    if (!json_member(object, key, &value) || value.kind != JSON_STRING || value.escaped)
        return false;
    *out = (struct slice){value.raw.data + 1, value.raw.len - 2};
    return true;
}

bool audit_place_read(struct slice document, uint64_t *id, struct audit_record *record)
{
    struct json_value log, file, event, offset;
    struct slice text;
    int64_t number;

    if (!json_member(document, "log", &log) || !json_member(log.raw, "file", &file) ||
        !plain_text(file.raw, "fingerprint", &text) || !account_id_read(text, id) ||
        !json_member(log.raw, "offset", &offset) || !json_integer(offset.raw, &number) ||
        number < 0)
        return false;
    if (!json_member(document, "event", &event) || !plain_text(event.raw, "id", &text) ||
        text.len != RECORD_ID_LEN)
        return false;
    record->offset = (uint64_t)number;
    record->line = XXH3_64bits(text.data + TIME_DIGITS, text.len - TIME_DIGITS);
    return true;
}
