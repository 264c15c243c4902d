/*
 * agent_device.c - the device that a user agent names, and of which class it is.
 */
#include <stdio.h>

#include "common/scope.h"
#include "indexer/enrich/agent_scan.h"

static struct slice trim(struct slice s)
{
    while (s.len && (s.data[0] == ' ' || s.data[0] == '_'))
        s = (struct slice){s.data + 1, s.len - 1};
    while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '_'))
        s.len--;
    return s;
}

static bool begins(struct slice s, const char *prefix)
{
    size_t len = strlen(prefix);

    return s.len >= len && strncasecmp(s.data, prefix, len) == 0;
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* "en", "de-at", "zh_CN": a language. */
static bool is_language(struct slice s)
{
    if (s.len < 2 || !is_letter(s.data[0]) || !is_letter(s.data[1]))
        return false;
    if (s.len == 2)
        return s.data[0] >= 'a' || s.data[1] >= 'a';
    return (s.len == 5 || s.len == 6) && (s.data[2] == '-' || s.data[2] == '_') &&
           is_letter(s.data[3]) && is_letter(s.data[4]) && s.data[0] >= 'a';
}

/* What stands between the semicolons beside the model. */
static bool is_model(struct slice item)
{
    static const char *const others[] = {"rv:",       "HMSCore",     "Android", "Linux",
                                         "Chrome/",   "GMSCore",     "arm_64",  "OpenHarmony",
                                         "Version/",  "ReactNative", "Mobile;", "compatible",
                                         "HarmonyOS", "Opera ",      "en-"};
    static const char *const words[] = {"U",   "I",   "N",      "wv",    "K",  "Mobile", "Tablet",
                                        "arm", "x86", "x86_64", "Touch", "TV", "gzip",   "unknown"};

    if (item.len < 2 || is_language(item))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (begins(item, others[i]))
            return false;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (item.len == strlen(words[i]) && begins(item, words[i]))
            return false;
    return true;
}

/* The next item from *at on, up to a semicolon or the bracket that closes; false: no more. */
static bool next_item(struct slice text, size_t *at, struct slice *out)
{
    size_t start = *at;
    int depth = 0;

    if (start >= text.len || text.data[start] == ')')
        return false;
    for (; *at < text.len; ++*at) {
        char c = text.data[*at];

        if (c == ';' || (c == ')' && depth == 0))
            break;
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    }
    *out = trim((struct slice){text.data + start, *at - start});
    if (*at < text.len && text.data[*at] == ';')
        ++*at;
    return true;
}

/* "SM-G960F Build/R16NW" is made of a model and what runs on it. */
static struct slice cut_build(struct slice item)
{
    for (size_t at = 0; at + 6 <= item.len; at++)
        if (strncasecmp(item.data + at, "Build/", 6) == 0)
            return trim((struct slice){item.data, at});
    return item;
}

/* Makers whose models do not say whose they are. */
static void put_maker_and_model(struct agent *out, struct slice model)
{
    static const struct {
        const char *begin, *maker;
        size_t skip; /* of the model's own */
    } makers[] = {
        {"SAMSUNG-", "Samsung ", 8}, {"SAMSUNG ", "Samsung ", 8}, {"SM-", "Samsung ", 0},
        {"GT-", "Samsung ", 0},      {"SGH-", "Samsung ", 0},     {"SCH-", "Samsung ", 0},
        {"SPH-", "Samsung ", 0},     {"SHV-", "Samsung ", 0},     {"SHW-", "Samsung ", 0},
        {"Galaxy ", "Samsung ", 0},  {"Redmi", "XiaoMi ", 0},     {"MI ", "XiaoMi ", 0},
        {"MIX ", "XiaoMi ", 0},      {"POCO", "XiaoMi ", 0},      {"HM NOTE", "XiaoMi ", 0},
        {"moto ", "Motorola ", 0},   {"DROID", "Motorola ", 0},   {"LG-", "LG ", 3},
        {"LGE ", "LG ", 4},          {"LM-", "LG ", 0},           {"KF", "Kindle ", 0},
        {"Lumia", "Nokia ", 0},      {"IM-A", "Pantech ", 0},     {"HS-", "Hisense ", 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
        if (!begins(model, makers[i].begin) || model.len <= strlen(makers[i].begin))
            continue;
        snprintf(out->device_name, sizeof(out->device_name), "%s%.*s", makers[i].maker,
                 (int)(model.len - makers[i].skip), model.data + makers[i].skip);
        return;
    }
    AGENT_PUT(out->device_name, model);
}

static void put_model(struct agent *out, struct slice model)
{
    put_maker_and_model(out, model);
    for (char *p = out->device_name; *p; p++)
        *p = *p == '_' ? ' ' : *p;
}

/* Phones of old begin with their names: "Nokia6230/2.0", "SAMSUNG-SGH-X486". */
static void find_old_phone(const struct agent_scan *scan, struct agent *out)
{
    size_t len = 0;

    while (len < scan->text.len && !strchr("/ ;(,", scan->text.data[len]))
        len++;
    if (len > 2 && len < sizeof(out->device_name) && !begins(scan->text, "UCWEB"))
        put_model(out, (struct slice){scan->text.data, len});
}

/* The first item behind the system's that can be a model. */
static void find_model(const struct agent_scan *scan, struct agent *out)
{
    size_t at = scan->signs[SIGN_ANDROID] ? scan->signs[SIGN_ANDROID] : scan->system_end;
    struct slice item;

    if (!next_item(scan->text, &at, &item)) /* its version */
        return;
    while (next_item(scan->text, &at, &item)) {
        item = cut_build(item);
        if (is_model(item)) {
            put_model(out, item);
            return;
        }
    }
}

/* Windows Phone ends with maker and model: "NOKIA; Lumia 920)". */
static void find_windows_phone(const struct agent_scan *scan, struct agent *out)
{
    size_t at = scan->system_end;
    struct slice item, last = {NULL, 0}, before = {NULL, 0};

    while (next_item(scan->text, &at, &item)) {
        if (!is_model(item) || begins(item, "Trident") || begins(item, "IEMobile") ||
            begins(item, "ARM") || (item.data[0] >= '0' && item.data[0] <= '9'))
            continue;
        before = last;
        last = item;
    }
    if (last.len && before.len)
        snprintf(out->device_name, sizeof(out->device_name), "%.*s %.*s", SLICE_FMT(before),
                 SLICE_FMT(last));
}

static const char *class_of(const struct agent_scan *scan)
{
    bool is_mobile = scan->signs[SIGN_MOBILE], is_tablet = scan->signs[SIGN_TABLET];

    if (scan->device)
        return scan->device->name;
    switch (scan->system ? scan->system->kind : SYSTEM_OTHER) {
    case SYSTEM_ANDROID: /* a browser on a tablet does not call itself mobile */
        return is_tablet || (!is_mobile && scan->signs[SIGN_MOZILLA] && scan->signs[SIGN_SAFARI])
                   ? "tablet"
                   : "mobile";
    case SYSTEM_IOS:
    case SYSTEM_PHONE:
        return is_tablet ? "tablet" : "mobile";
    case SYSTEM_TV:
        return "tv";
    case SYSTEM_DARWIN:
        return scan->signs[SIGN_X86] ? "desktop" : "mobile";
    case SYSTEM_MAC:
    case SYSTEM_WINDOWS:
    case SYSTEM_CHROMEOS:
        return "desktop";
    case SYSTEM_DESKTOP:
        return is_tablet ? "tablet" : is_mobile ? "mobile" : "desktop";
    case SYSTEM_OTHER:
        break;
    }
    return is_tablet ? "tablet" : is_mobile ? "mobile" : "";
}

/* "KFTT", "KFMAWI": Amazon's tablets run Android as phones do. */
static bool is_kindle(const struct agent *out)
{
    return strncmp(out->device_name, "Kindle KF", 9) == 0;
}

void agent_find_device(const struct agent_scan *scan, struct agent *out)
{
    enum agent_system_kind kind = scan->system ? scan->system->kind : SYSTEM_OTHER;

    if (scan->device && scan->device->device)
        AGENT_PUT(out->device_name, slice_of(scan->device->device));
    else if (kind == SYSTEM_ANDROID)
        find_model(scan, out);
    else if (kind == SYSTEM_MAC)
        AGENT_PUT(out->device_name, SLICE("Mac"));
    else if (kind == SYSTEM_PHONE && strcmp(scan->system->name, "Windows Phone") == 0)
        find_windows_phone(scan, out);
    else if (!scan->signs[SIGN_MOZILLA] && kind != SYSTEM_IOS && scan->device &&
             strcmp(scan->device->name, "mobile") == 0 && !scan->signs[SIGN_OPERA])
        find_old_phone(scan, out);
    AGENT_PUT(out->device_class, slice_of(is_kindle(out) ? "tablet" : class_of(scan)));
}
