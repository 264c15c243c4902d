/*
 * rejects.c - files that were looked at and are of no interest, until they change.
 */
#include "shipper/input/tail/tail.h"

#include <stdlib.h>

static struct tail_reject *find_reject(const struct tail *tail, const struct tail_sight *sight)
{
    struct table_link *link =
        table_find(&tail->rejects_by_inode, tail_inode_hash(sight->device, sight->inode));

    for (; link; link = table_next(link)) {
        struct tail_reject *reject = TABLE_MEMBER(link, struct tail_reject, by_inode);

        if (reject->sight.device == sight->device && reject->sight.inode == sight->inode)
            return reject;
    }
    return NULL;
}

bool tail_is_rejected(struct tail *tail, const struct tail_sight *sight)
{
    struct tail_reject *reject = find_reject(tail, sight);

    if (!reject || reject->sight.size != sight->size ||
        reject->sight.modified_ns != sight->modified_ns ||
        reject->sight.changed_ns != sight->changed_ns)
        return false;
    reject->round = tail->round;
    return true;
}

void tail_reject(struct tail *tail, const struct tail_sight *sight, const char *stream, bool waits)
{
    struct tail_reject *reject = find_reject(tail, sight);

    if (!reject) {
        reject = calloc(1, sizeof(*reject));
        if (!reject)
            return; /* it is looked at again */
        table_add(&tail->rejects_by_inode, &reject->by_inode,
                  tail_inode_hash(sight->device, sight->inode));
        reject->next = tail->rejects;
        tail->rejects = reject;
    }
    reject->sight = *sight;
    reject->stream = tail_hash(stream);
    reject->round = tail->round;
    reject->waits = waits;
}

bool tail_forget_rejects(struct tail *tail, const char *stream)
{
    struct tail_reject **link = &tail->rejects, *reject;
    uint64_t hash = stream ? tail_hash(stream) : 0;
    bool any = false;

    while ((reject = *link)) {
        if (stream ? reject->stream != hash || !reject->waits : reject->round == tail->round) {
            link = &reject->next;
            continue;
        }
        *link = reject->next;
        table_remove(&tail->rejects_by_inode, &reject->by_inode);
        free(reject);
        any = true;
    }
    return any;
}

void tail_release_rejects(struct tail *tail)
{
    struct tail_reject *reject;

    while ((reject = tail->rejects)) {
        tail->rejects = reject->next;
        table_remove(&tail->rejects_by_inode, &reject->by_inode);
        free(reject);
    }
    table_release(&tail->rejects_by_inode);
}
