/*
 * redact_open.c - what is to be hidden, out of the configuration of all inputs and of one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/metrics.h"
#include "shipper/pattern.h"
#include "shipper/process/redact.h"
#include "shipper/process/redact_private.h"

#define TEXT_MAX  ((size_t)512 << 20)
#define NAMES_MAX 600

/* `common` in a list of parameters. */
static const char *const usual_parameters[] = {
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "pass",
    "secret",
    "client_secret",
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "auth_token",
    "authtoken",
    "csrf_token",
    "xsrf_token",
    "api_key",
    "apikey",
    "api_token",
    "access_key",
    "secret_key",
    "private_key",
    "session",
    "session_id",
    "sid",
    "sess",
    "jsessionid",
    "phpsessid",
    "aspsessionid",
    "connect.sid",
    "otp",
    "pin",
    "cvv",
    "cvc",
    "ssn",
    "signature",
    "sig",

    "credential",
    "credentials",
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "samlresponse",
    "assertion",
};

static const char *const credential_headers[] = {
    "authorization",
    "proxy_authorization",
    "cookie",
    "set_cookie",
    "x_api_key",
    "x_auth_token",
    "x_csrf_token",
    "x_xsrf_token",
    "x_access_token",
    "http_authorization",
    "http_cookie",
    "sent_http_set_cookie",
    "upstream_http_set_cookie",
    "x_amz_security_token",
};

struct names {
    const char *list[NAMES_MAX];
    unsigned count;
};

static void add_name(struct names *names, const char *name)
{
    if (names->count < NAMES_MAX)
        names->list[names->count++] = name;
}

static void add_parameters(struct names *names, const struct redact_config *config)
{
    for (uint32_t i = 0; config && i < config->parameter_count; i++) {
        if (strcmp(config->parameters[i], "common") != 0) {
            add_name(names, config->parameters[i]);
            continue;
        }
        for (size_t k = 0; k < sizeof(usual_parameters) / sizeof(usual_parameters[0]); k++)
            add_name(names, usual_parameters[k]);
    }
}

static enum redact_action choose(enum redact_action common, enum redact_action own,
                                 enum redact_action otherwise)
{
    return own != REDACT_INHERIT ? own : common != REDACT_INHERIT ? common : otherwise;
}

static void set_actions(struct scan_rules *rules, const struct redact_config *common,
                        const struct redact_config *own)
{
    static const struct redact_config none;
    const struct redact_config *a = common ? common : &none, *b = own ? own : &none;

    rules->actions[SECRET_IP] = choose(a->ip, b->ip, REDACT_KEEP);
    rules->actions[SECRET_EMAIL] = choose(a->email, b->email, REDACT_KEEP);
    rules->actions[SECRET_CARD] = choose(a->cards, b->cards, REDACT_KEEP);
    rules->actions[SECRET_CREDENTIAL] = choose(a->credentials, b->credentials, REDACT_KEEP);
    rules->actions[SECRET_PARAMETER] = choose(a->values, b->values, REDACT_MASK);
    rules->actions[SECRET_PATTERN] = REDACT_MASK; /* each has its own */
}

static enum status add_patterns(struct redact *redact, const struct redact_config *config,
                                struct error *err)
{
    for (uint32_t i = 0; config && i < config->pattern_count; i++) {
        const struct redact_pattern_config *each = &config->patterns[i];
        struct redact_pattern *pattern = &redact->patterns[redact->pattern_count];

        if (redact->pattern_count == REDACT_PATTERNS_MAX)
            return error_set(err, REJECT, "there are more than %d patterns", REDACT_PATTERNS_MAX);
        if (pattern_open(slice_of(each->pattern), &pattern->pattern, err))
            return err->status;
        redact->pattern_count++;
        pattern->hashed = each->action == REDACT_HASH;
        pattern->mask_len =
            (size_t)snprintf(pattern->mask, sizeof(pattern->mask), "[%s]", each->name);
    }
    return OK;
}

static const char *text_of(const char *own, const char *common)
{
    return own && *own ? own : common;
}

