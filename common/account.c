/*
 * account.c - counts of one content: adding, subtracting, as JSON.
 */
#include "common/account.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/json_walk.h"

static const struct account_member {
    const char *name;
    size_t at;
    bool hex; /* a sum: text, as JSON's readers keep 53 bits of a number */
} members[] = {
    {"from", offsetof(struct account, from), false},
    {"lines", offsetof(struct account, lines), false},
    {"records", offsetof(struct account, records), false},
    {"sum", offsetof(struct account, sum), true},
    {"joined", offsetof(struct account, joined), false},
    {"filtered", offsetof(struct account, filtered), false},
    {"dropped", offsetof(struct account, dropped), false},
    {"headings", offsetof(struct account, headings), false},
    {"quarantined", offsetof(struct account, quarantined), false},
    {"quarantined_sum", offsetof(struct account, quarantined_sum), true},
    {"abandoned", offsetof(struct account, abandoned), false},
};

static uint64_t *number_of(struct account *account, const struct account_member *member)
{
    return (uint64_t *)(void *)((char *)account + member->at);
}

void account_add(struct account *account, const struct account *more)
{
    account->lines += more->lines;
    account->records += more->records;
    account->sum += more->sum;
    account->joined += more->joined;
    account->filtered += more->filtered;
    account->dropped += more->dropped;
    account->headings += more->headings;
    account->quarantined += more->quarantined;
    account->quarantined_sum += more->quarantined_sum;
    account->abandoned += more->abandoned;
}

struct account account_since(const struct account *account, const struct account *before)
{
    return (struct account){
        .from = account->from,
        .lines = account->lines - before->lines,
        .records = account->records - before->records,
        .sum = account->sum - before->sum,
        .joined = account->joined - before->joined,
        .filtered = account->filtered - before->filtered,
        .dropped = account->dropped - before->dropped,
        .headings = account->headings - before->headings,
        .quarantined = account->quarantined - before->quarantined,
        .quarantined_sum = account->quarantined_sum - before->quarantined_sum,
        .abandoned = account->abandoned - before->abandoned,
    };
}

bool account_is_sound(const struct account *account)
{
    uint64_t parts[] = {account->records, account->joined, account->filtered, account->dropped,
                        account->headings};
    uint64_t left = account->lines;

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (parts[i] > left)
            return false;
        left -= parts[i];
    }
    return left == 0 && account->quarantined <= account->records;
}

void account_write(struct buf *out, const struct account *account)
{
    struct account copy = *account;

    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
        uint64_t number = *number_of(&copy, &members[i]);

        if (i && number == 0)
            continue;
        buf_addf(out, members[i].hex ? "%s\"%s\":\"%" PRIx64 "\"" : "%s\"%s\":%" PRIu64,
                 i ? "," : "", members[i].name, number);
    }
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* All of `text` is a number of that base. */
static bool read_number(struct slice text, unsigned base, uint64_t *out)
{
    uint64_t number = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned value = (unsigned)digit(text.data[i]);

        if (value >= base || number > (UINT64_MAX - value) / base)
            return false;
        number = number * base + value;
    }
    *out = number;
    return text.len > 0;
}

bool account_read(struct slice object, struct account *account)
{
    struct account read = {0};
    struct json_value value;

    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
        struct slice text;

        if (!json_member(object, members[i].name, &value))
            continue;
        if (value.kind != (members[i].hex ? JSON_STRING : JSON_NUMBER))
            return false;
        text = value.raw;
        if (members[i].hex)
            text = (struct slice){text.data + 1, text.len - 2};
        if (!read_number(text, members[i].hex ? 16 : 10, number_of(&read, &members[i])))
            return false;
    }
    if (!account_is_sound(&read))
        return false;
    *account = read;
    return true;
}

char *account_topic(const char *topic, const char *configured)
{
    size_t len = configured[0] == '.' ? strlen(topic) : 0;
    char *name = malloc(len + strlen(configured) + 1);

    if (!name)
        return NULL;
    memcpy(name, topic, len);
    memcpy(name + len, configured, strlen(configured) + 1);
    return name;
}

void account_id_write(char *out, uint64_t id)
{
    static const char digits[] = "0123456789abcdef";

    for (int i = ACCOUNT_ID_LEN; i-- > 0; id >>= 4)
        out[i] = digits[id & 15];
}

bool account_id_read(struct slice text, uint64_t *id)
{
    return text.len == ACCOUNT_ID_LEN && read_number(text, 16, id);
}
