/*
 * evidence.c - contents whose sums do not agree, record by record.
 *
 * Three lists of each: what the topic holds, what the index holds, what the dead letters hold.
 * Documents are doubled when two are of one place and line; what was sent and is in neither
 * place is missing, or under way when the group has not committed it.
 * What Kafka has deleted meanwhile is known by its number only.
 */
#include "indexer/audit/evidence.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/grow.h"
#include "indexer/config.h"
#include "indexer/search.h"

static enum status no_memory(struct error *err)
{
    return error_set(err, FATAL, "out of memory");
}

/* ---- the index ---- */

/* search_hits */
static bool take_document(void *arg, struct slice document)
{
    struct audit_found *found = arg;
    uint64_t id;

    if (!grow(&found->list, &found->room, found->count, sizeof(*found->list), 1024))
        return false;
    if (audit_place_read(document, &id, &found->list[found->count]))
        found->count++;
    return true;
}

static enum status ask_index(const struct audit_inquiry *inquiry,
                             const struct audit_content *content, struct audit_found *found,
                             struct error *err)
{
    const struct search_order order = {{{SLICE("log.offset"), TYPE_LONG, false}}, 1};
    char filter[256], id[ACCOUNT_ID_LEN];
    struct search *search = NULL;
    enum status status;
    uint64_t total;

    account_id_write(id, content->id);
    snprintf(filter, sizeof(filter),
             "{\"term\":{\"log.file.fingerprint\":\"%.*s\"}},"
             "{\"range\":{\"log.offset\":{\"gte\":%llu,\"lt\":%llu}}}",
             ACCOUNT_ID_LEN, id, (unsigned long long)content->base.to,
             (unsigned long long)content->top.to);
    status = search_open(&inquiry->config->elasticsearch, slice_of(filter), &search, err);
    if (status == OK)
        status = search_hits(search, &order, 0, take_document, found, &total, err);
    search_close(search);
    if (found->count)
        qsort(found->list, found->count, sizeof(*found->list), audit_record_compare);
    return status;
}

static enum status look_into(struct audit_inquiry *inquiry, struct error *err)
{
    enum status status = audit_days_read(inquiry->config, &inquiry->days, err);

    if (status == OK)
        status = audit_ask_topic(inquiry, err);
    for (size_t i = 0; i < inquiry->count && status == OK; i++) {
        struct audit_found found = {0};

        status = ask_index(inquiry, inquiry->suspects[i].content, &found, err);
        if (status == OK && !audit_weigh(inquiry, &inquiry->suspects[i], &found))
            status = no_memory(err);
        free(found.list);
    }
    return status;
}

/* ---- the verdict ---- */

/* Sums agree: nothing is missing, nothing doubled, and nothing else needs to be looked at. */
static bool adds_up(struct audit_content *content)
{
    uint64_t sum = content->indexed_sum;

    for (size_t i = 0; i < content->letter_count; i++)
        sum += content->letters[i].record.offset;
    content->dead = content->letter_count;
    for (size_t i = 0; i < content->letter_count; i++)
        content->discarded += content->letters[i].discarded;
    return content->indexed + content->letter_count == content->sent && sum == content->sent_sum;
}

static void set_state(struct audit_content *content)
{
    content->state = content->missing          ? AUDIT_MISSING
                     : content->doubled        ? AUDIT_DOUBLED
                     : content->told.abandoned ? AUDIT_ABANDONED
                     : content->under_way      ? AUDIT_UNDER_WAY
                     : content->expired        ? AUDIT_EXPIRED
                                               : AUDIT_COMPLETE;
}

static bool open_inquiry(struct audit_inquiry *inquiry, struct audit_book *book)
{
    inquiry->suspects = calloc(book->count + 1, sizeof(*inquiry->suspects));
    inquiry->links = calloc(book->count + 1, sizeof(*inquiry->links));
    if (!inquiry->suspects || !inquiry->links)
        return false;
    for (struct audit_content *content = book->contents; content; content = content->next) {
        struct audit_suspect_link *link = &inquiry->links[inquiry->count];

        if (adds_up(content))
            continue;
        inquiry->suspects[inquiry->count].content = content;
        link->suspect = &inquiry->suspects[inquiry->count++];
        table_add(&inquiry->by_id, &link->link, content->id);
    }
    return true;
}

static void close_inquiry(struct audit_inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->count; i++)
        free(inquiry->suspects[i].sent.list);
    table_release(&inquiry->by_id);
    audit_days_release(&inquiry->days);
    free(inquiry->suspects);
    free(inquiry->links);
}

enum status audit_judge(const struct indexer_config *config, struct audit_book *book,
                        const struct audit_group *group, struct error *err)
{
    struct audit_inquiry inquiry = {.config = config, .group = group};
    enum status status = OK;

    if (!open_inquiry(&inquiry, book))
        status = no_memory(err);
    else if (inquiry.count)
        status = look_into(&inquiry, err);
    close_inquiry(&inquiry);
    for (struct audit_content *content = book->contents; content; content = content->next)
        set_state(content);
    return status;
}
