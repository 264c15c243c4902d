/*
 * matcher_hyperscan.c - all literals in one pass, by Hyperscan or Vectorscan.
 *
 * Left out of builds without the library (ALPEX_HYPERSCAN is not defined).
 */
#ifdef ALPEX_HYPERSCAN
#include "indexer/enrich/threat/matcher.h"

#include <hs.h>
#include <stdlib.h>

struct hyperscan {
    struct matcher base;
    hs_database_t *database; /* NULL: there are no literals */
};

struct compilation { /* in the form that the library takes */
    const char **texts;
    size_t *sizes;
    unsigned *flags, *ids;
};

struct scanning {
    matcher_found *found;
    void *arg;
};

static bool is_usable(void)
{
    return hs_valid_platform() == HS_SUCCESS;
}

static void close_matcher(struct matcher *matcher)
{
    struct hyperscan *hyperscan = (struct hyperscan *)matcher;

    if (!hyperscan)
        return;
    hs_free_database(hyperscan->database);
    free(hyperscan);
}

static enum status compile(struct hyperscan *hyperscan, const struct literal *literals,
                           unsigned count, const struct compilation *to, struct error *err)
{
    hs_compile_error_t *why = NULL;

    if (!to->texts || !to->sizes || !to->flags || !to->ids)
        return error_set(err, FATAL, "out of memory");
    for (unsigned i = 0; i < count; i++) {
        to->texts[i] = literals[i].text;
        to->sizes[i] = literals[i].len;
        to->flags[i] = HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH;
        to->ids[i] = i;
    }
    if (hs_compile_lit_multi(to->texts, to->flags, to->ids, to->sizes, count, HS_MODE_BLOCK, NULL,
                             &hyperscan->database, &why) == HS_SUCCESS)
        return OK;
    error_set(err, FATAL, "cannot compile %u literals: %s", count,
              why ? why->message : "out of memory");
    hs_free_compile_error(why);
    return FATAL;
}

static enum status open_matcher(const struct literal *literals, unsigned count,
                                struct matcher **out, struct error *err)
{
    struct hyperscan *hyperscan = calloc(1, sizeof(*hyperscan));
    struct compilation to;
    enum status status = OK;

    if (!hyperscan)
        return error_set(err, FATAL, "out of memory");
    hyperscan->base.type = &matcher_hyperscan;
    to.texts = calloc(count + 1, sizeof(*to.texts));
    to.sizes = calloc(count + 1, sizeof(*to.sizes));
    to.flags = calloc(count + 1, sizeof(*to.flags));
    to.ids = calloc(count + 1, sizeof(*to.ids));
    if (count)
        status = compile(hyperscan, literals, count, &to, err);
    free(to.texts);
    free(to.sizes);
    free(to.flags);
    free(to.ids);
    if (status)
        close_matcher(&hyperscan->base);
    else
        *out = &hyperscan->base;
    return status;
}

static enum status open_scratch(const struct matcher *matcher, struct matcher_scratch **out,
                                struct error *err)
{
    const struct hyperscan *hyperscan = (const struct hyperscan *)matcher;
    hs_scratch_t *scratch = NULL;

    if (hyperscan->database && hs_alloc_scratch(hyperscan->database, &scratch) != HS_SUCCESS)
        return error_set(err, FATAL, "out of memory");
    *out = (struct matcher_scratch *)scratch;
    return OK;
}

static void close_scratch(struct matcher_scratch *scratch)
{
    hs_free_scratch((hs_scratch_t *)scratch);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *arg)
{
    const struct scanning *scanning = arg;

    (void)from;
    (void)to;
    (void)flags;
    scanning->found(scanning->arg, id);
    return 0;
}

static void scan(const struct matcher *matcher, struct matcher_scratch *scratch, struct slice text,
                 matcher_found *found, void *arg)
{
    const struct hyperscan *hyperscan = (const struct hyperscan *)matcher;
    struct scanning scanning = {found, arg};

    if (hyperscan->database && text.len)
        hs_scan(hyperscan->database, text.data, (unsigned)text.len, 0, (hs_scratch_t *)scratch,
                on_match, &scanning);
}

const struct matcher_type matcher_hyperscan = {
    .name = "hyperscan",
    .is_usable = is_usable,
    .open = open_matcher,
    .close = close_matcher,
    .open_scratch = open_scratch,
    .close_scratch = close_scratch,
    .scan = scan,
};
#endif
