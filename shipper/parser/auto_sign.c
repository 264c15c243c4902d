/*
 * auto_sign.c - what lines of a format look like from outside.
 */
#include "shipper/parser/auto_sign.h"

#include "common/scope.h"
#include "shipper/parser/level.h"
#include "shipper/parser/names.h"
#include "shipper/parser/scan.h"

#define LOOK_AHEAD   300 /* bytes that a sign is looked for in */
#define BRACKETS_MAX 8
#define COLUMNS_MIN  3
#define KNOWN_MIN    2 /* columns with names that mean something: a heading, and no sentence */
#define NAME_LEN_MAX 60

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c) || c == '_';
}

static struct slice beginning(struct slice line)
{
    return (struct slice){line.data, line.len < LOOK_AHEAD ? line.len : LOOK_AHEAD};
}

static bool holds(struct slice text, struct slice part)
{
    return text.len && memmem(text.data, text.len, part.data, part.len);
}

static struct slice without_blanks(struct slice line)
{
    scan_blanks(&line);
    return line;
}

/* Digits where the mask has 0, the byte itself elsewhere. */
static bool looks_like(struct slice text, const char *mask)
{
    size_t i = 0;

    for (; mask[i]; i++)
        if (i >= text.len || (mask[i] == '0' ? !is_digit(text.data[i]) : text.data[i] != mask[i]))
            return false;
    return true;
}

/* ---- documents ---- */

bool sign_json(struct slice line, const struct parser_memory *memory)
{
    (void)memory;
    return scan_peek(without_blanks(line), 0) == '{';
}

bool sign_logstash(struct slice line, const struct parser_memory *memory)
{
    return sign_json(line, memory) && holds(line, SLICE("\"@version\""));
}

bool sign_cef(struct slice line, const struct parser_memory *memory)
{
    struct slice text = beginning(line);
    const char *found = text.len ? memmem(text.data, text.len, "CEF:", 4) : NULL;

    (void)memory;
    return found && found + 4 < line.data + line.len && is_digit(found[4]);
}

bool sign_xml(struct slice line, const struct parser_memory *memory)
{
    struct slice text = without_blanks(line);
    char next = scan_peek(text, 1);

    (void)memory;
    return scan_peek(text, 0) == '<' && (is_letter(next) || next == '?' || next == '!');
}

/* ---- below a heading ---- */

/* What w3c remembers has a date, or nothing, on a line of its own. */
static bool is_w3c_heading(struct slice heading)
{
    return heading.len && memchr(heading.data, '\n', heading.len);
}

bool sign_w3c(struct slice line, const struct parser_memory *memory)
{
    static const struct slice directives[] = {
        SLICE("#Fields:"),     SLICE("#Version:"),  SLICE("#Software:"), SLICE("#Date:"),
        SLICE("#Start-Date:"), SLICE("#End-Date:"), SLICE("#Remark:")};

    if (is_w3c_heading(memory->heading))
        return true;
    for (size_t i = 0; scan_peek(line, 0) == '#' && i < ARRAY_LEN(directives); i++)
        if (scan_begins(line, directives[i]))
            return true;
    return false;
}

/* A column's name: letters first, and not a sentence. */
static bool is_column(struct slice *cell)
{
    if (cell->len > 2 && cell->data[0] == '"' && cell->data[cell->len - 1] == '"')
        *cell = (struct slice){cell->data + 1, cell->len - 2};
    *cell = without_blanks(*cell);
    if (cell->len == 0 || cell->len > NAME_LEN_MAX ||
        !(is_letter(cell->data[0]) || strchr("@_", cell->data[0])))
        return false;
    for (size_t i = 0; i < cell->len; i++)
        if (!is_word(cell->data[i]) && !(cell->data[i] && strchr(" .@/()-", cell->data[i])))
            return false;
    return true;
}

/* Names that mean something to us are what tells a heading from any other list of words. */
static bool is_heading(struct slice line, char delimiter)
{
    unsigned columns = 0, known = 0;

    while (line.len) {
        struct slice cell = scan_until(&line, delimiter);

        scan_char(&line, delimiter);
        if (!is_column(&cell))
            return false;
        columns++;
        known += names_find(cell) != NULL;
    }
    return columns >= COLUMNS_MIN && known >= KNOWN_MIN;
}

static char delimiter_of(struct slice line)
{
    static const char delimiters[] = {'\t', ',', ';', '|'};

    for (size_t i = 0; i < sizeof(delimiters); i++)
        if (line.len && memchr(line.data, delimiters[i], line.len))
            return delimiters[i];
    return '\0';
}

static bool sign_columns(struct slice line, const struct parser_memory *memory, bool tabs)
{
    struct slice heading = memory->heading.len ? memory->heading : line;
    char delimiter;

    if (memory->heading.len ? is_w3c_heading(memory->heading) : memory->choice != 0)
        return false;
    delimiter = delimiter_of(heading);
    return delimiter && (delimiter == '\t') == tabs &&
           (memory->heading.len || is_heading(line, delimiter));
}

bool sign_csv(struct slice line, const struct parser_memory *memory)
{
    return sign_columns(line, memory, false);
}

bool sign_tsv(struct slice line, const struct parser_memory *memory)
{
    return sign_columns(line, memory, true);
}

/* ---- web servers ---- */

