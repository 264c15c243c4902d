/*
 * sql.c - the shape of a text as SQL: one character a token.
 */
#include "indexer/enrich/threat/sql.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/scope.h"

#define WORD_MAX                32
#define BEFORE_QUOTE_MAX        60
#define BLANKS_BEFORE_QUOTE_MAX 3

struct keyword {
    const char *word;
    char token;
};

/* In order of the words. */
static const struct keyword keywords[] = {
    {"all", 'A'},       {"alter", 'K'},    {"and", 'l'},         {"backup", 'K'},
    {"begin", 'K'},     {"between", 'i'},  {"by", 'Y'},          {"call", 'K'},
    {"case", 'E'},      {"create", 'K'},   {"database", 'D'},    {"declare", 'K'},
    {"delete", 'K'},    {"distinct", 'A'}, {"distinctrow", 'A'}, {"drop", 'K'},
    {"dumpfile", 'T'},  {"else", 'E'},     {"end", 'E'},         {"except", 'U'},
    {"exec", 'K'},      {"execute", 'K'},  {"false", 'n'},       {"fetch", 'L'},
    {"from", 'F'},      {"function", 'D'}, {"glob", 'i'},        {"grant", 'K'},
    {"group", 'G'},     {"handler", 'K'},  {"having", 'H'},      {"if", 'E'},
    {"ilike", 'i'},     {"in", 'i'},       {"index", 'D'},       {"insert", 'K'},
    {"intersect", 'U'}, {"into", 'T'},     {"is", 'i'},          {"kill", 'K'},
    {"like", 'i'},      {"limit", 'L'},    {"load", 'K'},        {"login", 'D'},
    {"merge", 'K'},     {"minus", 'U'},    {"not", 'N'},         {"null", 'n'},
    {"offset", 'L'},    {"or", 'l'},       {"order", 'G'},       {"outfile", 'T'},
    {"procedure", 'L'}, {"regexp", 'i'},   {"rename", 'K'},      {"replace", 'K'},
    {"restore", 'K'},   {"revoke", 'K'},   {"rlike", 'i'},       {"schema", 'D'},
    {"select", 'S'},    {"set", 'T'},      {"shutdown", 'x'},    {"similar", 'i'},
    {"table", 'D'},     {"then", 'E'},     {"true", 'n'},        {"truncate", 'K'},
    {"union", 'U'},     {"update", 'K'},   {"user", 'D'},        {"values", 'T'},
    {"view", 'D'},      {"waitfor", 'x'},  {"when", 'E'},        {"where", 'W'},
    {"xor", 'l'},
};

/* Functions that databases have and other texts seldom; in order. */
static const struct keyword functions[] = {
    {"abs", 'f'},
    {"array_agg", 'f'},
    {"ascii", 'f'},
    {"avg", 'f'},
    {"benchmark", 'f'},
    {"bin", 'f'},
    {"cast", 'f'},
    {"char", 'f'},
    {"char_length", 'f'},
    {"chr", 'f'},
    {"coalesce", 'f'},
    {"compress", 'f'},
    {"concat", 'f'},
    {"concat_ws", 'f'},
    {"conv", 'f'},
    {"convert", 'f'},
    {"cos", 'f'},
    {"count", 'f'},
    {"current_database", 'f'},
    {"current_date", 'f'},
    {"current_time", 'f'},
    {"current_user", 'f'},
    {"database", 'f'},
    {"db_name", 'f'},
    {"dblink", 'f'},
    {"dbms_random", 'f'},
    {"decode", 'f'},
    {"elt", 'f'},
    {"encode", 'f'},
    {"exists", 'f'},
    {"exp", 'f'},
    {"extractvalue", 'f'},
    {"find_in_set", 'f'},
    {"floor", 'f'},
    {"format", 'f'},
    {"from_base64", 'f'},
    {"group_concat", 'f'},
    {"gtid_subset", 'f'},
    {"hex", 'f'},
    {"host_name", 'f'},
    {"if", 'f'},
    {"ifnull", 'f'},
    {"iif", 'f'},
    {"instr", 'f'},
    {"is_srvrolemember", 'f'},
    {"isnull", 'f'},
    {"json_keys", 'f'},
    {"last_insert_id", 'f'},
    {"lcase", 'f'},
    {"left", 'f'},
    {"length", 'f'},
    {"load_extension", 'f'},
    {"load_file", 'f'},
    {"lower", 'f'},
    {"lpad", 'f'},
    {"ltrim", 'f'},
    {"make_set", 'f'},
    {"makedate", 'f'},
    {"max", 'f'},
    {"md5", 'f'},
    {"mid", 'f'},
    {"min", 'f'},
    {"name_const", 'f'},
    {"now", 'f'},
    {"nullif", 'f'},
    {"nvl", 'f'},
    {"object_id", 'f'},
    {"ord", 'f'},
    {"password", 'f'},
    {"pg_ls_dir", 'f'},
    {"pg_sleep", 'f'},
    {"position", 'f'},
    {"pow", 'f'},
    {"power", 'f'},
    {"quote", 'f'},
    {"rand", 'f'},
    {"randomblob", 'f'},
    {"regexp_substr", 'f'},
    {"repeat", 'f'},
    {"replace", 'f'},
    {"reverse", 'f'},
    {"right", 'f'},
    {"round", 'f'},
    {"row", 'f'},
    {"row_count", 'f'},
    {"rpad", 'f'},
    {"rtrim", 'f'},
    {"schema", 'f'},
    {"schema_name", 'f'},
    {"session_user", 'f'},
    {"sha1", 'f'},
    {"sign", 'f'},
    {"sin", 'f'},
    {"sleep", 'f'},
    {"soundex", 'f'},
    {"space", 'f'},
    {"sqlite_version", 'f'},
    {"sqrt", 'f'},
    {"starts_with", 'f'},
    {"strcmp", 'f'},
    {"string_agg", 'f'},
    {"substr", 'f'},
    {"substring", 'f'},
    {"substring_index", 'f'},
    {"sum", 'f'},
    {"sys_eval", 'f'},
    {"sysdate", 'f'},
    {"system_user", 'f'},
    {"tan", 'f'},
    {"timediff", 'f'},
    {"to_base64", 'f'},
    {"to_char", 'f'},
    {"to_timestamp", 'f'},
    {"trim", 'f'},
    {"truncate", 'f'},
    {"ucase", 'f'},
    {"uncompress", 'f'},
    {"unhex", 'f'},
    {"unicode", 'f'},
    {"unistr", 'f'},
    {"updatexml", 'f'},
    {"upper", 'f'},
    {"user", 'f'},
    {"user_id", 'f'},
    {"user_name", 'f'},
    {"uuid", 'f'},
    {"version", 'f'},
    {"xmltype", 'f'},
};