static enum status open_hash(struct redact *redact, const struct redact_config *common,
                             const struct redact_config *own, struct error *err)
{
    const char *secret = text_of(own ? own->secret : NULL, common ? common->secret : NULL);
    const char *id = text_of(own ? own->key_id : NULL, common ? common->key_id : NULL);
    bool needed = false;

    for (int kind = 1; kind < SECRET_KINDS; kind++)
        needed = needed || redact->rules.actions[kind] == REDACT_HASH;
    for (unsigned i = 0; i < redact->pattern_count; i++)
        needed = needed || redact->patterns[i].hashed;
    if (!needed)
        return OK;
    if (!secret || !*secret)
        return error_set(err, REJECT, "hashes need a key: redact.secret is missing");
    return keyed_hash_open(secret, id, &redact->rules.hash, err);
}

static enum status open_names(struct redact *redact, const struct redact_config *common,
                              const struct redact_config *own, struct error *err)
{
    struct scan_rules *rules = &redact->rules;
    struct names names = {.count = 0};
    bool good = true;

    add_parameters(&names, common);
    add_parameters(&names, own);
    if (rules->actions[SECRET_PARAMETER] != REDACT_KEEP)
        good = name_set_init(&rules->parameters, names.list, names.count);
    if (rules->actions[SECRET_CREDENTIAL] != REDACT_KEEP)
        good = good && name_set_init(&rules->headers, credential_headers,
                                     sizeof(credential_headers) / sizeof(credential_headers[0]));
    return good ? OK : error_set(err, FATAL, "out of memory");
}

static void register_metrics(struct redact *redact)
{
    static const char *const labels[SECRET_KINDS] = {
        [SECRET_IP] = "kind=\"ip\"",
        [SECRET_EMAIL] = "kind=\"email\"",
        [SECRET_CARD] = "kind=\"card\"",
        [SECRET_CREDENTIAL] = "kind=\"credential\"",
        [SECRET_PARAMETER] = "kind=\"parameter\"",
        [SECRET_PATTERN] = "kind=\"pattern\"",
    };

    for (int kind = 1; kind < SECRET_KINDS; kind++)
        redact->counts[kind] = metrics_counter("shipper_values_redacted_total", labels[kind],
                                               "Values that were hidden before anything was sent.");
}

static bool does_nothing(const struct redact *redact)
{
    const enum redact_action *actions = redact->rules.actions;

    return actions[SECRET_IP] == REDACT_KEEP && actions[SECRET_EMAIL] == REDACT_KEEP &&
           actions[SECRET_CARD] == REDACT_KEEP && actions[SECRET_CREDENTIAL] == REDACT_KEEP &&
           redact->rules.parameters.count == 0 && redact->pattern_count == 0;
}

enum status redact_open(const struct redact_config *common, const struct redact_config *own,
                        struct redact **out, struct error *err)
{
    struct redact *redact;

    *out = NULL;
    if (!common && !own)
        return OK;
    redact = calloc(1, sizeof(*redact));
    if (!redact)
        return error_set(err, FATAL, "out of memory");
    redact->out.max = redact->matched.max = redact->plain.max = TEXT_MAX;
    set_actions(&redact->rules, common, own);
    if (add_patterns(redact, common, err) || add_patterns(redact, own, err) ||
        open_hash(redact, common, own, err) || open_names(redact, common, own, err)) {
        redact_close(redact);
        return err->status;
    }
    if (does_nothing(redact)) {
        redact_close(redact);
        return OK;
    }
    scan_prepare(&redact->rules);
    register_metrics(redact);
    *out = redact;
    return OK;
}

void redact_close(struct redact *redact)
{
    if (!redact)
        return;
    for (unsigned i = 0; i < redact->pattern_count; i++)
        pattern_close(redact->patterns[i].pattern);
    name_set_release(&redact->rules.parameters);
    name_set_release(&redact->rules.headers);
    keyed_hash_close(redact->rules.hash);
    buf_release(&redact->out);
    buf_release(&redact->matched);
    buf_release(&redact->plain);
    free(redact);
}
