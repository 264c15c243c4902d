/*
 * letters.c - which records are dead letters.
 */
#include <stdlib.h>

#include "indexer/audit/audit.h"
#include "common/grow.h"
#include "indexer/config.h"
#include "indexer/deadletter/read.h"

struct gathering {
    struct audit_book *book;
    uint64_t *unknown;
};

static bool add(struct audit_content *content, const struct audit_letter *letter)
{
    if (!grow(&content->letters, &content->letter_room, content->letter_count,
              sizeof(*content->letters), 16))
        return false;
    content->letters[content->letter_count++] = *letter;
    return true;
}

/* letter_taker: what was sent again is in the topic, and indexed, or a letter once more. */
static enum status take_letter(void *arg, const struct letter *letter, struct error *err)
{
    struct gathering *gathering = arg;
    struct audit_letter found = {.discarded = letter->state == LETTER_DISCARDED};
    struct audit_content *content;
    uint64_t id;

    if (letter->state == LETTER_REDRIVEN || letter->repeated)
        return OK;
    if (!audit_place_read(letter->value, &id, &found.record)) {
        *gathering->unknown += letter->state == LETTER_OPEN;
        return OK;
    }
    content = audit_book_find(gathering->book, id);
    if (!content || found.record.offset < content->base.to ||
        found.record.offset >= content->top.to)
        return OK;
    return add(content, &found) ? OK : error_set(err, FATAL, "out of memory");
}

/* A record that was sent twice may have two letters. */
static void settle(struct audit_content *content)
{
    size_t n = 0;

    if (content->letter_count == 0)
        return;
    qsort(content->letters, content->letter_count, sizeof(*content->letters),
          audit_record_compare); /* the record is its first member */
    for (size_t i = 1; i < content->letter_count; i++) {
        if (audit_record_compare(&content->letters[n], &content->letters[i]) != 0)
            n++;
        content->letters[n] = content->letters[i];
    }
    content->letter_count = n + 1;
}

enum status audit_letters_read(const struct indexer_config *config, struct audit_book *book,
                               uint64_t *unknown, struct error *err)
{
    struct gathering gathering = {book, unknown};
    enum status status;

    *unknown = 0;
    status = deadletter_each(&config->kafka, take_letter, &gathering, err);
    for (struct audit_content *content = book->contents; content; content = content->next)
        settle(content);
    return status == DONE ? OK : status;
}