/* "Oct 11 22:14:15 " or "Oct 11 2026 22:14:15 ". */
static bool is_bsd_time(struct slice line)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    size_t at = 6;

    if (line.len < 16 || line.data[3] != ' ' || !is_digit(line.data[5]) ||
        !(is_digit(line.data[4]) || line.data[4] == ' '))
        return false;
    if (looks_like((struct slice){line.data + at, line.len - at}, " 0000 00:"))
        at += 5;
    if (!looks_like((struct slice){line.data + at, line.len - at}, " 00:00:00"))
        return false;
    for (size_t i = 0; i < sizeof(months) - 1; i += 3)
        if (memcmp(months + i, line.data, 3) == 0)
            return true;
    return false;
}

/* The byte behind the seconds of "[06/Feb/2009:12:14:14"; 0: there is no such time. */
static char behind_clf_time(struct slice line)
{
    const char *end = line.data + line.len, *p = line.data;

    for (int i = 0; i < BRACKETS_MAX && line.len; i++, p++) {
        p = memchr(p, '[', (size_t)(end - p));
        if (!p || end - p < 23)
            return '\0';
        if (p[3] == '/' && p[7] == '/' &&
            looks_like((struct slice){p + 8, (size_t)(end - p - 8)}, "0000:00:00:00"))
            return p[21];
    }
    return '\0';
}

bool sign_haproxy(struct slice line, const struct parser_memory *memory)
{
    (void)memory;
    return behind_clf_time(line) == '.' || holds(beginning(line), SLICE(" haproxy["));
}

bool sign_access(struct slice line, const struct parser_memory *memory)
{
    char behind = behind_clf_time(line);

    (void)memory;
    return (behind == ' ' || behind == ']') && !is_bsd_time(line) && scan_peek(line, 0) != '<';
}

bool sign_nginx_access(struct slice line, const struct parser_memory *memory)
{
    return holds(memory->path, SLICE("nginx")) && sign_access(line, memory);
}

bool sign_apache_error(struct slice line, const struct parser_memory *memory)
{
    static const char days[] = "MonTueWedThuFriSatSun";

    (void)memory;
    if (line.len < 20 || line.data[0] != '[' || line.data[4] != ' ')
        return false;
    for (size_t i = 0; i < sizeof(days) - 1; i += 3)
        if (memcmp(days + i, line.data + 1, 3) == 0)
            return true;
    return false;
}

bool sign_nginx_error(struct slice line, const struct parser_memory *memory)
{
    (void)memory;
    return looks_like(line, "0000/00/00 00:00:00 [");
}

/* ---- syslog ---- */

bool sign_syslog_pri(struct slice line, const struct parser_memory *memory)
{
    (void)memory;
    return scan_peek(line, 0) == '<' && is_digit(scan_peek(line, 1));
}

static struct slice next_word(struct slice *rest)
{
    scan_blanks(rest);
    return scan_until(rest, ' ');
}

static bool is_host(struct slice word)
{
    if (word.len == 0 || word.len > 255 || level_find(word) != LEVEL_NONE)
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (!is_word(word.data[i]) && !(word.data[i] && strchr(".:-", word.data[i])))
            return false;
    return word.data[word.len - 1] != ':';
}

/* "sshd[123]:" or "kernel:" */
static bool is_tag(struct slice word)
{
    size_t i = 0;

    if (word.len < 2 || word.data[word.len - 1] != ':')
        return false;
    while (i < word.len &&
           (is_word(word.data[i]) || (word.data[i] && strchr("./()-", word.data[i]))))
        i++;
    return i > 0 && (i == word.len - 1 || word.data[i] == '[') &&
           level_find((struct slice){word.data, i}) == LEVEL_NONE;
}

bool sign_syslog_file(struct slice line, const struct parser_memory *memory)
{
    struct slice rest = line, word;

    (void)memory;
    if (is_bsd_time(line)) {
        scan_skip(&rest, 15);
        if (is_digit(scan_peek(rest, 0)) || scan_peek(rest, 0) == ':') /* a year was in it */
            next_word(&rest);
        word = next_word(&rest);
        return is_host(word) || is_tag(word);
    }
    if (!looks_like(line, "0000-00-00T00:00:00"))
        return false;
    next_word(&rest);
    return is_host(next_word(&rest)) && is_tag(next_word(&rest));
}

/* ---- pairs ---- */

/* `key=`; false: a word of another kind. */
static bool scan_key(struct slice *rest)
{
    size_t len = 0;

    while (len < rest->len && (is_word(rest->data[len]) ||
                               (len && rest->data[len] && strchr(".@/-", rest->data[len]))))
        len++;
    if (len == 0 || scan_peek(*rest, len) != '=' || is_digit(rest->data[0]))
        return false;
    scan_skip(rest, len + 1);
    return true;
}

/* Over a value, in quotes or not. */
static void skip_value(struct slice *rest)
{
    if (scan_char(rest, '"'))
        while (rest->len && !scan_char(rest, '"'))
            scan_skip(rest, scan_peek(*rest, 0) == '\\' && rest->len > 1 ? 2 : 1);
    scan_until(rest, ' ');
}

bool sign_logfmt(struct slice line, const struct parser_memory *memory)
{
    struct slice rest = beginning(line);
    unsigned pairs = 0, words = 0;

    (void)memory;
    while (rest.len) {
        scan_blanks(&rest);
        if (rest.len == 0)
            break;
        words++;
        if (scan_key(&rest)) {
            pairs++;
            skip_value(&rest);
        } else if (words == 1) {
            return false;
        } else {
            scan_until(&rest, ' ');
        }
    }
    return pairs >= 2 && pairs * 2 > words;
}

bool sign_text(struct slice line, const struct parser_memory *memory)
{
    (void)line;
    (void)memory;
    return true;
}
