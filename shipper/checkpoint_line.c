/*
 * checkpoint_line.c - an entry as a line of JSON, and back.
 */
#include "shipper/checkpoint_line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/json_walk.h"
#include "common/scope.h"

/* A name of bytes that are no UTF-8 is written in hexadecimal, so that it comes back as it was. */
static void add_name(struct buf *out, const char *key, const char *name)
{
    struct slice s = slice_of(name);
    size_t before = out->len;
    uint64_t invalid = 0;

    buf_addf(out, "\"%s\":", key);
    json_add_string(out, s, &invalid);
    if (invalid) {
        out->len = before;
        buf_addf(out, "\"%s_hex\":\"", key);
        for (size_t i = 0; i < s.len; i++)
            buf_addf(out, "%02x", (unsigned char)s.data[i]);
        buf_add_char(out, '"');
    }
    buf_add_char(out, ',');
}

/* What changes while a content is read. 64-bit numbers as hex text: JSON readers keep 53 bits. */
void checkpoint_line_add_state(struct buf *out, const struct checkpoint_entry *entry)
{
    buf_addf(out, "\"device\":\"%" PRIx64 "\",\"inode\":\"%" PRIx64 "\",\"born\":\"%" PRIx64 "\",",
             entry->device, entry->inode, (uint64_t)entry->born_ns);
    buf_addf(out,
             "\"offset\":\"%" PRIx64 "\",\"mark\":\"%" PRIx64 "\",\"mark_bytes\":%" PRIu32
             ",\"time_s\":\"%" PRIx64 "\",\"time_ns\":%" PRIu32 ",\"timed\":%s,",
             entry->acked.offset, entry->acked.mark.hash, entry->acked.mark.len,
             (uint64_t)entry->acked.time.s, entry->acked.time.ns,
             entry->acked.timed ? "true" : "false");
    buf_add_text(out, "\"account\":{");
    account_write(out, &entry->account);
    buf_add_text(out, "},");
    if (entry->heading)
        add_name(out, "heading", entry->heading);
    buf_addf(out, "\"size\":\"%" PRIx64 "\",\"last_seen_ms\":%" PRId64 ",\"finished\":%s}\n",
             entry->size, entry->last_seen_ms, entry->finished ? "true" : "false");
}

void checkpoint_line_add_whole(struct buf *out, const struct checkpoint_entry *entry,
                               uint32_t number)
{
    buf_addf(out, "{\"n\":%" PRIu32 ",", number);
    add_name(out, "stream", entry->stream);
    add_name(out, "path", entry->path);
    buf_addf(out,
             "\"fingerprint\":\"%" PRIx64 "\",\"generation\":%" PRIu32 ",\"found_ms\":%" PRId64 ",",
             entry->fingerprint, entry->generation, entry->found_ms);
    checkpoint_line_add_state(out, entry);
}

static uint64_t hex(const cJSON *object, const char *key)
{
    return strtoull(json_text(object, key, "0"), NULL, 16);
}

static bool is_true(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL: not there, or not readable. The caller frees it. */
static char *name_in(const cJSON *object, const char *key, const char *key_hex)
{
    const char *text = json_text(object, key, NULL), *bytes = json_text(object, key_hex, NULL);
    size_t len = bytes ? strlen(bytes) / 2 : 0;
    char *name;

    if (text || !bytes)
        return text ? strdup(text) : NULL;
    name = calloc(1, len + 1);
    for (size_t i = 0; name && i < len; i++) {
        int high = hex_digit(bytes[2 * i]), low = hex_digit(bytes[2 * i + 1]);

        if (high < 0 || low < 0 || high + low == 0) {
            free(name);
            return NULL;
        }
        name[i] = (char)(high << 4 | low);
    }
    return name;
}

/*
 * As `line` has it; cJSON keeps 53 bits of a number. Without one that fits the position (an older
 * shipper wrote it) counting begins here.
 */
static struct account account_in(struct slice line, const struct position *acked)
{
    struct account account;
    struct json_value value;

    if (json_member(line, "account", &value) && account_read(value.raw, &account) &&
        account.from <= acked->offset)
        return account;
    return (struct account){.from = acked->offset};
}

enum status checkpoint_line_state(struct checkpoint *checkpoint, struct checkpoint_entry *entry,
                                  const cJSON *json, struct slice line)
{
    struct position acked = {.offset = hex(json, "offset")};
    const cJSON *timed = cJSON_GetObjectItemCaseSensitive(json, "timed");

    acked.mark.hash = hex(json, "mark");
    acked.mark.len = (uint32_t)json_number(json, "mark_bytes", 0);
    if (acked.mark.len > STREAM_MARK_MAX)
        return REJECT;
    acked.time.s = (int64_t)hex(json, "time_s");
    acked.time.ns = (uint32_t)json_number(json, "time_ns", 0);
    acked.timed = !timed || cJSON_IsTrue(timed); /* version 1 knew one time only */
    entry->acked = acked;
    entry->account = account_in(line, &acked);
    free(entry->heading);
    entry->heading = name_in(json, "heading", "heading_hex");
    checkpoint_set_file(checkpoint, entry, hex(json, "device"), hex(json, "inode"),
                        (int64_t)hex(json, "born"));
    entry->size = hex(json, "size");
    entry->last_seen_ms = json_number(json, "last_seen_ms", 0);
    entry->finished = is_true(json, "finished");
    return OK;
}

enum status checkpoint_line_entry(struct checkpoint *checkpoint, const cJSON *json,
                                  struct checkpoint_entry **out)
{
    scoped_free char *stream = name_in(json, "stream", "stream_hex");
    scoped_free char *path = name_in(json, "path", "path_hex");
    struct checkpoint_entry *entry;

    if (!stream || !path)
        return REJECT;
    entry = checkpoint_add(checkpoint, stream, path, hex(json, "fingerprint"),
                           (uint32_t)json_number(json, "generation", 0));
    if (!entry)
        return FATAL;
    entry->found_ms = json_number(json, "found_ms", json_number(json, "last_seen_ms", 0));
    *out = entry;
    return OK;
}

bool checkpoint_line_is_gone(const cJSON *json)
{
    return is_true(json, "gone");
}
