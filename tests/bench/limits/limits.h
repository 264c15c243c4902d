/*
 * limits.h - what the programs here share. They measure what is physically there to be reached;
 * they are no part of the product, so whatever goes wrong ends them.
 */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DIE(...)                                                                                   \
    do {                                                                                           \
        fprintf(stderr, __VA_ARGS__);                                                              \
        fputc('\n', stderr);                                                                       \
        exit(1);                                                                                   \
    } while (0)

static inline double wall_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Processor time of the process, all threads, user and system. */
static inline double cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The whole file, mapped until the process ends. */
static inline const char *map_file(const char *path, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    const char *map;

    if (fd < 0 || fstat(fd, &st) || st.st_size == 0)
        DIE("cannot read '%s'", path);
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        DIE("cannot map '%s'", path);
    close(fd);
    *len = (size_t)st.st_size;
    return map;
}

#endif
