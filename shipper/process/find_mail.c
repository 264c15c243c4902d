/*
 * find_mail.c - e-mail addresses in a text, percent-encoded ones among them.
 */
#include "shipper/process/scan.h"

#define LOCAL_MAX  200 /* bytes looked back, encoded; 64 are allowed (RFC 5321) */
#define DOMAIN_MAX 255
#define MAIL_MAX   512 /* bytes of the form that is hashed */

static bool is_local(int c)
{
    return scan_is_word((char)c) || (c && strchr(".!#$&'*+/^_`{|}~-", c));
}

/* Those that are delimiters of URLs and texts more often than parts of an address are left out. */
static bool is_usual_local(int c)
{
    return scan_is_word((char)c) || (c && strchr("._+'~-", c));
}

static const char *find_local(const struct scan *scan, const char *at)
{
    const char *p = at;

    while (p > scan->floor && at - p < LOCAL_MAX) {
        int byte = p - scan->floor >= 3 ? scan_hex(p - 3, p) : -1;

        if (byte > 0 && is_local(byte) && !strchr("&/?#", byte))
            p -= 3;
        else if (byte < 0 && is_usual_local((unsigned char)p[-1]))
            p--;
        else
            break;
    }
    while (p < at && (*p == '.' || *p == '-' || *p == '\''))
        p++;
    return p;
}

/* logo@2x.png, and what package managers name so. */
static bool is_file_ending(struct slice label)
{
    static const char *const endings[] = {"png", "jpg",  "jpeg", "gif", "webp", "svg", "avif",
                                          "css", "js",   "mjs",  "ico", "tgz",  "gz",  "html",
                                          "htm", "json", "map",  "bmp", "woff", "ttf", "php"};

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (label.len == strlen(endings[i]) && strncasecmp(label.data, endings[i], label.len) == 0)
            return true;
    return false;
}

static bool is_top_level(struct slice label)
{
    if (label.len < 2 || is_file_ending(label))
        return false;
    if (label.len > 4 && strncasecmp(label.data, "xn--", 4) == 0)
        return true;
    for (size_t i = 0; i < label.len; i++)
        if (!scan_is_word(label.data[i]) || (label.data[i] >= '0' && label.data[i] <= '9'))
            return false;
    return true;
}

/* Labels with dots between them; returns where they end, or NULL when they are no domain. */
static const char *find_domain(const char *p, const char *end)
{
    const char *start = p, *label = p, *good = NULL;

    if (end - p > DOMAIN_MAX)
        end = p + DOMAIN_MAX;
    while (p < end) {
        while (p < end && (scan_is_word(*p) || *p == '-'))
            p++;
        if (p == label)
            break;
        if (label > start && is_top_level((struct slice){label, (size_t)(p - label)}))
            good = p;
        else if (label > start && (p == end || *p != '.'))
            return good; /* a.example.org.1: up to org */
        if (p == end || *p != '.')
            break;
        label = ++p;
    }
    return good;
}

/* Decoded and in lower case: one person, one hash. */
static size_t usual_form(const char *p, const char *at, size_t at_len, const char *end, char *out)
{
    size_t len = 0;

    while (p < end && len < MAIL_MAX) {
        int byte = scan_hex(p, end);

        if (p == at) {
            out[len++] = '@';
            p += at_len;
        } else {
            out[len] = byte >= 0 ? (char)byte : *p;
            if (out[len] >= 'A' && out[len] <= 'Z')
                out[len] |= 0x20;
            len++;
            p += byte >= 0 ? 3 : 1;
        }
    }
    return len;
}

const char *find_mail(struct scan *scan, const char *at, size_t at_len)
{
    char form[MAIL_MAX];
    const char *from = find_local(scan, at), *end = find_domain(at + at_len, scan->end);
    size_t len;

    if (from == at || !end)
        return NULL;
    len = usual_form(from, at, at_len, end, form);
    scan_replace(scan, from, end, SECRET_EMAIL, (struct slice){form, len});
    return end;
}
