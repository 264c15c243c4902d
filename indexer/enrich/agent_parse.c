/*
 * agent_parse.c - what a user agent says of browser, system and device.
 */
#include "indexer/enrich/agent_parse.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/scope.h"
#include "indexer/enrich/agent_scan.h"
#include "indexer/enrich/literals.h"

#define HITS_MAX 128 /* usual agents have some ten */

struct agent_parser {
    struct literals *literals; /* browsers, systems, classes, signs, in this order */
};

enum status agent_parser_open(struct agent_parser **out, struct error *err)
{
    size_t count = agent_browser_count + agent_system_count + agent_class_count + SIGNS, n = 0;
    scoped_free struct slice *patterns = calloc(count, sizeof(*patterns));
    struct agent_parser *parser = calloc(1, sizeof(*parser));

    if (!patterns || !parser) {
        free(parser);
        return error_set(err, FATAL, "out of memory");
    }
    for (size_t i = 0; i < agent_browser_count; i++)
        patterns[n++] = slice_of(agent_browsers[i].pattern);
    for (size_t i = 0; i < agent_system_count; i++)
        patterns[n++] = slice_of(agent_systems[i].pattern);
    for (size_t i = 0; i < agent_class_count; i++)
        patterns[n++] = slice_of(agent_classes[i].pattern);
    for (size_t i = 0; i < SIGNS; i++)
        patterns[n++] = slice_of(agent_signs[i]);
    if (literals_open(patterns, count, &parser->literals, err)) {
        free(parser);
        return err->status;
    }
    *out = parser;
    return OK;
}

void agent_parser_close(struct agent_parser *parser)
{
    if (parser)
        literals_close(parser->literals);
    free(parser);
}

