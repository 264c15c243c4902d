/*
 * inspector.c - looks at the parts of a request with the rules of a book.
 */
#include "indexer/enrich/threat/inspector.h"

#include <stdlib.h>
#include <string.h>

#include "common/scope.h"
#include "indexer/enrich/threat/sql.h"
#include "indexer/enrich/threat/view.h"

#define ROOM        VIEW_ROOM(INSPECT_MAX)
#define SHAPES_MAX  (8u << 10)
#define TRIAL_WORDS ((THREAT_PATTERNS_MAX + 63) / 64)

struct inspector {
    const struct threat_book *book;    /* NULL: none, nothing is found */
    const struct matcher_type *engine; /* of the scratch: the book may be gone before it */
    struct matcher_scratch *scratches[VIEW_ALPHABETS];
    struct expression_scratch *expression;
    uint64_t candidates[TRIAL_WORDS]; /* bits of trials */
    char joined[INSPECT_MAX], plain[ROOM], squashed[ROOM], unquoted[ROOM], shapes[SHAPES_MAX];
};

struct look { /* at one part */
    struct inspector *inspector;
    struct threat_findings *findings;
    unsigned parts;                     /* that it consists of */
    const struct threat_search *search; /* of the view under way */
    bool has_candidates;
};

enum status inspector_open(struct inspector **out, struct error *err)
{
    struct inspector *inspector = calloc(1, sizeof(*inspector));

    if (inspector)
        inspector->expression = expression_scratch_open();
    if (!inspector || !inspector->expression) {
        inspector_close(inspector);
        return error_set(err, FATAL, "out of memory");
    }
    *out = inspector;
    return OK;
}

static void release_scratch(struct inspector *inspector)
{
    for (int i = 0; i < VIEW_ALPHABETS; i++) {
        if (inspector->engine)
            inspector->engine->close_scratch(inspector->scratches[i]);
        inspector->scratches[i] = NULL;
    }
    inspector->book = NULL;
}

void inspector_close(struct inspector *inspector)
{
    if (!inspector)
        return;
    release_scratch(inspector);
    expression_scratch_close(inspector->expression);
    free(inspector);
}

enum status inspector_use(struct inspector *inspector, const struct threat_book *book,
                          struct error *err)
{
    release_scratch(inspector);
    inspector->engine = book->engine;
    for (int i = 0; i < VIEW_ALPHABETS; i++)
        if (book->engine->open_scratch(book->searches[i].matcher, &inspector->scratches[i], err)) {
            release_scratch(inspector);
            return FATAL;
        }
    inspector->book = book;
    return OK;
}

void threat_add_rule(const struct threat_book *book, unsigned rule,
                     struct threat_findings *findings)
{
    if (threat_has_rule(findings, rule))
        return;
    findings->rules[rule / 64] |= (uint64_t)1 << (rule % 64);
    findings->categories |= (uint64_t)1 << book->rules.rules[rule].category;
    findings->score += book->rules.rules[rule].score;
    findings->count++;
}

/* ---- texts ---- */

static void on_literal(void *arg, unsigned literal)
{
    struct look *look = arg;
    const struct threat_search *search = look->search;
    struct inspector *inspector = look->inspector;
    unsigned trial;

    look->has_candidates = true;
    for (unsigned i = search->literal_from[literal]; i < search->literal_from[literal + 1]; i++) {
        trial = search->literal_trials[i];
        inspector->candidates[trial / 64] |= (uint64_t)1 << (trial % 64);
    }
}

/* The piece of a URL's text that a rule looks at. */
static struct slice piece_for(const struct threat_rule *rule, unsigned parts, struct slice text)
{
    unsigned wanted = rule->parts & parts;
    const char *mark;

    if (parts != PART_URL || wanted == PART_URL)
        return wanted ? text : (struct slice){NULL, 0};
    mark = memchr(text.data, MARK_NAME, text.len);
    if (wanted == PART_PATH)
        return (struct slice){text.data, mark ? (size_t)(mark - text.data) : text.len};
    if (wanted == PART_QUERY && mark)
        return (struct slice){mark, (size_t)(text.data + text.len - mark)};
    return (struct slice){NULL, 0};
}

static bool is_in(const struct inspector *inspector, const struct expression *expression,
                  struct slice text)
{
    return expression_find(expression, inspector->expression, text);
}

static void try_trial(struct look *look, unsigned number, struct slice text, bool plain)
{
    const struct threat_book *book = look->inspector->book;
    const struct threat_trial *trial = &book->trials[number];
    const struct threat_rule *rule = &book->rules.rules[trial->rule];
    struct slice piece;

    if (threat_has_rule(look->findings, trial->rule) || (rule->view == RULE_PLAIN && !plain))
        return;
    piece = piece_for(rule, look->parts, text);
    if (piece.len && is_in(look->inspector, trial->pattern->expression, piece) &&
        !(rule->unless && is_in(look->inspector, rule->unless, piece)))
        threat_add_rule(book, trial->rule, look->findings);
}

static void try_candidates(struct look *look, struct slice text, bool plain)
{
    struct inspector *inspector = look->inspector;
    uint64_t bits;

    for (unsigned word = 0; word <= inspector->book->trial_count / 64; word++) {
        bits = inspector->candidates[word];
        inspector->candidates[word] = 0;
        for (; bits; bits &= bits - 1)
            try_trial(look, word * 64 + (unsigned)__builtin_ctzll(bits), text, plain);
    }
}

static void scan_view(struct look *look, enum view_alphabet alphabet, struct slice text, bool plain)
{
    struct inspector *inspector = look->inspector;
    const struct threat_search *search = &inspector->book->searches[alphabet];

    look->search = search;
    look->has_candidates = false;
    inspector->engine->scan(search->matcher, inspector->scratches[alphabet], text, on_literal,
                            look);
    if (look->has_candidates)
        try_candidates(look, text, plain);
    for (unsigned i = 0; i < search->always_count; i++)
        try_trial(look, search->always[i], text, plain);
}

