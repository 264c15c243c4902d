/*
 * weigh.c - what became of each record of a content, by three lists: what the topic holds, what
 * the index holds, what the dead letters hold.
 */
#include "indexer/audit/evidence.h"

#include <stdlib.h>

#define GAPS_MAX 1000 /* that are listed of one content */

static bool is_in(const void *list, size_t count, size_t size, const struct audit_record *record)
{
    return count && bsearch(record, list, count, size, audit_record_compare);
}

static bool is_committed(const struct audit_group *group, const struct audit_sent *sent)
{
    return sent->partition >= 0 && (size_t)sent->partition < group->count &&
           sent->offset < group->committed[sent->partition];
}

/* Another record is missing; `open`: the one before it in the file was too. */
static bool add_gap(struct audit_content *content, const struct audit_sent *sent, bool open)
{
    struct audit_gap *gap = content->gap_count ? &content->gaps[content->gap_count - 1] : NULL;
    struct audit_gap *gaps;

    if (open && gap && gap->partition == sent->partition) {
        gap->last = sent->record.offset;
        gap->last_offset = sent->offset;
        gap->records++;
        return true;
    }
    if (content->gap_count == GAPS_MAX)
        return true; /* they are counted all the same */
    gaps = reallocarray(content->gaps, content->gap_count + 1, sizeof(*gaps));
    if (!gaps)
        return false;
    content->gaps = gaps;
    gaps[content->gap_count++] = (struct audit_gap){
        .first = sent->record.offset,
        .last = sent->record.offset,
        .records = 1,
        .time_ms = sent->time_ms,
        .partition = sent->partition,
        .first_offset = sent->offset,
        .last_offset = sent->offset,
    };
    return true;
}

static void count_found(struct audit_content *content, const struct audit_found *found)
{
    content->indexed = 0; /* each once; what came meanwhile counts */
    content->doubled = 0;
    for (size_t i = 0; i < found->count; i++)
        if (i && audit_record_compare(&found->list[i], &found->list[i - 1]) == 0)
            content->doubled++;
        else
            content->indexed++;
}

static void count_letters(struct audit_content *content, const struct audit_found *found)
{
    content->dead = content->discarded = 0;
    for (size_t i = 0; i < content->letter_count; i++) {
        const struct audit_letter *letter = &content->letters[i];

        if (is_in(found->list, found->count, sizeof(*found->list), &letter->record))
            continue; /* it was taken after all */
        content->dead++;
        content->discarded += letter->discarded;
    }
}

/* Different places of what is known in any of the three lists. */
static uint64_t count_places(const struct audit_suspect *suspect, const struct audit_found *found)
{
    const struct audit_content *content = suspect->content;
    size_t i = 0, k = 0, m = 0;
    uint64_t places = 0;

    for (;; places++) {
        uint64_t next = UINT64_MAX;

        if (i < suspect->sent.count && suspect->sent.list[i].record.offset < next)
            next = suspect->sent.list[i].record.offset;
        if (k < found->count && found->list[k].offset < next)
            next = found->list[k].offset;
        if (m < content->letter_count && content->letters[m].record.offset < next)
            next = content->letters[m].record.offset;
        if (next == UINT64_MAX)
            return places;
        while (i < suspect->sent.count && suspect->sent.list[i].record.offset == next)
            i++;
        while (k < found->count && found->list[k].offset == next)
            k++;
        while (m < content->letter_count && content->letters[m].record.offset == next)
            m++;
    }
}

/* What Kafka does not have any more either: it is known that it lacks, not which it is. */
static bool count_unknown(const struct audit_days *days, const struct audit_suspect *suspect,
                          const struct audit_found *found)
{
    struct audit_content *content = suspect->content;
    uint64_t places = count_places(suspect, found);
    struct audit_sent whole = {
        .record = {.offset = content->base.to}, .partition = -1, .time_ms = INT64_MIN};
    struct audit_gap *gap;

    if (places >= content->sent) {
        content->surplus = places - content->sent;
        return true;
    }
    if (audit_days_due(days, content->top.event_ms)) {
        content->expired += content->sent - places;
        return true;
    }
    content->missing += content->sent - places;
    if (!add_gap(content, &whole, false))
        return false;
    gap = &content->gaps[content->gap_count - 1];
    if (gap->partition < 0) {
        gap->last = content->top.to;
        gap->records = content->sent - places;
    }
    return true;
}

bool audit_weigh(const struct audit_inquiry *inquiry, const struct audit_suspect *suspect,
                 const struct audit_found *found)
{
    struct audit_content *content = suspect->content;
    bool open = false;

    count_found(content, found);
    count_letters(content, found);
    for (size_t i = 0; i < suspect->sent.count; i++) {
        const struct audit_sent *sent = &suspect->sent.list[i];
        bool settled = is_in(found->list, found->count, sizeof(*found->list), &sent->record) ||
                       is_in(content->letters, content->letter_count, sizeof(*content->letters),
                             &sent->record);

        if (settled || !is_committed(inquiry->group, sent)) {
            content->under_way += !settled;
            open = false;
            continue;
        }
        open = open && !sent->expired;
        content->expired += sent->expired;
        if (sent->expired)
            continue;
        content->missing++;
        if (!add_gap(content, sent, open))
            return false;
        open = true;
    }
    return count_unknown(&inquiry->days, suspect, found);
}
