/*
 * file_stamp.c - one number that changes when one of several files does.
 */
#include "common/file_stamp.h"

#include <sys/stat.h>

static uint64_t mix(uint64_t stamp, uint64_t value)
{
    return (stamp ^ value) * 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio: spreads the bits */
}

uint64_t file_stamp(const char *const *paths, size_t count)
{
    uint64_t stamp = 0;
    struct stat st;

    for (size_t i = 0; i < count; i++) {
        stamp = mix(stamp, i);
        if (!paths[i] || !*paths[i] || stat(paths[i], &st))
            continue;
        stamp = mix(stamp, (uint64_t)st.st_dev);
        stamp = mix(stamp, (uint64_t)st.st_ino);
        stamp = mix(stamp, (uint64_t)st.st_size);
        stamp = mix(stamp, (uint64_t)st.st_mtim.tv_sec);
        stamp = mix(stamp, (uint64_t)st.st_mtim.tv_nsec);
        stamp = mix(stamp, (uint64_t)st.st_ctim.tv_sec); /* which cannot be set back */
        stamp = mix(stamp, (uint64_t)st.st_ctim.tv_nsec);
    }
    return stamp;
}
