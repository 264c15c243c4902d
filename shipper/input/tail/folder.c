/*
 * folder.c - `type: folder`: a file is complete, and then kept, deleted or moved.
 *
 * Here a name is a name: a.log.1 is no older a.log. A file is who it is by name
 * and content: the same content under the same name is recognised and not read
 * twice, under another name it is another file.
 */
#include "shipper/input/tail/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/metrics.h"
#include "common/scope.h"

#define MOVE      "move:"
#define NAMES_MAX 1000 /* of one file in the folder that it is moved to */

int64_t tail_complete_after_ms(const struct tail *tail)
{
    return tail->config->complete_after_ms ? (int64_t)*tail->config->complete_after_ms
                                           : INPUT_COMPLETE_AFTER_MS;
}

/* Nobody wrote to it, or put something else in its place, since everything of it was acknowledged.
 */
static bool is_as_read(const struct tail_file *file)
{
    struct tail_sight sight;

    return tail_see(AT_FDCWD, tail_place(file), &sight) && sight.device == file->device &&
           sight.inode == file->inode && sight.modified_ns == file->modified_ns &&
           sight.size == (file->entry ? file->entry->size : file->size);
}

static bool copy_bytes(int from, int to)
{
    ssize_t n;

    do
        n = sendfile(to, from, NULL, 16 << 20);
    while (n > 0 || (n < 0 && errno == EINTR));
    return n == 0 && fsync(to) == 0;
}

/* To another file system. The name is there once all of it is. */
static bool copy_over(struct tail *tail, struct tail_file *file, const char *to)
{
    scoped_free char *part = NULL;
    struct stat st;
    int fd = -1;
    bool done;

    if (!tail_file_open(tail, file) || fstat(content_fd(file->content), &st) != 0 ||
        lseek(content_fd(file->content), 0, SEEK_SET) || asprintf(&part, "%s.part", to) < 0)
        return false;
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, st.st_mode & 0777);
    done = fd >= 0 && copy_bytes(content_fd(file->content), fd);
    if (fd >= 0)
        futimens(fd, (struct timespec[]){st.st_atim, st.st_mtim});
    done = done && renameat2(AT_FDCWD, part, AT_FDCWD, to, RENAME_NOREPLACE) == 0 &&
           unlink(tail_place(file)) == 0;
    if (fd >= 0)
        close(fd);
    if (!done)
        unlink(part);
    return done;
}

/* Nothing that is there is replaced: a second report.csv becomes report.csv.2. */
static bool move_to(struct tail *tail, struct tail_file *file, const char *folder)
{
    const char *place = tail_place(file), *slash = strrchr(place, '/');

    for (unsigned i = 1; i <= NAMES_MAX; i++) {
        scoped_free char *to = NULL;
        char number[16] = "";

        if (i > 1)
            snprintf(number, sizeof(number), ".%u", i);
        if (asprintf(&to, "%s/%s%s", folder, slash ? slash + 1 : place, number) < 0)
            return false;
        if (renameat2(AT_FDCWD, place, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
            return true;
        if (errno == EXDEV && access(to, F_OK) != 0)
            return copy_over(tail, file, to);
        if (errno != EEXIST && errno != EXDEV)
            return false;
    }
    return false;
}

static bool act(struct tail *tail, struct tail_file *file)
{
    const char *when_done = tail->config->when_done;

    if (!when_done || strcmp(when_done, "keep") == 0)
        return true;
    if (strcmp(when_done, "delete") == 0)
        return unlink(tail_place(file)) == 0;
    return move_to(tail, file, when_done + strlen(MOVE));
}

bool tail_folder_done(struct tail *tail, struct tail_file *file)
{
    const char *when_done = tail->config->when_done;

    if (file->placeless)
        return true; /* somebody else has taken it away */
    if (!is_as_read(file)) {
        file->over = false;
        tail->over_count--;
        tail_look_at_path(tail, tail_place(file));
        return false;
    }
    if (!act(tail, file)) {
        log_error("cannot do '%s' with '%s': %s; tried again later", when_done, file->stream.path,
                  strerror(errno));
        metric_add(tail->unreadable, 1);
        return false;
    }
    log_info("'%s' is read and acknowledged: %s", file->stream.path,
             when_done ? when_done : "keep");
    if (!file->entry) { /* empty: nothing else would say that it is done */
        struct tail_sight sight;

        if (tail_see(AT_FDCWD, tail_place(file), &sight))
            tail_reject(tail, &sight, file->stream.name, false);
    }
    tail_look_at_path(tail, tail_place(file)); /* the name may be taken again */
    return true;
}
