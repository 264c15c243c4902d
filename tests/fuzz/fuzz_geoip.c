/*
 * fuzz_geoip.c - damaged MaxMind DB files.
 *
 * The first byte decides: the rest is a file as it is, or edits of a good one, five bytes each (an
 * offset, how often, a value). Whatever it has become, it must be loaded or refused, and look-ups
 * must end, with text that becomes a line of JSON.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/log.h"
#include "common/record.h"
#include "indexer/config.h"
#include "indexer/enrich/enrich.h"
#include "tests/unit/indexer/enrich/mmdb_writer.h"

#define FILE_ROOM (1u << 20)
#define EDIT      5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_city(struct mmdb_writer *w)
{
    mmdb_begin(w);
    put_map(w, 4);
    put_text(w, "country");
    put_map(w, 2);
    put_text(w, "iso_code");
    put_text(w, "DE");
    put_text(w, "names");
    put_map(w, 1);
    put_text(w, "en");
    put_text(w, "Germany");
    put_text(w, "location");
    put_map(w, 2);
    put_text(w, "latitude");
    put_double(w, 52.5);
    put_text(w, "longitude");
    put_double(w, 13.4);
    put_text(w, "subdivisions");
    put_array(w, 1);
    put_map(w, 1);
    put_text(w, "iso_code");
    put_text(w, "BE");
    put_text(w, "traits");
    put_map(w, 1);
    put_text(w, "autonomous_system_number");
    put_uint32(w, 64500);
}

static void put_flat(struct mmdb_writer *w)
{
    mmdb_begin(w);
    put_map(w, 3);
    put_text(w, "country_code");
    put_text(w, "FR");
    put_text(w, "latitude");
    put_float(w, 45.0f);
    put_text(w, "asn");
    put_text(w, "AS64501");
}

static void make_good(struct buf *out)
{
    static struct mmdb_writer writer;

    mmdb_init(&writer, 6);
    put_city(&writer);
    mmdb_add(&writer, "192.0.2.0/24");
    put_flat(&writer);
    mmdb_add(&writer, "2001:db8::/32");
    mmdb_finish(&writer, "Fuzz-City", out);
}

static void edit(struct buf *file, const uint8_t *data, size_t size)
{
    size_t at;

    for (; size >= EDIT; data += EDIT, size -= EDIT) {
        at = ((size_t)data[0] << 8 | data[1]) % file->len;
        for (size_t i = 0; i < 1u + data[2] % 16 && at + i < file->len; i++)
            file->data[at + i] = (char)(data[3] + i * data[4]);
    }
}

static void look_up(struct enrich_set *set, const char *ip)
{
    struct arena arena;
    struct record record;
    uint64_t invalid = 0;
    char *room;

    arena_init(&arena, 65536, 1u << 20);
    record_init(&record, &arena);
    record_set_text(&record, FIELD_SOURCE_IP, slice_of(ip));
    enrich_set_apply(set, &record, 0);
    room = malloc(record_encode_bound(&record));
    if (!room || record_encode(&record, room, &invalid) < 2)
        abort();
    free(room);
    arena_release(&arena);
}

static void try_file(struct slice bytes)
{
    static char none[1];
    struct enrich_set set = {.until_sample = 1};
    struct indexer_config config = {
        .geoip = {.enabled = true, .country = none, .asn = none, .cache_entries = 16}};
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    char path[40];

    if (fd < 0 || write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    config.geoip.city = path;
    if (enrich_set_add(&set, &enrich_geoip, &config, NULL))
        abort();
    look_up(&set, "192.0.2.1");
    look_up(&set, "2001:db8::1");
    look_up(&set, "::ffff:203.0.113.9");
    look_up(&set, "192.0.2.1");
    enrich_set_release(&set);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf file = BUF_INIT(FILE_ROOM);

    log_set_level(LEVEL_ERROR);
    if (size == 0)
        return 0;
    if (data[0] % 8 == 0) {
        buf_add(&file, (const char *)data + 1, size - 1);
    } else {
        make_good(&file);
        edit(&file, data + 1, size - 1);
    }
    if (!file.failed && file.len)
        try_file(buf_slice(&file));
    buf_release(&file);
    return 0;
}
