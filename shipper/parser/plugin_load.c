/*
 * plugin_load.c - shared objects of a folder, and whether they may be trusted.
 */
#include "shipper/parser/plugin_load.h"

#include <ctype.h>
#include <dlfcn.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shipper/dataset.h"

#define FORMATS_MAX  100
#define NAME_LEN_MAX 60

/* NULL, or why it must not be trusted. */
static const char *distrust(const struct stat *info)
{
    if (info->st_uid != 0 && info->st_uid != geteuid())
        return "it belongs to another user than root and the agent's";
    if (info->st_mode & (S_IWGRP | S_IWOTH))
        return "others may write to it";
    return NULL;
}

enum status plugin_folder_check(const char *folder, struct error *err)
{
    struct stat info;
    const char *why;

    if (*folder != '/')
        return error_set(err, REJECT, "'%s' is not absolute; expected a path that begins with /",
                         folder);
    if (stat(folder, &info) != 0)
        return error_set_errno(err, REJECT, "cannot read the folder '%s'", folder);
    if (!S_ISDIR(info.st_mode))
        return error_set(err, REJECT, "'%s' is no folder", folder);
    why = distrust(&info);
    return why ? error_set(err, REJECT, "plugins of '%s' are not loaded: %s", folder, why) : OK;
}

static bool is_name(const char *name)
{
    size_t len = strlen(name);

    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
            return false;
    return len > 0 && len <= NAME_LEN_MAX;
}

/* NULL, or what is wrong with the table. */
static const char *check_table(const struct alpex_plugin *table)
{
    const struct alpex_format *format;

    if (!table || table->abi != ALPEX_PLUGIN_ABI)
        return "it is made for another version";
    if (table->size < sizeof(*table) || !table->formats || !table->open || !table->parse ||
        !table->close)
        return "its table is not complete";
    for (format = table->formats; format->name; format++) {
        if (format - table->formats >= FORMATS_MAX)
            return "its list of formats has no end";
        if (!is_name(format->name) || !format->help)
            return "a format has no proper name, or no help";
        if (!format->dataset || !dataset_is_valid(format->dataset))
            return "a format has no proper dataset; expected " DATASET_EXPECTED;
    }
    return format == table->formats ? "it has no formats" : NULL;
}

static enum status check_file(const char *path, struct error *err)
{
    struct stat info;
    const char *why;

    if (lstat(path, &info) != 0)
        return error_set_errno(err, REJECT, "cannot read '%s'", path);
    why = S_ISREG(info.st_mode) ? distrust(&info) : "it is no file";
    return why ? error_set(err, REJECT, "'%s' is not loaded: %s", path, why) : OK;
}

enum status plugin_load(const char *path, struct plugin *out, struct error *err)
{
    const struct alpex_plugin *(*table)(uint32_t abi);
    struct plugin plugin;
    const char *why;

    if (check_file(path, err))
        return REJECT;
    plugin.object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!plugin.object)
        return error_set(err, REJECT, "'%s' is not loaded: %s", path, dlerror());
    *(void **)&table = dlsym(plugin.object, ALPEX_PLUGIN_SYMBOL);
    plugin.table = table ? table(ALPEX_PLUGIN_ABI) : NULL;
    why = table ? check_table(plugin.table) : "it has no " ALPEX_PLUGIN_SYMBOL;
    if (why) {
        error_set(err, REJECT, "'%s' is not loaded: %s", path, why);
        dlclose(plugin.object);
        return REJECT;
    }
    *out = plugin;
    return OK;
}

void plugin_unload(struct plugin *plugin)
{
    if (plugin->object)
        dlclose(plugin->object);
    *plugin = (struct plugin){0};
}
