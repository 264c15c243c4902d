/*
 * limiter.c - token bucket.
 */
#include "common/limiter.h"

#define NS_PER_S   1e9
#define SAVED_UP_S 0.02 /* of a rate, before who waits is woken: 50 times a second at most */

static void fill(struct limiter_bucket *bucket, double seconds)
{
    bucket->left += bucket->per_s * seconds;
    if (bucket->left > bucket->room)
        bucket->left = bucket->room;
}

static void bucket_init(struct limiter_bucket *bucket, double per_s, double burst_s)
{
    *bucket = (struct limiter_bucket){per_s, per_s * burst_s, per_s * burst_s};
}

void limiter_init(struct limiter *limiter, double lines_per_s, double bytes_per_s, double burst_s,
                  int64_t now_ns)
{
    bucket_init(&limiter->lines, lines_per_s, burst_s);
    bucket_init(&limiter->bytes, bytes_per_s, burst_s);
    limiter->filled_ns = now_ns;
}

static bool is_empty(const struct limiter_bucket *bucket)
{
    return bucket->per_s > 0 && bucket->left <= 0;
}

bool limiter_take(struct limiter *limiter, uint64_t lines, uint64_t bytes, int64_t now_ns)
{
    double seconds = (double)(now_ns - limiter->filled_ns) / NS_PER_S;

    if (seconds > 0) {
        fill(&limiter->lines, seconds);
        fill(&limiter->bytes, seconds);
        limiter->filled_ns = now_ns;
    }
    if (is_empty(&limiter->lines) || is_empty(&limiter->bytes))
        return false;
    limiter->lines.left -= (double)lines;
    limiter->bytes.left -= (double)bytes;
    return true;
}

void limiter_give_back(struct limiter *limiter, uint64_t lines, uint64_t bytes)
{
    limiter->lines.left += (double)lines;
    limiter->bytes.left += (double)bytes;
}

static double wait_s(const struct limiter_bucket *bucket, double since_s)
{
    double saved_s = bucket->room / bucket->per_s; /* the burst */

    if (saved_s > SAVED_UP_S)
        saved_s = SAVED_UP_S;
    return saved_s - bucket->left / bucket->per_s - since_s;
}

int64_t limiter_wait_ns(const struct limiter *limiter, int64_t now_ns)
{
    double since_s = (double)(now_ns - limiter->filled_ns) / NS_PER_S, longest_s = 0, one_s;

    if (is_empty(&limiter->lines))
        longest_s = wait_s(&limiter->lines, since_s);
    if (is_empty(&limiter->bytes) && (one_s = wait_s(&limiter->bytes, since_s)) > longest_s)
        longest_s = one_s;
    return longest_s > 0 ? (int64_t)(longest_s * NS_PER_S) + 1 : 0;
}
