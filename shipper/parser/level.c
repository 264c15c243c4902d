/*
 * level.c - how serious a line is, in one set of words.
 */
#include "shipper/parser/level.h"

#include <strings.h>

#include "common/scope.h"

static const struct {
    struct slice word;
    enum level level;
} words[] = {
    /* the most frequent ones first */
    {SLICE("info"), LEVEL_INFO},
    {SLICE("error"), LEVEL_ERROR},
    {SLICE("warn"), LEVEL_WARN},
    {SLICE("warning"), LEVEL_WARN},
    {SLICE("debug"), LEVEL_DEBUG},
    {SLICE("notice"), LEVEL_NOTICE},
    {SLICE("trace"), LEVEL_TRACE},
    {SLICE("fatal"), LEVEL_CRITICAL},
    {SLICE("critical"), LEVEL_CRITICAL},
    {SLICE("err"), LEVEL_ERROR},
    {SLICE("crit"), LEVEL_CRITICAL},
    {SLICE("alert"), LEVEL_ALERT},
    {SLICE("emerg"), LEVEL_EMERGENCY},
    {SLICE("emergency"), LEVEL_EMERGENCY},
    {SLICE("panic"), LEVEL_EMERGENCY}, /* syslog's old name of emerg; PostgreSQL's highest */
    {SLICE("information"), LEVEL_INFO},
    {SLICE("informational"), LEVEL_INFO},
    {SLICE("notification"), LEVEL_NOTICE}, /* Cisco */
    {SLICE("note"), LEVEL_NOTICE},         /* MySQL, MariaDB */
    {SLICE("system"), LEVEL_INFO},         /* MySQL 8 */
    {SLICE("log"), LEVEL_INFO},            /* PostgreSQL, NestJS */
    {SLICE("success"), LEVEL_INFO},        /* loguru */
    {SLICE("dpanic"), LEVEL_CRITICAL},     /* zap */
    /* java.util.logging */
    {SLICE("severe"), LEVEL_ERROR},
    {SLICE("config"), LEVEL_DEBUG},
    {SLICE("fine"), LEVEL_DEBUG},
    {SLICE("finer"), LEVEL_TRACE},
    {SLICE("finest"), LEVEL_TRACE},
    {SLICE("failure"), LEVEL_ERROR},
    {SLICE("verbose"), LEVEL_TRACE},
    {SLICE("silly"), LEVEL_TRACE}, /* npm, winston */
    /* cut to three or four letters: .NET, Serilog, zerolog, slog, tracing */
    {SLICE("inf"), LEVEL_INFO},
    {SLICE("wrn"), LEVEL_WARN},
    {SLICE("eror"), LEVEL_ERROR},
    {SLICE("erro"), LEVEL_ERROR},
    {SLICE("fail"), LEVEL_ERROR},
    {SLICE("dbg"), LEVEL_DEBUG},
    {SLICE("dbug"), LEVEL_DEBUG},
    {SLICE("debu"), LEVEL_DEBUG},
    {SLICE("trc"), LEVEL_TRACE},
    {SLICE("trce"), LEVEL_TRACE},
    {SLICE("trac"), LEVEL_TRACE},
    {SLICE("vrb"), LEVEL_TRACE},
    {SLICE("ftl"), LEVEL_CRITICAL},
    {SLICE("fata"), LEVEL_CRITICAL},
    {SLICE("pnc"), LEVEL_EMERGENCY},
};

static const struct slice names[] = {
    [LEVEL_EMERGENCY] = SLICE("emergency"), [LEVEL_ALERT] = SLICE("alert"),
    [LEVEL_CRITICAL] = SLICE("critical"),   [LEVEL_ERROR] = SLICE("error"),
    [LEVEL_WARN] = SLICE("warn"),           [LEVEL_NOTICE] = SLICE("notice"),
    [LEVEL_INFO] = SLICE("info"),           [LEVEL_DEBUG] = SLICE("debug"),
    [LEVEL_TRACE] = SLICE("trace"),         [LEVEL_NONE] = {NULL, 0},
};

/* trace1..trace8 of httpd, DEBUG1..DEBUG5 of PostgreSQL: without their digit. */
static struct slice without_degree(struct slice word)
{
    if (word.len == 6 && word.data[5] >= '1' && word.data[5] <= '9' &&
        (strncasecmp(word.data, "trace", 5) == 0 || strncasecmp(word.data, "debug", 5) == 0))
        word.len = 5;
    return word;
}

enum level level_find(struct slice word)
{
    word = without_degree(word);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (words[i].word.len == word.len &&
            strncasecmp(words[i].word.data, word.data, word.len) == 0)
            return words[i].level;
    return LEVEL_NONE;
}

enum level level_of_letter(char letter)
{
    switch (letter) {
    case 'F': /* fatal */
    case 'C':
        return LEVEL_CRITICAL;
    case 'A': /* assert, above fatal */
        return LEVEL_ALERT;
    case 'E':
        return LEVEL_ERROR;
    case 'W':
        return LEVEL_WARN;
    case 'N':
        return LEVEL_NOTICE;
    case 'I':
        return LEVEL_INFO;
    case 'D':
        return LEVEL_DEBUG;
    case 'V': /* verbose */
    case 'T':
        return LEVEL_TRACE;
    default:
        return LEVEL_NONE;
    }
}

enum level level_of_number(int64_t number)
{
    if (number >= 0 && number <= 7)
        return (enum level)number;
    switch (number) {
    case 10:
        return LEVEL_TRACE;
    case 20:
        return LEVEL_DEBUG;
    case 30:
        return LEVEL_INFO;
    case 40:
        return LEVEL_WARN;
    case 50:
        return LEVEL_ERROR;
    case 60:
        return LEVEL_CRITICAL;
    default:
        return LEVEL_NONE;
    }
}

struct slice level_name(enum level level)
{
    return names[level];
}

void level_set(struct record *record, enum level level)
{
    if (level != LEVEL_NONE)
        record_set_plain(record, FIELD_LOG_LEVEL, names[level]);
}
