/*
 * parse.c - limit of "parse only": a file of combined lines to JSON on standard output, in pieces.
 *
 *     parse FILE
 */
#include "tests/bench/limits/combined.h"
#include "tests/bench/limits/limits.h"

#define READ_BYTES (256u << 10)
#define LINE_MAX_  (64u << 10)

static char in[READ_BYTES + LINE_MAX_];
static char out[COMBINED_JSON_MAX(READ_BYTES + LINE_MAX_)];

static void write_all(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, len);

        if (n <= 0)
            DIE("cannot write");
        bytes += n;
        len -= (size_t)n;
    }
}

/* Writes the records of all whole lines of `in`; returns how many bytes of it they were. */
static size_t convert(size_t len)
{
    const char *p = in, *end = in + len, *newline;
    char *to = out;

    while (p < end && (newline = memchr(p, '\n', (size_t)(end - p)))) {
        if ((size_t)(to - out) + COMBINED_JSON_MAX((size_t)(newline - p)) > sizeof(out))
            break;
        to = combined_to_json(to, p, newline);
        p = newline + 1;
    }
    write_all(out, (size_t)(to - out));
    return (size_t)(p - in);
}

int main(int argc, char **argv)
{
    size_t kept = 0, used;
    ssize_t n;
    int fd;

    if (argc != 2 || (fd = open(argv[1], O_RDONLY | O_CLOEXEC)) < 0)
        DIE("usage: parse FILE");
    while ((n = read(fd, in + kept, READ_BYTES)) > 0) {
        kept += (size_t)n;
        used = convert(kept);
        kept -= used;
        if (kept > LINE_MAX_)
            DIE("a line is too long");
        memmove(in, in + used, kept);
    }
    close(fd);
    return n < 0;
}
