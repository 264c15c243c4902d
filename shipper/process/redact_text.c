/*
 * redact_text.c - one text without its secrets: the configured patterns, then what is built in.
 */
#include "common/clock.h"
#include "shipper/pattern.h"
#include "shipper/process/redact_private.h"

#define TIME_MAX_NS (int64_t)300000000 /* of one pattern in one text */

/* What of the last match is secret: its first group, or all of it. */
static struct slice secret_of(const struct pattern *pattern)
{
    struct slice group = {NULL, 0};

    if (pattern_group_count(pattern))
        group = pattern_group(pattern, 1);
    return group.data ? group : pattern_group(pattern, 0);
}

static void add_standin(struct redact *redact, const struct redact_pattern *each,
                        struct slice secret)
{
    char text[KEYED_HASH_TEXT_MAX];

    if (each->hashed && redact->rules.hash)
        buf_add(&redact->matched, text,
                keyed_hash_write(redact->rules.hash, SECRET_PATTERN, secret, text));
    else
        buf_add(&redact->matched, each->mask, each->mask_len);
}

/*
 * Replaces all matches of one pattern; true when there are any. A text that a pattern cannot be
 * looked for in within its limits is hidden as a whole: it may be in there.
 */
static bool apply_pattern(struct redact *redact, struct redact_pattern *each, struct slice text)
{
    uint64_t exhausted = pattern_exhausted(each->pattern);
    size_t from = 0, copied = 0;
    bool any = false, late = false;
    int64_t started_ns = 0;

    buf_clear(&redact->matched);
    while (!late && from <= text.len &&
           (from ? pattern_match_again(each->pattern, from)
                 : pattern_match(each->pattern, text, from))) {
        struct slice whole = pattern_group(each->pattern, 0), secret = secret_of(each->pattern);
        size_t end = (size_t)(whole.data - text.data) + whole.len;

        if (secret.len) {
            size_t start = (size_t)(secret.data - text.data);

            if (start < copied) /* a group of a look-behind: it was replaced already */
                break;
            buf_add(&redact->matched, text.data + copied, start - copied);
            add_standin(redact, each, secret);
            copied = start + secret.len;
            redact->found[SECRET_PATTERN]++;
            any = true;
        }
        from = end > from ? end : from + 1;
        if (from < copied)
            from = copied;
        if (started_ns == 0)
            started_ns = clock_mono_ns();
        late = clock_mono_ns() - started_ns > TIME_MAX_NS;
    }
    if (late || pattern_exhausted(each->pattern) != exhausted) {
        buf_clear(&redact->matched);
        buf_add(&redact->matched, each->mask, each->mask_len);
        redact->found[SECRET_PATTERN]++;
        return true;
    }
    if (any)
        buf_add(&redact->matched, text.data + copied, text.len - copied);
    return any;
}

bool redact_text(struct redact *redact, struct slice text, bool agent, struct slice *out)
{
    bool changed = false, failed = false;

    if (text.len == 0)
        return false;
    for (unsigned i = 0; i < redact->pattern_count; i++) {
        struct buf swap;

        if (!apply_pattern(redact, &redact->patterns[i], text))
            continue;
        changed = true;
        failed = failed || redact->matched.failed;
        /* The next pattern reads what this one wrote. */
        swap = redact->out;
        redact->out = redact->matched;
        redact->matched = swap;
        text = buf_slice(&redact->out);
    }
    if (changed) { /* the scan writes to `out`, so that it has to read from elsewhere */
        struct buf swap = redact->out;

        redact->out = redact->matched;
        redact->matched = swap;
    }
    if (text.len &&
        scan_text(&redact->rules, text, agent, &redact->out, redact->found, &redact->places)) {
        changed = true;
        failed = failed || redact->out.failed;
        text = buf_slice(&redact->out);
    }
    *out = failed ? (struct slice){NULL, 0} : text;
    return changed;
}
