/*
 * matcher.c - lines by a pattern: its named groups become fields.
 */
#include "shipper/parser/matcher.h"

#include <stdlib.h>

#include "common/metrics.h"
#include "common/scope.h"
#include "shipper/grok/expand.h"
#include "shipper/pattern.h"

struct matcher {
    struct pattern *pattern;
    struct capture *captures;
    size_t capture_count;
    struct group { /* of the pattern, in order */
        unsigned number;
        struct capture *capture;
    } * groups;
    size_t group_count;
    struct nest *nest; /* of names that need objects of their own; NULL: there are none */
    struct metric *limit_total;
};

/* The type: what the pattern says, or else the format. */
static enum status find_rule(const struct matcher_options *options,
                             const struct expansion_name *name, struct capture_rule *rule,
                             struct error *err)
{
    *rule = (struct capture_rule){.type = CAPTURE_AS_FIELD};
    if (options->rule)
        options->rule(options->arg, name->name, rule);
    if (name->type.len && !capture_type_find(name->type, &rule->type))
        return error_set(err, REJECT, "no type '%.*s' for '%.*s'; expected: " CAPTURE_TYPES,
                         SLICE_FMT(name->type), SLICE_FMT(name->name));
    return OK;
}

static enum status make_captures(struct matcher *matcher, const struct expansion *expansion,
                                 const struct matcher_options *options, struct error *err)
{
    matcher->captures = calloc(expansion->count + 1, sizeof(*matcher->captures));
    if (!matcher->captures)
        return error_set(err, FATAL, "out of memory");
    matcher->capture_count = expansion->count;
    for (unsigned i = 0; i < expansion->count; i++) {
        const struct expansion_name *name = &expansion->names[i];
        struct capture_rule rule;

        if (find_rule(options, name, &rule, err))
            return err->status;
        if (!capture_init(&matcher->captures[i], name->name, &rule))
            return error_set(err, REJECT, "the name '%.*s' is too long", SLICE_FMT(name->name));
        matcher->captures[i].in_quotes = name->in_quotes;
    }
    return OK;
}

/* Objects for dotted names that the schema does not know. */
static enum status make_nest(struct matcher *matcher, struct error *err)
{
    matcher->nest = calloc(1, sizeof(*matcher->nest));
    if (!matcher->nest)
        return error_set(err, FATAL, "out of memory");
    for (size_t i = 0; i < matcher->capture_count; i++)
        if (matcher->captures[i].target.field == FIELD_COUNT)
            nest_add(matcher->nest, &matcher->captures[i].target);
    if (matcher->nest->count == 0) {
        free(matcher->nest);
        matcher->nest = NULL;
        return OK;
    }
    nest_seal(matcher->nest);
    for (size_t i = 0; i < matcher->capture_count; i++) {
        struct capture *capture = &matcher->captures[i];

        if (capture->target.field != FIELD_COUNT)
            continue;
        capture->nest = matcher->nest;
        capture->name = nest_find(matcher->nest, &capture->target);
        if (!capture->name && memchr(capture->target.key, '.', capture->target.key_len))
            capture->target = capture->aside;
    }
    return OK;
}

static enum status make_groups(struct matcher *matcher, struct error *err)
{
    const struct pattern_name *names;
    size_t count = pattern_names(matcher->pattern, &names);

    matcher->groups = calloc(count + 1, sizeof(*matcher->groups));
    if (!matcher->groups)
        return error_set(err, FATAL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        unsigned number = expansion_number(names[i].name);

        if (number >= matcher->capture_count)
            return error_set(err, REJECT, "the group '%s' cannot be used", names[i].name);
        matcher->groups[i] = (struct group){names[i].number, &matcher->captures[number]};
    }
    matcher->group_count = count;
    return OK;
}

static enum status compile(struct matcher *matcher, struct slice text,
                           const struct matcher_options *options, struct expansion *expansion,
                           struct error *err)
{
    enum status status = expand(expansion, text, options->library, err);
    size_t at;

    if (status != OK)
        return status;
    status = pattern_open_at(buf_slice(&expansion->text), &at, &matcher->pattern, err);
    if (status == REJECT) {
        size_t len = strlen(err->text);

        snprintf(err->text + len, sizeof(err->text) - len, " at character %zu",
                 expansion_place(expansion, at) + 1);
    }
    if (status == OK)
        status = make_captures(matcher, expansion, options, err);
    if (status == OK)
        status = make_nest(matcher, err);
    return status == OK ? make_groups(matcher, err) : status;
}

enum status matcher_open(struct slice pattern, const struct matcher_options *options,
                         struct matcher **out, struct error *err)
{
    struct expansion *expansion = malloc(sizeof(*expansion));
    struct matcher *matcher = calloc(1, sizeof(*matcher));
    struct error unused;
    enum status status;

    if (!expansion || !matcher) {
        free(expansion);
        free(matcher);
        return error_set(err, FATAL, "out of memory");
    }
    matcher->limit_total =
        metrics_counter("shipper_pattern_limit_total", NULL,
                        "Lines that a pattern was given up on: too many steps or too much time.");
    expansion_init(expansion);
    status = compile(matcher, pattern, options, expansion, err ? err : &unused);
    expansion_release(expansion);
    free(expansion);
    if (status != OK) {
        matcher_close(matcher);
        return status;
    }
    *out = matcher;
    return OK;
}

void matcher_close(struct matcher *matcher)
{
    if (!matcher)
        return;
    pattern_close(matcher->pattern);
    free(matcher->captures);
    free(matcher->groups);
    free(matcher->nest);
    free(matcher);
}

const char *matcher_parse(struct matcher *matcher, struct slice line, struct capture_line *captures,
                          bool *fits)
{
    uint64_t exhausted = pattern_exhausted(matcher->pattern);
    const char *problem;

    *fits = pattern_match(matcher->pattern, line, 0);
    if (!*fits && pattern_exhausted(matcher->pattern) != exhausted) {
        metric_add(matcher->limit_total, 1);
        return "the pattern takes too long on this line";
    }
    if (!*fits)
        return "the line does not fit the pattern";
    if (matcher->nest) /* what a line that failed has left */
        nest_clear(matcher->nest);
    for (size_t i = 0; i < matcher->group_count; i++) {
        struct slice text = pattern_group(matcher->pattern, matcher->groups[i].number);

        if (!text.data)
            continue;
        problem = capture_set(matcher->groups[i].capture, text, captures);
        if (problem)
            return problem;
    }
    if (matcher->nest && !nest_write(matcher->nest, captures->record))
        captures->no_memory = true;
    return capture_finish(captures, line);
}
