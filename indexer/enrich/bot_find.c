/*
 * bot_find.c - whether a user agent is a bot's, and whose.
 */
#include <stdio.h>

#include "common/scope.h"
#include "indexer/enrich/agent_scan.h"
#include "indexer/enrich/bot_list.h"
#include "indexer/enrich/literals.h"

#define HITS_MAX 128
#define FORGED   "generic" /* category of what only its form gives away */

struct search {
    const struct bot_list *list;
    struct slice text;
    struct literals_hit hits[HITS_MAX];
    size_t count;
    bool is_people, has_device;      /* one of their patterns is there */
    uint32_t model_start, model_end; /* where an Android device's model stands; equal: nowhere */
};

static const struct bot_pattern *pattern_of(const struct search *search, size_t hit)
{
    return &search->list->patterns[search->hits[hit].pattern];
}

static bool has_kind(const struct search *search, enum bot_pattern_kind kind)
{
    for (size_t i = 0; i < search->count; i++)
        if (pattern_of(search, i)->kind == kind)
            return true;
    return false;
}

/* Within what people's agents hold: "bot" in "CUBOT". */
static bool is_covered(const struct search *search, size_t hit)
{
    for (size_t i = 0; i < search->count; i++)
        if (pattern_of(search, i)->kind == BOT_PATTERN_PEOPLE &&
            search->hits[i].start <= search->hits[hit].start &&
            search->hits[i].end >= search->hits[hit].end)
            return true;
    return false;
}

/* Names before words, those who use a library before it, the first, and there the longest. */
static bool is_better(const struct search *search, size_t a, size_t b)
{
    const struct bot_pattern *x = pattern_of(search, a), *y = pattern_of(search, b);
    const struct literals_hit *x_hit = &search->hits[a], *y_hit = &search->hits[b];

    if (x->kind != y->kind)
        return x->kind < y->kind;
    if (x->steps_back != y->steps_back)
        return y->steps_back;
    if (x_hit->start != y_hit->start)
        return x_hit->start < y_hit->start;
    return x_hit->end > y_hit->end;
}

/*
 * Models of Android devices may have any name, "M bot 60" and "Archos Xenon"
 * among them; a program that puts its own there gives its version.
 */
static bool is_model(const struct search *search, size_t hit)
{
    uint32_t end = search->hits[hit].end;

    return search->hits[hit].start >= search->model_start && end <= search->model_end &&
           !(end < search->text.len && search->text.data[end] == '/');
}

static bool counts(const struct search *search, size_t hit)
{
    const struct bot_pattern *pattern = pattern_of(search, hit);

    if (pattern->kind != BOT_PATTERN_NAME && pattern->kind != BOT_PATTERN_WORD)
        return false;
    if (is_model(search, hit) || (pattern->is_bare && search->has_device))
        return false;
    return pattern->kind == BOT_PATTERN_WORD ? !search->is_people : !is_covered(search, hit);
}

/* The hit that decides; `count`: none. */
static size_t best_hit(const struct search *search)
{
    size_t best = search->count;

    for (size_t i = 0; i < search->count; i++) {
        if ((best == search->count || is_better(search, i, best)) && counts(search, i))
            best = i;
    }
    return best;
}

/* From "Android" in the first brackets to their end. */
static void find_model(struct search *search)
{
    const char *open = memchr(search->text.data, '(', search->text.len), *android, *close;
    size_t left;

    if (!open)
        return;
    left = search->text.len - (size_t)(open - search->text.data);
    close = memchr(open, ')', left);
    if (close)
        left = (size_t)(close - open);
    android = memmem(open, left, "Android", 7);
    if (!android || memmem(open, left, "+http", 5)) /* who gives an address there is no device */
        return;
    search->model_start = (uint32_t)(android - search->text.data);
    search->model_end = (uint32_t)(open - search->text.data + (ptrdiff_t)left);
}

static bool is_name_char(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
           c == '-' || c == '.' || c == '!' || (c & 0x80);
}

/* The word around a hit, as far as it is one. */
static void name_by_word(const struct search *search, const struct literals_hit *hit,
                         struct bot *bot)
{
    size_t start = hit->start, end = hit->end;

    while (start > 0 && is_name_char(search->text.data[start - 1]))
        start--;
    while (end < search->text.len && is_name_char(search->text.data[end]))
        end++;
    while (start < end && strchr(".-_!", search->text.data[start]))
        start++;
    while (end > start && strchr(".-_!", search->text.data[end - 1]))
        end--;
    AGENT_PUT(bot->name, ((struct slice){search->text.data + start, end - start}));
}

static void name_by_product(struct slice text, struct bot *bot)
{
    struct agent agent = {0};

    agent_find_product(text, &agent);
    AGENT_PUT(bot->name, slice_of(agent.name));
}

static void take_hit(const struct search *search, const struct literals_hit *hit, struct bot *bot)
{
    const struct bot_pattern *pattern = &search->list->patterns[hit->pattern];

    bot->is_bot = true;
    AGENT_PUT(bot->category, slice_of(pattern->category));
    if (pattern->kind == BOT_PATTERN_NAME) {
        bot->is_named = true;
        AGENT_PUT(bot->name, slice_of(pattern->name));
        AGENT_PUT_VERSION(bot->version, search->text, hit->end);
    } else if (pattern->is_word) {
        name_by_word(search, hit, bot);
    } else {
        name_by_product(search->text, bot);
    }
}

/*
 * Browsers say what they run on, and phones and apps name their make. Who says
 * neither is a program, whatever it poses as.
 */
static void judge_form(const struct search *search, struct bot *bot)
{
    if (search->has_device || search->is_people)
        return;
    bot->is_bot = true;
    AGENT_PUT(bot->category, SLICE(FORGED));
    name_by_product(search->text, bot);
}

void bot_list_find(const struct bot_list *list, struct slice agent, struct bot *out)
{
    struct search search = {.list = list, .text = agent};
    size_t best;

    memset(out, 0, sizeof(*out));
    if (search.text.len > AGENT_LOOK_MAX)
        search.text.len = AGENT_LOOK_MAX;
    search.count = literals_find(list->literals, search.text, search.hits, HITS_MAX);
    search.is_people = has_kind(&search, BOT_PATTERN_PEOPLE);
    search.has_device = has_kind(&search, BOT_PATTERN_DEVICE);
    find_model(&search);
    best = best_hit(&search);
    if (best < search.count)
        take_hit(&search, &search.hits[best], out);
    else
        judge_form(&search, out);
}
