/*
 * agent_table.h - the words by which browsers, systems and kinds of device are known.
 *
 * Patterns are written as literals.h says. In each table the first row that is
 * found decides, whatever stands first in the text: who builds on another's
 * engine names it too, so those who are named by nobody come first. To teach
 * it a browser: a row above the one that it is taken for.
 */
#ifndef INDEXER_ENRICH_AGENT_TABLE_H
#define INDEXER_ENRICH_AGENT_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* Where the version stands. */
enum agent_version {
    VERSION_BEHIND,   /* behind the pattern, after at most one of "/ _-:[(" and a "v" */
    VERSION_TAG,      /* behind "Version/" if there is one, else behind the pattern */
    VERSION_FACEBOOK, /* behind "FBAV/" */
    VERSION_RV,       /* behind "rv:" */
    VERSION_NONE,
};

enum agent_rule {
    RULE_NONE,        /* what the words around decide on top: nothing */
    RULE_SAYS_MOBILE, /* `mobile` only where the text says so */
    RULE_CHROME,
    RULE_SAFARI,
    RULE_WEBKIT,
    RULE_FIREFOX,
    RULE_MSIE,
    RULE_OPERA,
};

struct agent_browser {
    const char *pattern;
    const char *name, *mobile; /* `mobile` on phones and tablets; NULL: the same */
    enum agent_version version;
    enum agent_rule rule;
};

enum agent_system_kind {
    SYSTEM_OTHER,
    SYSTEM_ANDROID,
    SYSTEM_IOS,
    SYSTEM_MAC,
    SYSTEM_WINDOWS,
    SYSTEM_PHONE,
    SYSTEM_DARWIN,
    SYSTEM_CHROMEOS,
    SYSTEM_DESKTOP,
    SYSTEM_TV
};

struct agent_system {
    const char *pattern, *name;
    const char *version; /* NULL: what stands behind the pattern */
    enum agent_system_kind kind;
};

struct agent_class {
    const char *pattern, *name; /* of the class */
    const char *device;         /* its device.name; NULL: not known by it */
};

/* Words that say nothing alone. */
enum agent_sign {
    SIGN_MOBILE,
    SIGN_TABLET,
    SIGN_VERSION,
    SIGN_WEBVIEW,
    SIGN_CHROME,
    SIGN_SAFARI,
    SIGN_RV,
    SIGN_TRIDENT,
    SIGN_MSIE,
    SIGN_FBAV,
    SIGN_FBDV,
    SIGN_FBSV,
    SIGN_BUILD,
    SIGN_MOZILLA,
    SIGN_COMPATIBLE,
    SIGN_TOUCH,
    SIGN_ARM,
    SIGN_X86,
    SIGN_OPERA,
    SIGN_ANDROID,
    SIGNS
};

extern const struct agent_browser agent_browsers[];
extern const struct agent_system agent_systems[];
extern const struct agent_class agent_classes[];
extern const char *const agent_signs[SIGNS];
extern const size_t agent_browser_count, agent_system_count, agent_class_count;

#endif
