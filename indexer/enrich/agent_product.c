/*
 * agent_product.c - the name that a user agent gives itself, when it is no known browser.
 *
 * RFC 9110, 10.1.5: products (`name/version`) and comments in brackets, the
 * most important first. Those who pose as Mozilla put theirs into the comment
 * behind "compatible;", or last.
 */
#include "common/scope.h"
#include "indexer/enrich/agent_scan.h"

#define WORDS_MAX 4 /* of a name with blanks: more is a sentence */

static bool is_name_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c & 0x80) || (c && strchr(" ._-!+@#&:'~*", c));
}

/* Engines, and what stands beside the product. */
static bool is_filler(struct slice name)
{
    static const char *const fillers[] = {
        "Mozilla", "Gecko",      "AppleWebKit", "KHTML",   "Version",       "Mobile",
        "Safari",  "like Gecko", "compatible",  "Profile", "Configuration", "Presto",
        "http:",   "https:",     "U",           "MSIE"};

    for (size_t i = 0; i < ARRAY_LEN(fillers); i++)
        if (slice_is(name, fillers[i]))
            return true;
    return name.len == 0;
}

/* A product at `at`: its name in *out, and the version behind it. False: none. */
static bool take_product(struct slice text, size_t at, struct agent *out)
{
    size_t start, words = 1;
    struct slice name;

    while (at < text.len && (text.data[at] == ' ' || text.data[at] == '+'))
        at++;
    start = at;
    for (; at < text.len && is_name_char(text.data[at]); at++) {
        if (text.data[at] == ' ' && at + 1 < text.len && text.data[at + 1] >= '0' &&
            text.data[at + 1] <= '9')
            break; /* a version behind a blank */
        words += text.data[at] == ' ';
    }
    name = (struct slice){text.data + start, at - start};
    while (name.len && strchr(" -:+", name.data[name.len - 1]))
        name.len--;
    if (is_filler(name) || words > WORDS_MAX || name.len >= sizeof(out->name))
        return false;
    AGENT_PUT(out->name, name);
    out->version[0] = '\0';
    AGENT_PUT_VERSION(out->version, text, at);
    return true;
}

/* The last product outside of brackets. */
static bool take_last(struct slice text, struct agent *out)
{
    size_t at = text.len;

    while (at && text.data[at - 1] != ')')
        at--;
    return at > 0 && at < text.len && take_product(text, at, out);
}

void agent_find_product(struct slice text, struct agent *out)
{
    const char *compatible;
    size_t at;

    out->name[0] = out->version[0] = '\0';
    if (text.len < 8 || strncasecmp(text.data, "Mozilla/", 8) != 0) {
        take_product(text, 0, out);
        return;
    }
    compatible = memmem(text.data, text.len, "compatible", 10);
    if (compatible) {
        at = (size_t)(compatible - text.data) + 10;
        while (at < text.len && strchr("; ,", text.data[at]) && text.data[at])
            at++;
        if (take_product(text, at, out))
            return;
    }
    take_last(text, out);
}