struct lexer {
    const char *at, *end;
    char *out, *out_end;
};

static int compare_words(const void *a, const void *b)
{
    return strcmp(a, ((const struct keyword *)b)->word);
}

static char find_word(const char *word, const struct keyword *list, size_t count)
{
    const struct keyword *found = bsearch(word, list, count, sizeof(*list), compare_words);

    return found ? found->token : 0;
}

static bool is_word_start(unsigned char c)
{
    return isalpha(c) || c == '_' || c >= 0x80;
}

static bool is_word(unsigned char c)
{
    return isalnum(c) || c == '_' || c == '$' || c >= 0x80;
}

static bool is_blank(unsigned char c)
{
    return c <= ' ' && c != 0 ? isspace(c) : c == 0;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank((unsigned char)*at))
        at++;
    return at;
}

static void put(struct lexer *lexer, char token)
{
    if (lexer->out < lexer->out_end)
        *lexer->out++ = token;
    else
        lexer->at = lexer->end;
}

/* Behind the quote that closes a string which began before `at`; *open: there is none. */
static const char *string_end(const char *at, const char *end, char quote, bool *open)
{
    *open = false;
    for (; at < end; at++) {
        if (*at == '\\' && end - at > 1) {
            at++;
        } else if (*at == quote) {
            if (end - at > 1 && at[1] == quote)
                at++; /* doubled: a quote within */
            else
                return at + 1;
        }
    }
    *open = true;
    return end;
}

static void take_string(struct lexer *lexer)
{
    bool open;

    lexer->at = string_end(lexer->at + 1, lexer->end, *lexer->at, &open);
    put(lexer, open ? 'q' : 's');
}

static bool is_procedure(const char *word)
{
    return strncmp(word, "xp_", 3) == 0 || strncmp(word, "utl_", 4) == 0 ||
           strncmp(word, "dbms_", 5) == 0 || strcmp(word, "sp_executesql") == 0 ||
           strcmp(word, "sp_password") == 0 || strcmp(word, "sp_oacreate") == 0;
}

/* The prefix of a string: N'…', x'…', b'…', e'…', q'…', _utf8'…'. */
static bool is_string_prefix(const char *word, size_t len, const char *after, const char *end)
{
    return after < end && *after == '\'' &&
           ((len == 1 && strchr("nxbeq", word[0])) || (len > 1 && word[0] == '_'));
}