/* What of a text may make its views differ: the two slashes that every referrer has do not. */
static struct view_kind kind_of(const struct look *look, struct slice text)
{
    static const struct slice schemes[] = {{"https://", 8}, {"http://", 7}};

    for (size_t i = 0; look->parts == PART_REFERRER && i < ARRAY_LEN(schemes); i++)
        if (text.len >= schemes[i].len && memcmp(text.data, schemes[i].data, schemes[i].len) == 0) {
            size_t first = schemes[i].len - 1; /* from the second slash on; all are words */

            return view_kind((struct slice){text.data + first, text.len - first});
        }
    return view_kind(text);
}

static void scan_other_view(struct look *look, struct slice text, struct slice view)
{
    if (!slice_equal(view, text))
        scan_view(look, view_kind(view).alphabet, view, false);
}

static void scan_text(struct look *look, struct view_kind kind, struct slice text)
{
    struct inspector *inspector = look->inspector;

    scan_view(look, kind.alphabet, text, true);
    if (kind.traits & VIEW_SQUASH)
        scan_other_view(
            look, text,
            (struct slice){inspector->squashed, view_squash(text, inspector->squashed)});
    if (kind.traits & VIEW_UNQUOTE)
        scan_other_view(
            look, text,
            (struct slice){inspector->unquoted, view_unquote(text, inspector->unquoted)});
}

/* ---- shapes ---- */

/* What a path has where SQL could begin in it. */
static const bool begins_sql[256] = {
    [0] = true,   [' '] = true, ['\''] = true, ['"'] = true,
    ['('] = true, [')'] = true, [';'] = true,  ['='] = true,
};

/*
 * A path may hold SQL from some place on: from the beginning of the segment in which it could
 * first be such.
 */
static struct slice sql_of_path(struct slice path)
{
    size_t at = 0;

    while (at < path.len && !begins_sql[(unsigned char)path.data[at]])
        at++;
    if (at == path.len)
        return (struct slice){NULL, 0};
    while (at > 0 && path.data[at - 1] != '/')
        at--;
    return (struct slice){path.data + at, path.len - at};
}

/* The shapes of all values, names and the path into one text; what finds no room is left out. */
static size_t add_all_shapes(struct slice text, char *out)
{
    const char *at = text.data, *end = text.data + text.len, *stop;
    struct slice value;
    size_t len = 0;

    for (bool is_path = true; at < end; at = stop + 1, is_path = false) {
        for (stop = at; stop < end && (*stop & 0xfe) != MARK_NAME;)
            stop++;
        value = (struct slice){at, (size_t)(stop - at)};
        if (is_path)
            value = sql_of_path(value);
        if (sql_is_possible(value) && !sql_add_shapes(value, out, SHAPES_MAX, &len))
            break;
    }
    return len;
}

static void scan_sql(struct look *look, struct slice text)
{
    struct inspector *inspector = look->inspector;
    const struct threat_book *book = inspector->book;
    struct slice shapes = {inspector->shapes, add_all_shapes(text, inspector->shapes)};
    const struct threat_rule *rule;

    if (shapes.len == 0)
        return;
    for (unsigned i = 0; i < book->sql_count; i++) {
        rule = &book->rules.rules[book->sql[i]];
        if (rule->parts & look->parts && !threat_has_rule(look->findings, book->sql[i]) &&
            is_in(inspector, rule->patterns[0].expression, shapes) &&
            !(rule->unless && is_in(inspector, rule->unless, text)))
            threat_add_rule(book, book->sql[i], look->findings);
    }
}

static struct slice join_ends(struct inspector *inspector, struct slice text)
{
    memcpy(inspector->joined, text.data, INSPECT_HEAD);
    memcpy(inspector->joined + INSPECT_HEAD, text.data + text.len - INSPECT_TAIL, INSPECT_TAIL);
    return (struct slice){inspector->joined, INSPECT_MAX};
}

/* A URL of words stands for itself, and there is no SQL in it. False: it is another text. */
static bool look_at_words(struct look *look, struct view_kind kind, struct slice text)
{
    if (kind.alphabet != VIEW_WORDS || !(look->parts & (PART_URL | PART_REFERRER)))
        return false;
    scan_text(look, kind, text);
    return true;
}

bool inspector_look(struct inspector *inspector, enum threat_part part, struct slice text,
                    struct threat_findings *findings)
{
    struct look look = {.inspector = inspector, .findings = findings, .parts = part};
    bool is_long = text.len > INSPECT_MAX;
    struct slice plain = {inspector->plain, 0};
    struct view_kind kind;

    if (text.len == 0 || !inspector->book)
        return false;
    if (is_long)
        text = join_ends(inspector, text);
    kind = kind_of(&look, text);
    if (look_at_words(&look, kind, text))
        return is_long;
    plain.len = part & (PART_URL | PART_REFERRER)
                    ? view_url(text, kind.is_encoded, inspector->plain)
                    : view_header(text, inspector->plain);
    kind = kind_of(&look, plain);
    scan_text(&look, kind, plain);
    if (kind.has_comment) /* without, and without other bytes, sql_is_possible has no doubt */
        scan_sql(&look, plain);
    return is_long;
}

bool inspector_look_quick(struct inspector *inspector, enum threat_part part, struct slice text,
                          struct threat_findings *findings)
{
    struct look look = {.inspector = inspector, .findings = findings, .parts = part};

    if (text.len == 0 || text.len > INSPECT_MAX || !inspector->book)
        return false;
    return look_at_words(&look, kind_of(&look, text), text);
}