void agent_put(char *out, size_t room, struct slice s)
{
    size_t len = s.len < room ? s.len : room - 1;

    if (len)
        memcpy(out, s.data, len);
    out[len] = '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool agent_put_version(char *out, size_t room, struct slice text, size_t at)
{
    size_t len = 0;

    if (at < text.len && strchr("/ _-:[(", text.data[at]) && text.data[at])
        at++;
    if (at < text.len && (text.data[at] | 0x20) == 'v')
        at++;
    if (at >= text.len || !is_digit(text.data[at]))
        return false;
    for (; at < text.len && len + 1 < room; at++) {
        char c = text.data[at];

        if (!is_digit(c) && c != '.' && c != '_')
            break;
        out[len++] = c == '_' ? '.' : c;
    }
    while (len && out[len - 1] == '.')
        len--;
    out[len] = '\0';
    return true;
}

/* "Tablet PC" is what Windows calls itself on a desk, too. */
static bool is_tablet_pc(struct slice text, uint32_t end)
{
    return text.len - end >= 3 && memcmp(text.data + end, " PC", 3) == 0;
}

static void take_sign(struct agent_scan *scan, size_t sign, uint32_t end)
{
    if (scan->signs[sign] || (sign == SIGN_TABLET && is_tablet_pc(scan->text, end)))
        return;
    scan->signs[sign] = end;
}

static void take_hit(struct agent_scan *scan, size_t row, uint32_t end)
{
    if (row < agent_browser_count) {
        if (!scan->browser || &agent_browsers[row] < scan->browser) {
            scan->browser = &agent_browsers[row];
            scan->browser_end = end;
        }
        return;
    }
    row -= agent_browser_count;
    if (row < agent_system_count) {
        if (!scan->system || &agent_systems[row] < scan->system) {
            scan->system = &agent_systems[row];
            scan->system_end = end;
        }
        return;
    }
    row -= agent_system_count;
    if (row < agent_class_count) {
        if (!scan->device || &agent_classes[row] < scan->device)
            scan->device = &agent_classes[row];
        return;
    }
    take_sign(scan, row - agent_class_count, end);
}

/* From iOS 8 and Mac OS X 10.0 on the kernel's version counts with the system's. */
static void put_darwin(const struct agent_scan *scan, struct agent *out)
{
    int kernel = 0;

    for (size_t at = scan->system_end; at < scan->text.len && is_digit(scan->text.data[at]); at++)
        kernel = kernel < 1000 ? kernel * 10 + (scan->text.data[at] - '0') : kernel;
    if (scan->signs[SIGN_X86] || memmem(scan->text.data, scan->text.len, "Mac", 3)) {
        AGENT_PUT(out->os_name, SLICE("Mac OS X"));
        if (kernel >= 20 && kernel < 25)
            snprintf(out->os_version, sizeof(out->os_version), "%d", kernel - 9);
        else if (kernel >= 25 && kernel < 100)
            snprintf(out->os_version, sizeof(out->os_version), "%d", kernel + 1);
        else if (kernel >= 5 && kernel < 20)
            snprintf(out->os_version, sizeof(out->os_version), "10.%d", kernel - 4);
        return;
    }
    AGENT_PUT(out->os_name, SLICE("iOS"));
    if (kernel >= 14 && kernel < 25)
        snprintf(out->os_version, sizeof(out->os_version), "%d", kernel - 6);
    else if (kernel >= 25 && kernel < 100)
        snprintf(out->os_version, sizeof(out->os_version), "%d", kernel + 1);
}

/* "CrOS x86_64 14541.0.0": the architecture stands between. */
static void put_chromeos_version(const struct agent_scan *scan, struct agent *out)
{
    size_t at = scan->system_end;

    while (at < scan->text.len && scan->text.data[at] == ' ')
        at++;
    while (at < scan->text.len && scan->text.data[at] != ' ' && scan->text.data[at] != ')')
        at++;
    AGENT_PUT_VERSION(out->os_version, scan->text, at);
}

static bool is_windows_rt(const struct agent_scan *scan)
{
    return scan->signs[SIGN_ARM] && scan->signs[SIGN_TRIDENT] &&
           strncmp(scan->system->version, "8", 1) == 0;
}

/* Apple's browser of the desk is asked for by these on tablets; theirs run nowhere else. */
static bool is_ios_browser(const struct agent_scan *scan)
{
    static const char *const names[] = {"Chrome Mobile iOS", "Firefox iOS", "Edge Mobile"};

    for (size_t i = 0; scan->browser && i < ARRAY_LEN(names); i++)
        if (strcmp(scan->browser->name, names[i]) == 0)
            return true;
    return false;
}

static void put_system_version(const struct agent_scan *scan, struct agent *out)
{
    const struct agent_system *system = scan->system;

    if (system->kind == SYSTEM_CHROMEOS)
        put_chromeos_version(scan, out);
    else if (!system->version)
        AGENT_PUT_VERSION(out->os_version, scan->text, scan->system_end);
    else if (system->kind == SYSTEM_WINDOWS && is_windows_rt(scan))
        snprintf(out->os_version, sizeof(out->os_version), "RT%s",
                 strcmp(system->version, "8.1") == 0 ? " 8.1" : "");
    else
        AGENT_PUT(out->os_version, slice_of(system->version));
    if (!out->os_version[0] && strcmp(system->name, "BlackBerry OS") == 0)
        AGENT_PUT_VERSION(out->os_version, scan->text, scan->signs[SIGN_VERSION]);
    if (!out->os_version[0] && system->kind == SYSTEM_IOS && scan->signs[SIGN_FBSV])
        AGENT_PUT_VERSION(out->os_version, scan->text, scan->signs[SIGN_FBSV]);
}

static void find_system(const struct agent_scan *scan, struct agent *out)
{
    if (!scan->system) {
        if (scan->browser && scan->browser->rule == RULE_FIREFOX &&
            (scan->signs[SIGN_MOBILE] || scan->signs[SIGN_TABLET]))
            AGENT_PUT(out->os_name, SLICE("Firefox OS"));
    } else if (scan->system->kind == SYSTEM_DARWIN) {
        put_darwin(scan, out);
    } else if (scan->system->kind == SYSTEM_MAC && is_ios_browser(scan)) {
        AGENT_PUT(out->os_name, SLICE("iOS"));
    } else {
        AGENT_PUT(out->os_name, slice_of(scan->system->name));
        put_system_version(scan, out);
    }
    if (out->os_name[0])
        snprintf(out->os_full, sizeof(out->os_full), "%s%s%s", out->os_name,
                 out->os_version[0] ? " " : "", out->os_version);
}

static enum agent_system_kind system_kind(const struct agent_scan *scan)
{
    return scan->system ? scan->system->kind : SYSTEM_OTHER;
}

static bool is_handheld(const struct agent_scan *scan)
{
    enum agent_system_kind kind = system_kind(scan);

    return scan->signs[SIGN_MOBILE] || scan->signs[SIGN_TABLET] || kind == SYSTEM_ANDROID ||
           kind == SYSTEM_IOS || kind == SYSTEM_PHONE;
}

/* What apps show pages with is Chrome that gives its version twice. */
static void name_chrome(const struct agent_scan *scan, struct agent *out)
{
    if (system_kind(scan) == SYSTEM_ANDROID &&
        (scan->signs[SIGN_WEBVIEW] || (scan->signs[SIGN_VERSION] && scan->signs[SIGN_SAFARI])))
        AGENT_PUT(out->name, SLICE("Chrome Mobile WebView"));
}

/* What others' systems ship calls itself Safari as well. */
static void name_safari(const struct agent_scan *scan, struct agent *out)
{
    static const char *const own[][2] = {
        {"BlackBerry OS", "BlackBerry WebKit"},
        {"BlackBerry Tablet OS", "BlackBerry WebKit"},
        {"Symbian OS", "Nokia Browser"},
        {"webOS", "webOS Browser"},
        {"MeeGo", "Nokia Browser"},
        {"Tizen", "Tizen Browser"},
    };

    if (!scan->signs[SIGN_VERSION])
        out->version[0] = '\0'; /* what stands there is the engine's */
    if (system_kind(scan) == SYSTEM_ANDROID) {
        AGENT_PUT(out->name, SLICE("Android"));
        AGENT_PUT(out->version, slice_of(out->os_version));
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (strcmp(out->os_name, own[i][0]) == 0)
            AGENT_PUT(out->name, slice_of(own[i][1]));
    if (system_kind(scan) == SYSTEM_IOS && !scan->signs[SIGN_VERSION])
        AGENT_PUT(out->name, SLICE("Mobile Safari UI/WKWebView"));
}

/* The engine without a browser: what an app shows in a window of its own. */
static void name_webkit(const struct agent_scan *scan, struct agent *out)
{
    switch (system_kind(scan)) {
    case SYSTEM_IOS:
        AGENT_PUT(out->name, SLICE("Mobile Safari UI/WKWebView"));
        out->version[0] = '\0';
        break;
    case SYSTEM_MAC:
        AGENT_PUT(out->name, SLICE("Apple Mail"));
        break;
    case SYSTEM_ANDROID:
        AGENT_PUT(out->name, SLICE("Android"));
        AGENT_PUT(out->version, slice_of(out->os_version));
        break;
    default:
        agent_find_product(scan->text, out);
    }
}

/* In compatibility view it gives an older version; the engine tells the truth. */
static void correct_msie(const struct agent_scan *scan, struct agent *out)
{
    size_t at = scan->signs[SIGN_TRIDENT];

    if (at && at < scan->text.len && scan->text.data[at] >= '4' && scan->text.data[at] <= '7' &&
        strcmp(out->version, "7.0") == 0)
        snprintf(out->version, sizeof(out->version), "%d.0", scan->text.data[at] - '0' + 4);
}

static void correct_opera(const struct agent_scan *scan, struct agent *out)
{
    if (scan->signs[SIGN_VERSION])
        AGENT_PUT_VERSION(out->version, scan->text, scan->signs[SIGN_VERSION]);
    else if (scan->signs[SIGN_OPERA])
        AGENT_PUT_VERSION(out->version, scan->text, scan->signs[SIGN_OPERA]);
}

static void put_browser_version(const struct agent_scan *scan, struct agent *out)
{
    static const enum agent_sign elsewhere[] = {
        [VERSION_TAG] = SIGN_VERSION, [VERSION_FACEBOOK] = SIGN_FBAV, [VERSION_RV] = SIGN_RV};
    size_t at = scan->browser_end;

    switch (scan->browser->version) {
    case VERSION_NONE:
        return;
    case VERSION_BEHIND:
        break;
    case VERSION_TAG:
        if (scan->signs[SIGN_VERSION])
            at = scan->signs[SIGN_VERSION];
        break;
    case VERSION_FACEBOOK:
    case VERSION_RV:
        at = scan->signs[elsewhere[scan->browser->version]];
        if (at == 0)
            return;
    }
    AGENT_PUT_VERSION(out->version, scan->text, at);
}

static const char *browser_name(const struct agent_scan *scan)
{
    const struct agent_browser *browser = scan->browser;
    bool says = browser->rule == RULE_SAYS_MOBILE || browser->rule == RULE_CHROME;

    if (!browser->mobile)
        return browser->name;
    return (says ? scan->signs[SIGN_MOBILE] != 0 : is_handheld(scan)) ? browser->mobile
                                                                      : browser->name;
}

static void find_browser(const struct agent_scan *scan, struct agent *out)
{
    const struct agent_browser *browser = scan->browser;

    if (!browser) {
        agent_find_product(scan->text, out);
        return;
    }
    AGENT_PUT(out->name, slice_of(browser_name(scan)));
    put_browser_version(scan, out);
    switch (browser->rule) {
    case RULE_CHROME:
        name_chrome(scan, out);
        break;
    case RULE_SAFARI:
        name_safari(scan, out);
        break;
    case RULE_WEBKIT:
        name_webkit(scan, out);
        break;
    case RULE_MSIE:
        correct_msie(scan, out);
        break;
    case RULE_OPERA:
        correct_opera(scan, out);
        break;
    case RULE_FIREFOX:
    case RULE_SAYS_MOBILE:
    case RULE_NONE:
        break;
    }
}

void agent_parse(const struct agent_parser *parser, struct slice text, struct agent *out)
{
    struct agent_scan scan = {.text = text};
    struct literals_hit hits[HITS_MAX];
    size_t count;

    memset(out, 0, sizeof(*out));
    if (scan.text.len > AGENT_LOOK_MAX)
        scan.text.len = AGENT_LOOK_MAX;
    count = literals_find(parser->literals, scan.text, hits, HITS_MAX);
    for (size_t i = 0; i < count; i++)
        take_hit(&scan, hits[i].pattern, hits[i].end);
    find_system(&scan, out);
    find_browser(&scan, out);
    agent_find_device(&scan, out);
}