static void take_word(struct lexer *lexer)
{
    char word[WORD_MAX + 1], token = 0;
    const char *start = lexer->at, *after;
    size_t len = 0;

    while (lexer->at < lexer->end && is_word((unsigned char)*lexer->at)) {
        if (len < WORD_MAX)
            word[len++] = (char)tolower((unsigned char)*lexer->at);
        lexer->at++;
    }
    word[len] = '\0';
    after = skip_blanks(lexer->at, lexer->end);
    if (is_string_prefix(word, (size_t)(lexer->at - start), lexer->at, lexer->end))
        return; /* the string comes next */
    if (is_procedure(word))
        token = 'x';
    if (!token && after < lexer->end && *after == '(')
        token = find_word(word, functions, ARRAY_LEN(functions));
    if (!token)
        token = find_word(word, keywords, ARRAY_LEN(keywords));
    if (!token)
        token = after < lexer->end && *after == '(' ? 'u' : 'w';
    put(lexer, token);
}

static void take_number(struct lexer *lexer)
{
    const char *at = lexer->at, *end = lexer->end;
    bool hex = end - at > 2 && *at == '0' && (at[1] | 0x20) == 'x';

    if (hex)
        for (at += 2; at < end && isxdigit((unsigned char)*at);)
            at++;
    while (at < end && (isdigit((unsigned char)*at) || (*at == '.' && !hex)))
        at++;
    if (!hex && end - at > 1 && (*at | 0x20) == 'e' &&
        (isdigit((unsigned char)at[1]) ||
         (end - at > 2 && strchr("+-", at[1]) && isdigit((unsigned char)at[2]))))
        for (at += 2; at < end && isdigit((unsigned char)*at);)
            at++;
    lexer->at = at;
    if (at < end && is_word((unsigned char)*at)) { /* 3d, 5th, 1f2e: a word; 1union: two tokens */
        while (at < end && is_word((unsigned char)*at))
            at++;
        if (at - lexer->at < 4) {
            lexer->at = at;
            put(lexer, 'w');
            return;
        }
    }
    put(lexer, 'n');
}

static void take_variable(struct lexer *lexer)
{
    while (lexer->at < lexer->end && *lexer->at == '@')
        lexer->at++;
    while (lexer->at < lexer->end && (is_word((unsigned char)*lexer->at) || *lexer->at == '.'))
        lexer->at++;
    put(lexer, 'v');
}

/* Behind a quote in backticks or brackets, which name columns. */
static void take_name(struct lexer *lexer)
{
    const char *close = memchr(lexer->at + 1, '`', (size_t)(lexer->end - lexer->at - 1));

    lexer->at = close ? close + 1 : lexer->end;
    put(lexer, 'w');
}

static bool starts(const struct lexer *lexer, const char *text)
{
    size_t len = strlen(text);

    return (size_t)(lexer->end - lexer->at) >= len && memcmp(lexer->at, text, len) == 0;
}

/* "--" without a blank behind it is arithmetic, or an option of something else. */
static bool is_dash_comment(const struct lexer *lexer)
{
    const char *next = lexer->at + 2;

    return next == lexer->end || is_blank((unsigned char)*next) || *next == '-' || *next == '+';
}

/* "#" behind an operand; before a word it is a hash tag, a number, a colour. */
static bool is_hash_comment(const struct lexer *lexer, char before)
{
    const char *next = lexer->at + 1;

    return before && strchr("snq);wv", before) &&
           (next == lexer->end || !is_word((unsigned char)*next));
}

/* What is a comment is skipped or ends the text. True: it was one. */
static bool take_comment(struct lexer *lexer, char before)
{
    const char *close;

    if (starts(lexer, "/*!")) {
        for (lexer->at += 3; lexer->at < lexer->end && isdigit((unsigned char)*lexer->at);)
            lexer->at++;
        return true;
    }
    if (starts(lexer, "*/")) {
        lexer->at += 2;
        return true;
    }
    if (starts(lexer, "/*")) {
        close = memmem(lexer->at + 2, (size_t)(lexer->end - lexer->at - 2), "*/", 2);
        if (close) {
            lexer->at = close + 2;
            return true;
        }
    } else if (*lexer->at == '#' ? !is_hash_comment(lexer, before)
                                 : !starts(lexer, "--") || !is_dash_comment(lexer)) {
        return false;
    }
    close = memchr(lexer->at, '\n', (size_t)(lexer->end - lexer->at));
    lexer->at = close ? close + 1 : lexer->end;
    put(lexer, 'C');
    return true;
}

