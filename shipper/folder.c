/*
 * folder.c - the files of a configuration folder, and folders of the state.
 */
#include "shipper/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/scope.h"

#define READ_BYTES (16u << 10)

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name), end = strlen(suffix);

    return len > end && strcmp(name + len - end, suffix) == 0;
}

static void free_entries(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

enum status folder_each(const char *folder, const char *suffix,
                        enum status (*each)(void *arg, const char *path, struct error *err),
                        void *arg, struct error *err)
{
    struct dirent **entries = NULL;
    enum status status = OK;
    int count = scandir(folder, &entries, NULL, alphasort);

    if (count < 0)
        return error_set_errno(err, REJECT, "cannot read the folder '%s'", folder);
    for (int i = 0; i < count && status == OK; i++) {
        scoped_free char *path = NULL;

        if (entries[i]->d_name[0] == '.' || !ends_with(entries[i]->d_name, suffix))
            continue;
        if (asprintf(&path, "%s/%s", folder, entries[i]->d_name) < 0) {
            path = NULL;
            status = error_set(err, FATAL, "out of memory");
            break;
        }
        status = each(arg, path, err);
    }
    free_entries(entries, count);
    return status;
}

enum status folder_read(const char *path, struct buf *text, struct error *err)
{
    /* Not blocked by a pipe that somebody put there. */
    scoped_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    ssize_t n;
    char *room;

    if (fd < 0 || fstat(fd, &info) != 0)
        return error_set_errno(err, REJECT, "cannot read '%s'", path);
    if (!S_ISREG(info.st_mode))
        return error_set(err, REJECT, "cannot read '%s': it is no file", path);
    do {
        room = buf_reserve(text, READ_BYTES);
        if (!room)
            return error_set(err, REJECT, "'%s' is larger than %zu bytes", path,
                             text->max - READ_BYTES);
        n = read(fd, room, READ_BYTES);
        if (n < 0 && errno != EINTR)
            return error_set_errno(err, REJECT, "cannot read '%s'", path);
        text->len += n > 0 ? (size_t)n : 0;
    } while (n != 0);
    return OK;
}

const char *folder_make(char *path, mode_t mode)
{
    for (char *p = path + 1;; p++) {
        char c = *p;

        if (c != '/' && c != '\0')
            continue;
        *p = '\0';
        if (mkdir(path, mode) != 0 && errno != EEXIST)
            return path;
        if (c == '\0')
            return NULL;
        *p = c;
    }
}
