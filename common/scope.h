/*
 * scope.h - releases locals at the end of their scope.
 *
 *     scoped_free char *name = strdup(s);
 *     scoped_fd int fd = open(path, O_RDONLY);
 *     ...
 *     out->name = take(name);  // hands over: `name` is NULL from here on
 */
#ifndef COMMON_SCOPE_H
#define COMMON_SCOPE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void scope_free(void *p)
{
    free(*(void **)p);
}

static inline void scope_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void scope_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

#define scoped_free __attribute__((cleanup(scope_free)))
#define scoped_fd   __attribute__((cleanup(scope_fd)))
#define scoped_file __attribute__((cleanup(scope_file)))

#define take(p)                                                                                    \
    __extension__({                                                                                \
        __typeof__(p) taken_ = (p);                                                                \
        (p) = NULL;                                                                                \
        taken_;                                                                                    \
    })

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
