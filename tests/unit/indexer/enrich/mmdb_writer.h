/*
 * mmdb_writer.h - writes small MaxMind DB files for tests.
 *
 * Values are appended in the order in which they are put: a map of two is
 * put_map(w, 2) and then key, value, key, value. mmdb_add() makes a network
 * answer with the value that was put last. Format: MaxMind DB 2.0, 32-bit records.
 */
#ifndef TESTS_MMDB_WRITER_H
#define TESTS_MMDB_WRITER_H

#include <arpa/inet.h>
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

#define MMDB_NODES 4096
#define MMDB_EMPTY UINT32_MAX /* of a branch: no network there */
#define MMDB_DATA  (1u << 31) /* of a branch: the rest is an offset into the data */

enum mmdb_type {
    MMDB_TEXT = 2,
    MMDB_DOUBLE = 3,
    MMDB_BYTES = 4,
    MMDB_UINT16 = 5,
    MMDB_UINT32 = 6,
    MMDB_MAP = 7,
    MMDB_INT32 = 8,
    MMDB_UINT64 = 9,
    MMDB_ARRAY = 11,
    MMDB_BOOL = 14,
    MMDB_FLOAT = 15,
};

struct mmdb_writer {
    struct buf data;
    size_t value; /* offset of the record that is being put */
    uint32_t nodes[MMDB_NODES][2];
    unsigned count;
    int ip_version;
};

static void mmdb_control(struct buf *out, enum mmdb_type type, size_t size)
{
    unsigned low = size < 29 ? (unsigned)size : size < 285 ? 29 : 30;

    buf_add_char(out, (char)((type > 7 ? 0 : type << 5) | low));
    if (type > 7)
        buf_add_char(out, (char)(type - 7));
    if (low == 29)
        buf_add_char(out, (char)(size - 29));
    if (low == 30) {
        buf_add_char(out, (char)((size - 285) >> 8));
        buf_add_char(out, (char)(size - 285));
    }
}

static void mmdb_text(struct buf *out, const char *text)
{
    mmdb_control(out, MMDB_TEXT, strlen(text));
    buf_add_text(out, text);
}

static void mmdb_number(struct buf *out, enum mmdb_type type, size_t size, uint64_t number)
{
    mmdb_control(out, type, size);
    while (size-- > 0)
        buf_add_char(out, (char)(number >> 8 * size));
}

static void put_map(struct mmdb_writer *w, size_t pairs)
{
    mmdb_control(&w->data, MMDB_MAP, pairs);
}

static inline void put_array(struct mmdb_writer *w, size_t items)
{
    mmdb_control(&w->data, MMDB_ARRAY, items);
}

static void put_text(struct mmdb_writer *w, const char *text)
{
    mmdb_text(&w->data, text);
}

static inline void put_uint32(struct mmdb_writer *w, uint32_t number)
{
    mmdb_number(&w->data, MMDB_UINT32, 4, number);
}

static inline void put_double(struct mmdb_writer *w, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof(bits));
    mmdb_number(&w->data, MMDB_DOUBLE, 8, bits);
}

static inline void put_float(struct mmdb_writer *w, float number)
{
    uint32_t bits;

    memcpy(&bits, &number, sizeof(bits));
    mmdb_number(&w->data, MMDB_FLOAT, 4, bits);
}

static unsigned mmdb_node(struct mmdb_writer *w)
{
    if (w->count == MMDB_NODES)
        abort();
    w->nodes[w->count][0] = w->nodes[w->count][1] = MMDB_EMPTY;
    return w->count++;
}

static void mmdb_init(struct mmdb_writer *w, int ip_version)
{
    *w = (struct mmdb_writer){.data = BUF_INIT(64u << 20), .ip_version = ip_version};
    mmdb_node(w);
}

/* The bits of "192.0.2.0/24" in a tree of this version; returns how many count. */
static unsigned mmdb_prefix(const struct mmdb_writer *w, const char *network,
                            unsigned char bits[16])
{
    char address[64];
    unsigned length = (unsigned)strtoul(strchr(network, '/') + 1, NULL, 10);

    snprintf(address, sizeof(address), "%.*s", (int)strcspn(network, "/"), network);
    memset(bits, 0, 16);
    if (strchr(address, ':')) {
        if (inet_pton(AF_INET6, address, bits) != 1)
            abort();
        return length;
    }
    if (inet_pton(AF_INET, address, w->ip_version == 6 ? bits + 12 : bits) != 1)
        abort();
    return w->ip_version == 6 ? 96 + length : length;
}

/* The network has the value that was put last. Networks must not overlap. */
static void mmdb_add(struct mmdb_writer *w, const char *network)
{
    unsigned char bits[16];
    unsigned length = mmdb_prefix(w, network, bits), node = 0;
    uint32_t *branch = &w->nodes[0][0];

    for (unsigned i = 0; i < length; i++) {
        branch = &w->nodes[node][bits[i / 8] >> (7 - i % 8) & 1];
        if (i + 1 == length)
            break;
        if (*branch == MMDB_EMPTY)
            *branch = mmdb_node(w);
        if (*branch & MMDB_DATA)
            abort();
        node = *branch;
    }
    *branch = MMDB_DATA | (uint32_t)w->value;
    if (length == 0)
        w->nodes[0][1] = *branch;
}

/* The next value put begins a record. */
static void mmdb_begin(struct mmdb_writer *w)
{
    w->value = w->data.len;
}

static void mmdb_metadata(const struct mmdb_writer *w, const char *type, struct buf *out)
{
    mmdb_control(out, MMDB_MAP, 9);
    mmdb_text(out, "node_count");
    mmdb_number(out, MMDB_UINT32, 4, w->count);
    mmdb_text(out, "record_size");
    mmdb_number(out, MMDB_UINT16, 2, 32);
    mmdb_text(out, "ip_version");
    mmdb_number(out, MMDB_UINT16, 2, (uint64_t)w->ip_version);
    mmdb_text(out, "binary_format_major_version");
    mmdb_number(out, MMDB_UINT16, 2, 2);
    mmdb_text(out, "binary_format_minor_version");
    mmdb_number(out, MMDB_UINT16, 2, 0);
    mmdb_text(out, "build_epoch");
    mmdb_number(out, MMDB_UINT64, 8, 1780617600);
    mmdb_text(out, "database_type");
    mmdb_text(out, type);
    mmdb_text(out, "languages");
    mmdb_control(out, MMDB_ARRAY, 0);
    mmdb_text(out, "description");
    mmdb_control(out, MMDB_MAP, 0);
}

/* The whole file into `out`; the writer is released. */
static void mmdb_finish(struct mmdb_writer *w, const char *type, struct buf *out)
{
    static const char separator[16];
    uint32_t target, record;

    for (unsigned i = 0; i < w->count * 2; i++) {
        target = w->nodes[i / 2][i % 2];
        if (target == MMDB_EMPTY)
            target = w->count;
        else if (target & MMDB_DATA)
            target = w->count + (uint32_t)sizeof(separator) + (target & ~MMDB_DATA);
        record = htobe32(target);
        buf_add(out, &record, sizeof(record));
    }
    buf_add(out, separator, sizeof(separator));
    buf_add(out, w->data.data, w->data.len);
    buf_add_text(out, "\xab\xcd\xefMaxMind.com");
    mmdb_metadata(w, type, out);
    buf_release(&w->data);
}

#endif