static void take_operator(struct lexer *lexer)
{
    static const struct {
        const char *text;
        char token;
    } pairs[] = {{"<=>", 'c'}, {"||", '|'}, {"&&", '&'}, {"<>", 'c'}, {"!=", 'c'},
                 {"<=", 'c'},  {">=", 'c'}, {"==", 'c'}, {":=", 'c'}, {"<<", 'o'},
                 {">>", 'o'},  {"!<", 'c'}, {"!>", 'c'}, {"!~", 'c'}};
    char c = *lexer->at;

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        if (starts(lexer, pairs[i].text)) {
            lexer->at += strlen(pairs[i].text);
            put(lexer, pairs[i].token);
            return;
        }
    lexer->at++;
    if (strchr("+-/%^~&|", c) && c)
        put(lexer, 'o');
    else if (c == '=' || c == '<' || c == '>')
        put(lexer, 'c');
    else if (c == '!')
        put(lexer, 'N');
    else if (c && strchr("*(),;.:[]{}?", c))
        put(lexer, c);
    /* other bytes are none of SQL's */
}

static void take_token(struct lexer *lexer, char before)
{
    unsigned char c = (unsigned char)*lexer->at;

    if (is_blank(c))
        lexer->at++;
    else if (c == '\'' || c == '"')
        take_string(lexer);
    else if (isdigit(c) || (c == '.' && lexer->end - lexer->at > 1 &&
                            isdigit((unsigned char)lexer->at[1]) && before != 'w'))
        take_number(lexer);
    else if (is_word_start(c))
        take_word(lexer);
    else if (c == '@')
        take_variable(lexer);
    else if (c == '`')
        take_name(lexer);
    else if (!take_comment(lexer, before))
        take_operator(lexer);
}

/* Are these too many words for what is put before a quote that is to close another? */
static bool is_sentence(const char *at, const char *end)
{
    unsigned blanks = 0;

    if (end - at > BEFORE_QUOTE_MAX)
        return true;
    for (; at < end; at++)
        blanks += *at == ' ';
    return blanks > BLANKS_BEFORE_QUOTE_MAX;
}

/* Can any rule find something in it? Nearly all that is in searches and addresses is left out. */
static bool is_telling(const char *at, const char *end)
{
    static const unsigned char telling[256] = {
        ['l'] = 1, ['S'] = 1, ['U'] = 1, ['K'] = 1, ['G'] = 1, ['H'] = 1, ['E'] = 1,
        ['x'] = 1, ['C'] = 1, ['|'] = 1, ['&'] = 1, [';'] = 1, ['i'] = 1, ['f'] = 1,
        ['u'] = 1, ['L'] = 1, ['T'] = 1, ['2'] = 1, ['3'] = 1,
    };

    if (end - at <= 6 && memchr(at, 'c', (size_t)(end - at)))
        return true; /* 1=1 and the like */
    for (; at < end; at++)
        if (telling[(unsigned char)*at])
            return true;
    return false;
}

/* The tokens of one context; `quote` 0: the value as it is. */
static bool add_shape(struct slice value, char quote, char *out, size_t size, size_t *len)
{
    struct lexer lexer = {value.data, value.data + value.len, out + *len, NULL};
    char *start = lexer.out;

    if (size - *len < SQL_TOKENS_MAX + 2)
        return false;
    lexer.out_end = start + 1 + SQL_TOKENS_MAX;
    *lexer.out++ = '1';
    if (quote) {
        /* Whatever stands before it: a backslash is no escape in every database. */
        lexer.at = (const char *)memchr(lexer.at, quote, value.len) + 1;
        start[0] = is_sentence(value.data, lexer.at) ? '4' : quote == '"' ? '3' : '2';
        put(&lexer, 's');
    }
    while (lexer.at < lexer.end)
        take_token(&lexer, lexer.out > start + 1 ? lexer.out[-1] : 0);
    if (is_telling(start, lexer.out)) {
        *lexer.out++ = '\n';
        *len = (size_t)(lexer.out - out);
    }
    return true;
}

bool sql_is_possible(struct slice value)
{
    static const unsigned char telling[256] = {
        [' '] = 1, ['\t' ... '\r'] = 1, ['\''] = 1, ['"'] = 1, ['('] = 1, [')'] = 1,
        [';'] = 1, ['='] = 1,           ['#'] = 1,  ['|'] = 1, ['<'] = 1, ['>'] = 1,
        ['*'] = 1, ['`'] = 1,           ['@'] = 1,  ['&'] = 1, [0] = 1,   ['!'] = 1,
    };

    for (size_t i = 0; i < value.len; i++)
        if (telling[(unsigned char)value.data[i]] ||
            (value.data[i] == '-' && i > 0 && value.data[i - 1] == '-'))
            return true;
    return false;
}

bool sql_add_shapes(struct slice value, char *out, size_t size, size_t *len)
{
    if (value.len == 0)
        return true;
    if (!add_shape(value, 0, out, size, len))
        return false;
    if (memchr(value.data, '\'', value.len) && !add_shape(value, '\'', out, size, len))
        return false;
    return !memchr(value.data, '"', value.len) || add_shape(value, '"', out, size, len);
}
