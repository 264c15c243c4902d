/*
 * test_tail.c - files that grow, move, shrink, and come back.
 */
#include "shipper/input/input.h"

#include <sys/syscall.h>

#include "tests/unit/shipper/input/tail_bench.h"
#include "tests/unit/support/gzip.h"
#include "tests/unit/support/rng.h"
#include "tests/unit/support/zstd_frame.h"

/* The file as an archive beside it; it goes itself. */
static void pack_to(const char *from, const char *to, bool zstd)
{
    scoped_buf struct buf packed = BUF_INIT(64u << 20);
    struct slice text = file_read(at(from));
    struct stat st;

    assert_int_equal(stat(at(from), &st), 0);
    if (zstd)
        zstd_add(&packed, text);
    else
        gzip_add(&packed, text);
    file_write(at(to), buf_slice(&packed), O_TRUNC);
    utimensat(AT_FDCWD, at(to), (struct timespec[]){st.st_mtim, st.st_mtim}, 0); /* as gzip does */
    assert_int_equal(unlink(at(from)), 0);
    free((char *)text.data);
}

static void compress_to(const char *from, const char *to)
{
    pack_to(from, to, false);
}

/* ---- growing ---- */

static void file_is_read_from_its_beginning_and_followed(void **state)
{
    (void)state;
    append("access.log", "a\nb\n");
    start_and_read("a|b");
    read_on("");
    append("access.log", "c\n");
    read_on("c");
}

static void file_that_appears_later_is_read(void **state)
{
    (void)state;
    start_and_read("");
    append("access.log", "a\n");
    read_on("a");
}

static void several_files_are_read_in_turn(void **state)
{
    (void)state;
    set_pattern(0, "*.log");
    append("one.log", "1\n");
    append("two.log", "2\n");
    append("other.txt", "x\n");
    start();
    pump();
    got_line("1");
    got_line("2");
    assert_int_equal(bench.got_count, 2);
}

static void unfinished_line_waits_for_its_end(void **state)
{
    (void)state;
    append("access.log", "a\nb");
    start_and_read("a");
    advance(60000);
    read_on("");
    append("access.log", "c\n");
    read_on("bc");
}

static void file_without_a_complete_line_waits(void **state)
{
    (void)state;
    append("access.log", "begin");
    start_and_read("");
    append("access.log", " of");
    read_on("");
    append("access.log", " it\n");
    read_on("begin of it");
}

static void first_line_may_be_longer_than_the_fingerprint(void **state)
{
    char text[3001];

    (void)state;
    memset(text, 'x', 3000);
    text[3000] = '\0';
    append("access.log", text);
    start_and_read("");
    append("access.log", "\nb\n");
    pump();
    got_line("b");
    assert_int_equal(strlen(bench.got[0].text), 3000);
}

static void line_beyond_the_limit_is_cut_and_followed_by_the_next(void **state)
{
    char *text = malloc(700001);

    (void)state;
    bench.config.line_max_bytes = 1000;
    memset(text, 'x', 700000);
    text[700000] = '\0';
    append("access.log", "a\n");
    append("access.log", text);
    append("access.log", "\nb\n");
    start();
    pump();
    assert_int_equal(bench.got_count, 3);
    assert_int_equal(strlen(bench.got[1].text), 1000);
    assert_string_equal(bench.got[2].text, "b");
    free(text);
}

/* The cut line is the first of its piece: its position must still be provable. */
static void position_before_a_cut_line_keeps_its_mark(void **state)
{
    char *text = malloc(700001);
    struct checkpoint_entry *entry;

    (void)state;
    bench.config.line_max_bytes = 1000;
    memset(text, 'x', 700000);
    text[700000] = '\0';
    append("access.log", "a\n");
    start_and_read("a");
    append("access.log", text);
    pump(); /* take_line checks the mark of each position */
    entry = checkpoint_entries(bench.checkpoint);
    assert_true(entry->acked.mark.len > 0);
    free(text);
}

static void blocked_line_is_offered_again(void **state)
{
    (void)state;
    append("access.log", "a\nb\nc\n");
    bench.room = 1;
    start_and_read("a");
    read_on("");
    bench.room = SIZE_MAX;
    read_on("b|c");
}

/* ---- rotation while running ---- */

static void renamed_file_is_read_to_its_end_and_the_new_one_too(void **state)
{
    (void)state;
    append("access.log", "a\n");
    start_and_read("a");
    append("access.log", "b\n");
    rename_to("access.log", "access.log.1");
    append("access.log.1", "c\n"); /* the writer still has it open */
    append("access.log", "d\n");
    pump();
    got_line("b");
    got_line("c");
    got_line("d");
    append("access.log.1", "e\n");
    read_on("b|c|d|e");
}

static void lines_keep_their_ids_when_the_file_is_renamed(void **state)
{
    char id[RECORD_ID_LEN + 1];

    (void)state;
    append("access.log", "a\nb\n");
    start_and_read("a|b");
    strcpy(id, got_line("b")->id);
    crash();
    folder_remove(bench.state);
    rename_to("access.log", "access.log.1");
    set_pattern(0, "access.log*");
    start_and_read("a|b");
    assert_string_equal(bench.got[3].id, id);
}

static void unfinished_last_line_of_a_rotated_file_is_taken_after_a_while(void **state)
{
    (void)state;
    append("access.log", "a\nlast");
    start_and_read("a");
    rename_to("access.log", "access.log.1");
    read_on("");
    advance(4000);
    read_on("");
    advance(2000);
    read_on("last");
}

static void unfinished_line_that_vanishes_does_not_keep_it_busy(void **state)
{
    (void)state;
    append("access.log", "a\nlast");
    start_and_read("a");
    rename_to("access.log", "access.log.1");
    pump();
    assert_int_equal(truncate(at("access.log.1"), 2), 0);
    advance(6000);
    read_on("");
}

static void rotated_file_is_closed_when_it_is_quiet(void **state)
{
    struct input_progress progress;

    (void)state;
    append("access.log", "a\n");
    start_and_read("a");
    rename_to("access.log", "access.log.1");
    append("access.log", "b\n");
    read_on("b");
    bench.wall_shift_ms = 120000;
    advance(61000);
    pump();
    advance(61000);
    pump();
    input_tail.progress(bench.input, &progress);
    assert_int_equal(progress.streams, 1);
    assert_int_equal(progress.bytes_behind, 0);
    append("access.log.1", "c\n"); /* it comes back to life */
    read_on("c");
}

static void compressed_copy_of_what_was_read_is_not_read_again(void **state)
{
    (void)state;
    append("access.log", "a\nb\n");
    start_and_read("a|b");
    rename_to("access.log", "access.log.1");
    append("access.log", "c\n");
    read_on("c");
    compress_to("access.log.1", "access.log.2.gz");
    pump_until_quiet();
    expect_lines("");
}

static void rotated_and_compressed_while_behind_is_read_once(void **state)
{
    (void)state;
    append("access.log", "a\nb\nc\n");
    bench.room = 1;
    start_and_read("a");
    rename_to("access.log", "access.log.1");
    compress_to("access.log.1", "access.log.1.gz");
    append("access.log", "d\n");
    bench.room = SIZE_MAX;
    pump_until_quiet();
    got_line("b");
    got_line("c");
    got_line("d");
    assert_int_equal(bench.got_count, 4);
}

static void deleted_while_behind_is_read_to_its_end(void **state)
{
    (void)state;
    append("access.log", "a\nb\nc\n");
    bench.room = 1;
    start_and_read("a");
    unlink(at("access.log"));
    bench.room = SIZE_MAX;
    read_on("b|c");
    append("access.log", "d\n");
    read_on("d");
}

/* ---- copytruncate ---- */

static void truncated_file_is_read_from_the_beginning(void **state)
{
    (void)state;
    append("access.log", "a\nb\n");
    start_and_read("a|b");
    copy_to("access.log", "access.log.1");
    write_to("access.log", "c\n", O_TRUNC);
    pump_until_quiet();
    expect_lines("c");
}

static void truncated_empty_file_is_followed(void **state)
{
    (void)state;
    append("access.log", "a\nb\n");
    start_and_read("a|b");
    write_to("access.log", "", O_TRUNC);
    read_on("");
    append("access.log", "c\n");
    read_on("c");
}

static void truncated_and_grown_beyond_the_old_end_is_noticed(void **state)
{
    (void)state;
    append("access.log", "a\nb\n");
    start_and_read("a|b");
    write_to("access.log", "c\nd\ne\nf\ng\n", O_TRUNC);
    read_on("c|d|e|f|g");
}

static void truncated_and_grown_to_the_same_size_is_noticed(void **state)
{
    (void)state;
    append("access.log", "a\nb\n");
    start_and_read("a|b");
    write_to("access.log", "c\nd\n", O_TRUNC);
    read_on("c|d");
}

static void unread_rest_is_found_in_the_copy_under_the_same_ids(void **state)
{
    char id_c[RECORD_ID_LEN + 1];
    uint32_t generation;

    (void)state;
    append("access.log", "a\nb\nc\n");
    start_and_read("a|b|c"); /* to know the id */
    strcpy(id_c, got_line("c")->id);
    crash();
    folder_remove(bench.state);
    bench.room = 1;
    start_and_read("a");
    generation = got_line("a")->generation;
    copy_to("access.log", "access.log.1");
    write_to("access.log", "d\n", O_TRUNC);
    bench.room = SIZE_MAX;
    pump_until_quiet();
    expect_lines("b|c|d");
    assert_string_equal(bench.got[5].id, id_c);
    assert_int_equal(bench.got[5].generation, generation);
    assert_int_equal(bench.got[5].offset, 4);
}

static void unread_rest_is_found_when_what_is_under_way_is_acknowledged(void **state)
{
    (void)state;
    append("access.log", "a\nb\nc\n");
    bench.room = 1;
    bench.hold = true;
    start_and_read("a");
    copy_to("access.log", "access.log.1");
    write_to("access.log", "d\n", O_TRUNC);
    bench.room = SIZE_MAX;
    read_on("");
    acknowledge_all();
    pump_until_quiet();
    expect_lines("b|c|d");
}

static void what_was_cut_twice_comes_in_its_order(void **state)
{
    (void)state;
    append("access.log", "a\nb\nc\n");
    bench.room = 1;
    bench.hold = true;
    start_and_read("a");
    copy_to("access.log", "access.log.1");
    write_to("access.log", "d\ne\n", O_TRUNC);
    bench.room = SIZE_MAX;
    read_on("");
    rename_to("access.log.1", "access.log.2");
    copy_to("access.log", "access.log.1");
    write_to("access.log", "f\n", O_TRUNC);
    read_on("");
    acknowledge_all();
    bench.hold = false;
    pump_until_quiet();
    expect_lines("b|c|d|e|f");
}

/* What happens right before the read that brings `reads_left` to zero. */
static struct {
    int reads_left;
    void (*happens)(void);
} race;

ssize_t pread(int fd, void *to, size_t room, off_t offset)
{
    if (race.reads_left > 0 && --race.reads_left == 0)
        race.happens();
    return syscall(SYS_pread64, fd, to, room, offset);
}

static void truncate_and_go_on(void)
{
    write_to("access.log", "d\n", O_TRUNC);
}

/* rotation copies, then truncates: whichever of our reads comes between the two */
static void copied_and_truncated_while_it_is_looked_at(void **state)
{
    int moment = 0;

    do {
        bench_teardown(state);
        bench_setup(state);
        append("access.log", "a\nb\nc\n");
        bench.room = 1;
        start_and_read("a");
        copy_to("access.log", "access.log.1");
        bench.room = SIZE_MAX;
        race.reads_left = ++moment;
        race.happens = truncate_and_go_on;
        pump_until_quiet();
        if (race.reads_left == 0) {
            expect_lines("b|c|d");
            assert_int_equal(got_line("c")->generation, got_line("a")->generation);
        }
    } while (race.reads_left == 0);
    race.reads_left = 0;
    assert_true(moment > 5);
}

static void copy_of_a_file_that_lives_on_is_not_read(void **state)
{
    (void)state;
    append("access.log", "a\nb\n");
    bench.room = 1;
    start_and_read("a");
    copy_to("access.log", "access.log.1");
    bench.room = SIZE_MAX;
    pump_until_quiet();
    expect_lines("b");
}

static void contents_that_begin_alike_are_told_apart(void **state)
{
    (void)state;
    append("access.log", "#header\na\n");
    start_and_read("#header|a");
    rename_to("access.log", "access.log.1");
    append("access.log", "#header\nb\n");
    read_on("#header|b");
    assert_int_equal(bench.got[0].generation, 0);
    assert_int_equal(bench.got[2].generation, 1);
    assert_string_not_equal(bench.got[0].id, bench.got[2].id);
}

static void live_files_that_begin_alike_are_both_read(void **state)
{
    (void)state;
    set_pattern(0, "*.log");
    append("one.log", "same\n");
    append("two.log", "same\n");
    start_and_read("same|same");
    assert_string_not_equal(bench.got[0].id, bench.got[1].id);
}

/* ---- restart ---- */

static void restart_goes_on_behind_what_was_acknowledged(void **state)
{
    (void)state;
    append("access.log", "a\n");
    start_and_read("a");
    stop();
    append("access.log", "b\n");
    start_and_read("b");
}

static void what_was_not_acknowledged_is_read_again_under_the_same_id(void **state)
{
    (void)state;
    append("access.log", "a\n");
    start_and_read("a");
    bench.hold = true;
    append("access.log", "b\n");
    read_on("b");
    stop();
    start_and_read("b");
    assert_string_equal(bench.got[1].id, bench.got[2].id);
}

static void lost_state_gives_the_same_ids(void **state)
{
    (void)state;
    append("access.log", "a\nb\n");
    start_and_read("a|b");
    stop();
    folder_remove(bench.state);
    start_and_read("a|b");
    assert_string_equal(bench.got[0].id, bench.got[2].id);
    assert_string_equal(bench.got[1].id, bench.got[3].id);
}

static void renamed_while_down(void **state)
{
    (void)state;
    append("access.log", "a\n");
    start_and_read("a");
    stop();
    append("access.log", "b\n");
    rename_to("access.log", "access.log.1");
    append("access.log", "c\n");
    start_and_read("b|c");
}

static void compressed_while_down(void **state)
{
    (void)state;
    append("access.log", "a\n");
    start_and_read("a");
    stop();
    append("access.log", "b\n");
    compress_to("access.log", "access.log.1.gz");
    append("access.log", "c\n");
    start_and_read("b|c");
    assert_int_equal(got_line("b")->offset, 2);
}

static void copied_and_truncated_while_down(void **state)
{
    (void)state;
    append("access.log", "a\n");
    start_and_read("a");
    stop();
    append("access.log", "b\n");
    copy_to("access.log", "access.log.1");
    write_to("access.log", "c\nd\ne\n", O_TRUNC);
    start();
    pump_until_quiet();
    got_line("b");
    assert_int_equal(bench.got_count, 5);
}

/* Nothing was left unread of the first one: the ones in between must be found all the same. */
static void rotated_several_times_while_down(void **state)
{
    (void)state;
    append("access.log", "a\n");
    start_and_read("a");
    stop();
    for (int i = 0; i < 3; i++) {
        char text[] = {(char)('b' + i), '\n', '\0'};

        advance(1000);
        if (i == 2)
            rename_to("access.log.2", "access.log.3");
        if (i >= 1)
            rename_to("access.log.1", "access.log.2");
        rename_to("access.log", "access.log.1");
        append("access.log", text);
    }
    advance(1000);
    start_and_read("b|c|d");
}

/* Nothing of the stream was ever known: its file was empty at the start, and we were down since. */
static void rotated_before_a_line_of_it_was_known(void **state)
{
    (void)state;
    append("access.log", "");
    start_and_read("");
    stop();
    append("access.log", "a\nb\n");
    rename_to("access.log", "access.log.1");
    append("access.log", "c\n");
    start_and_read("a|b|c");
}

static void rotated_files_from_before_the_first_start_are_left_alone(void **state)
{
    (void)state;
    append("access.log.1", "old\n");
    utimensat(AT_FDCWD, at("access.log.1"), (struct timespec[]){{1000, 0}, {1000, 0}}, 0);
    append("access.log", "a\n");
    start_and_read("a");
    pump_until_quiet();
    stop();
    start();
    pump_until_quiet();
    expect_lines("");
}

static void rewritten_while_down_with_the_same_size(void **state)
{
    (void)state;
    append("access.log", "a\nb\n");
    start_and_read("a|b");
    stop();
    write_to("access.log", "c\nd\n", O_TRUNC); /* as an inode that is used again */
    start_and_read("c|d");
}

static void rewritten_while_down_beyond_the_old_end(void **state)
{
    (void)state;
    append("access.log", "a\nb\n");
    start_and_read("a|b");
    stop();
    write_to("access.log", "c\nd\ne\nf\n", O_TRUNC);
    start_and_read("c|d|e|f");
}

static void same_header_and_nothing_acknowledged_keeps_inode_and_id_together(void **state)
{
    char id[RECORD_ID_LEN + 1];

    (void)state;
    bench.hold = true;
    append("access.log", "#header\na\n");
    start_and_read("#header|a");
    rename_to("access.log", "access.log.1");
    append("access.log", "#header\nb\n");
    read_on("#header|b");
    strcpy(id, got_line("a")->id);
    crash();
    forget_lines();
    start();
    pump();
    assert_string_equal(got_line("a")->id, id);
}

static void first_line_of_a_dated_file_is_waited_for(void **state)
{
    char id[RECORD_ID_LEN + 1];

    (void)state;
    set_pattern(0, "access-*.log");
    append("access-20261121.log", "unfini");
    start_and_read("");
    append("access-20261121.log", "shed\nb\n");
    pump_until_quiet();
    expect_lines("unfinished|b");
    strcpy(id, got_line("b")->id);
    stop();
    folder_remove(bench.state);
    start_and_read("unfinished|b");
    assert_string_equal(bench.got[3].id, id);
}

/* ---- where to start, and what not to read ---- */

static void start_at_end_reads_only_what_comes(void **state)
{
    (void)state;
    bench.input_config.start_at = START_AT_END;
    append("access.log", "old\nhalf");
    start_and_read("");
    append("access.log", " line\nnew\n");
    read_on("half line|new");
}

static void start_at_end_takes_later_files_from_their_beginning(void **state)
{
    (void)state;
    bench.input_config.start_at = START_AT_END;
    append("access.log", "old\n");
    start_and_read("");
    rename_to("access.log", "access.log.1");
    append("access.log", "new\n");
    read_on("new");
    stop();
    append("access.log", "newer\n");
    start_and_read("newer");
}

static void start_at_end_inside_of_a_long_line_can_be_truncated(void **state)
{
    char text[6001];

    (void)state;
    bench.input_config.start_at = START_AT_END;
    memset(text, 'x', 6000);
    text[6000] = '\0';
    append("access.log", text);
    start_and_read("");
    write_to("access.log", "a\n", O_TRUNC);
    read_on("a");
}

static void excluded_names_are_not_read(void **state)
{
    (void)state;
    set_pattern(0, "*.log");
    bench.exclude[0] = (char *)"*.debug.log";
    bench.input_config.exclude_count = 1;
    append("a.debug.log", "x\n");
    append("a.log", "a\n");
    start_and_read("a");
}

static void folder_may_be_a_symbolic_link(void **state)
{
    char link[FOLDER_PATH_MAX];

    (void)state;
    snprintf(link, sizeof(link), "%s/link", bench.root);
    assert_int_equal(symlink(bench.logs, link), 0);
    snprintf(bench.pattern_text[0], sizeof(bench.pattern_text[0]), "%s/access.log", link);
    append("access.log", "a\n");
    start_and_read("a");
    rename_to("access.log", "access.log.1");
    append("access.log", "b\n");
    read_on("b");
}

static void two_patterns_for_one_file_read_it_once(void **state)
{
    char link[FOLDER_PATH_MAX];

    (void)state;
    snprintf(link, sizeof(link), "%s/link", bench.root);
    assert_int_equal(symlink(bench.logs, link), 0);
    set_pattern(1, "access.log");
    snprintf(bench.pattern_text[0], sizeof(bench.pattern_text[0]), "%s/access.log", link);
    append("access.log", "a\n");
    start_and_read("a");
    append("access.log", "b\n");
    pump_until_quiet();
    expect_lines("b");
}

static void folder_that_appears_later_is_found(void **state)
{
    (void)state;
    set_pattern(0, "*/access.log");
    start_and_read("");
    mkdir(at("site"), 0700);
    append("site/access.log", "a\n");
    advance(11000);
    read_on("a");
}

static void file_replaced_by_a_folder_and_back(void **state)
{
    (void)state;
    append("access.log", "a\n");
    start_and_read("a");
    unlink(at("access.log"));
    mkdir(at("access.log"), 0700);
    pump_until_quiet();
    rmdir(at("access.log"));
    append("access.log", "b\n");
    pump_until_quiet();
    expect_lines("b");
}

static void archives_that_a_pattern_matches_are_read_once(void **state)
{
    (void)state;
    set_pattern(0, "access.log*");
    append("old", "a\nb");
    compress_to("old", "access.log.1.gz");
    start_and_read("a|b");
    pump_until_quiet();
    expect_lines("");
    stop();
    start();
    pump_until_quiet();
    expect_lines("");
}

static void damaged_archive_gives_what_can_be_read(void **state)
{
    struct slice packed;

    (void)state;
    set_pattern(0, "access.log*");
    append("old", "a\nb\nc\n");
    compress_to("old", "access.log.1.gz");
    packed = file_read(at("access.log.1.gz"));
    file_write(at("access.log.1.gz"), (struct slice){packed.data, packed.len - 4}, O_TRUNC);
    free((char *)packed.data);
    start();
    pump_until_quiet();
    expect_lines("a|b|c");
}

/* ---- everything at once ---- */

/*
 * A writer and a rotation that do what they like, a shipper that is blocked,
 * stopped and killed. Each line must be handed out, always under one id.
 */
#define LINES_MAX 4000

struct model {
    struct rng rng;
    unsigned next_line,
        rotated;  /* rotated: access.log.1 to access.log.<rotated> exist in some form */
    bool headers; /* all contents begin alike */
    bool untimed; /* no line has a time of its own */
    bool forgets; /* the checkpoint may be lost: all names have a pattern */
    bool half;    /* the last line has no newline yet */
    enum packing { PACKED_NO, PACKED_GZIP, PACKED_ZSTD } packed[100];
};

static void name_of(const struct model *model, unsigned number, char out[32])
{
    static const char *const suffixes[] = {"", ".gz", ".zst"};

    snprintf(out, 32, number ? "access.log.%u%s" : "access.log", number,
             suffixes[number ? model->packed[number] : 0]);
}

static void write_line(struct model *model, bool whole)
{
    char text[200];
    unsigned n = model->next_line++;

    if (model->untimed)
        snprintf(text, sizeof(text), "something happened: GET /%06u HTTP", n);
    else
        snprintf(text, sizeof(text),
                 "192.0.2.1 - - [10/Oct/2000:13:%02u:%02u -0700] \"GET /%06u HTTP/1.1\" 200 %u",
                 n / 60 % 60, n % 60, n, n);
    append("access.log", text);
    if (whole)
        append("access.log", "\n");
    model->half = !whole;
}

static void finish_line(struct model *model)
{
    if (model->half)
        append("access.log", "\n");
    model->half = false;
}

static void begin_content(struct model *model)
{
    if (model->headers)
        append("access.log", "#Fields: all\n");
    if (rng_one_in(&model->rng, 2))
        write_line(model, true);
}

static void write_lines(struct model *model)
{
    unsigned count = rng_below(&model->rng, 30) + 1;

    finish_line(model);
    for (unsigned i = 0; i < count && model->next_line < LINES_MAX; i++)
        write_line(model, true);
    if (model->next_line < LINES_MAX && rng_one_in(&model->rng, 4))
        write_line(model, false);
}

static void shift_rotated(struct model *model)
{
    char from[32], to[32];

    for (unsigned i = model->rotated; i >= 1; i--) {
        name_of(model, i, from);
        model->packed[i + 1] = model->packed[i];
        name_of(model, i + 1, to);
        rename_to(from, to);
    }
    model->rotated++;
    model->packed[1] = PACKED_NO;
}

static void rotate(struct model *model, bool by_copy)
{
    struct stat st;

    finish_line(model);
    if (model->rotated == 98 || stat(at("access.log"), &st) != 0 || st.st_size == 0)
        return;
    shift_rotated(model);
    if (by_copy) {
        copy_to("access.log", "access.log.1");
        write_to("access.log", "", O_TRUNC);
    } else {
        rename_to("access.log", "access.log.1");
    }
    begin_content(model);
}

static void compress_one(struct model *model)
{
    unsigned number = model->rotated ? rng_below(&model->rng, model->rotated) + 1 : 0;
    char from[32], to[32];

    if (number == 0 || model->packed[number])
        return;
    name_of(model, number, from);
    model->packed[number] = rng_one_in(&model->rng, 2) ? PACKED_GZIP : PACKED_ZSTD;
    name_of(model, number, to);
    pack_to(from, to, model->packed[number] == PACKED_ZSTD);
}

static void read_some(struct model *model)
{
    bench.room = rng_one_in(&model->rng, 2) ? SIZE_MAX : rng_below(&model->rng, 40);
    bench.hold = rng_one_in(&model->rng, 2);
    pump();
    bench.room = SIZE_MAX;
    if (rng_one_in(&model->rng, 2))
        acknowledge_all();
}

static void any_step(struct model *model)
{
    switch (rng_below(&model->rng, 12)) {
    case 0:
        rotate(model, false);
        break;
    case 1:
        rotate(model, true);
        break;
    case 2:
        compress_one(model);
        break;
    case 3:
        advance(rng_below(&model->rng, 70000));
        break;
    case 4:
        if (bench.input && model->forgets && rng_one_in(&model->rng, 4)) {
            crash();
            lose_checkpoint();
        } else if (bench.input && rng_one_in(&model->rng, 2))
            stop();
        else if (bench.input)
            crash();
        break;
    case 5:
    case 6:
    case 7:
        write_lines(model);
        break;
    default:
        if (!bench.input)
            start();
        read_some(model);
    }
}

/* The number in "GET /000123 HTTP"; -1 for a header. */
static int number_of(const char *text)
{
    const char *p = strstr(text, "GET /");

    return p ? atoi(p + 5) : -1;
}

static void check_model(const struct model *model)
{
    const char **ids = calloc(LINES_MAX, sizeof(*ids));

    for (size_t i = 0; i < bench.got_count; i++) {
        int n = number_of(bench.got[i].text);

        if (n < 0)
            continue;
        assert_true((unsigned)n < model->next_line);
        if (!ids[n])
            ids[n] = bench.got[i].id;
        else if (!model->headers && strcmp(ids[n], bench.got[i].id) != 0)
            fail_msg("line %d was handed out under two ids", n);
    }
    for (unsigned n = 0; n < model->next_line; n++)
        if (!ids[n])
            fail_msg("line %u of %u was never handed out", n, model->next_line);
    free(ids);
}

static void run_model(struct rng *rng)
{
    static uint64_t second = 1000;
    static uint32_t two = 2;
    struct model model = {.headers = rng_one_in(rng, 3), .untimed = rng_one_in(rng, 3)};

    model.rng.state = rng_next(rng);
    if (rng_one_in(rng, 2)) {
        set_pattern(0, "access.log*");
        model.forgets = rng_one_in(rng, 2);
    }
    /* Closed soon, and opened again. */
    if (rng_one_in(rng, 2))
        bench.input_config.close_quiet_ms = &second;
    if (rng_one_in(rng, 2))
        bench.input_config.max_open_files = &two;
    if (rng_one_in(rng, 4))
        bench.input_config.poll = POLL_ALWAYS;
    begin_content(&model);
    start(); /* what a pattern does not match is known by its stream: it must have been seen once */
    write_line(&model, true);
    pump();
    for (int i = 0; i < 150; i++)
        any_step(&model);
    finish_line(&model);
    if (!bench.input)
        start();
    bench.hold = false;
    pump_until_quiet();
    check_model(&model);
}

static void nothing_is_lost_and_no_line_has_two_ids(void **state)
{
    struct rng rng = rng_start();

    for (int i = 0; i < 40; i++) {
        bench_teardown(state);
        bench_setup(state);
        run_model(&rng);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(file_is_read_from_its_beginning_and_followed),
        TEST(file_that_appears_later_is_read),
        TEST(several_files_are_read_in_turn),
        TEST(unfinished_line_waits_for_its_end),
        TEST(file_without_a_complete_line_waits),
        TEST(first_line_may_be_longer_than_the_fingerprint),
        TEST(line_beyond_the_limit_is_cut_and_followed_by_the_next),
        TEST(position_before_a_cut_line_keeps_its_mark),
        TEST(blocked_line_is_offered_again),
        TEST(renamed_file_is_read_to_its_end_and_the_new_one_too),
        TEST(lines_keep_their_ids_when_the_file_is_renamed),
        TEST(unfinished_last_line_of_a_rotated_file_is_taken_after_a_while),
        TEST(unfinished_line_that_vanishes_does_not_keep_it_busy),
        TEST(rotated_file_is_closed_when_it_is_quiet),
        TEST(compressed_copy_of_what_was_read_is_not_read_again),
        TEST(rotated_and_compressed_while_behind_is_read_once),
        TEST(deleted_while_behind_is_read_to_its_end),
        TEST(truncated_file_is_read_from_the_beginning),
        TEST(truncated_empty_file_is_followed),
        TEST(truncated_and_grown_beyond_the_old_end_is_noticed),
        TEST(truncated_and_grown_to_the_same_size_is_noticed),
        TEST(unread_rest_is_found_in_the_copy_under_the_same_ids),
        TEST(unread_rest_is_found_when_what_is_under_way_is_acknowledged),
        TEST(what_was_cut_twice_comes_in_its_order),
        TEST(copied_and_truncated_while_it_is_looked_at),
        TEST(copy_of_a_file_that_lives_on_is_not_read),
        TEST(contents_that_begin_alike_are_told_apart),
        TEST(live_files_that_begin_alike_are_both_read),
        TEST(restart_goes_on_behind_what_was_acknowledged),
        TEST(what_was_not_acknowledged_is_read_again_under_the_same_id),
        TEST(lost_state_gives_the_same_ids),
        TEST(renamed_while_down),
        TEST(compressed_while_down),
        TEST(copied_and_truncated_while_down),
        TEST(rotated_several_times_while_down),
        TEST(rotated_before_a_line_of_it_was_known),
        TEST(rotated_files_from_before_the_first_start_are_left_alone),
        TEST(rewritten_while_down_with_the_same_size),
        TEST(rewritten_while_down_beyond_the_old_end),
        TEST(same_header_and_nothing_acknowledged_keeps_inode_and_id_together),
        TEST(first_line_of_a_dated_file_is_waited_for),
        TEST(start_at_end_reads_only_what_comes),
        TEST(start_at_end_takes_later_files_from_their_beginning),
        TEST(start_at_end_inside_of_a_long_line_can_be_truncated),
        TEST(excluded_names_are_not_read),
        TEST(folder_may_be_a_symbolic_link),
        TEST(two_patterns_for_one_file_read_it_once),
        TEST(folder_that_appears_later_is_found),
        TEST(file_replaced_by_a_folder_and_back),
        TEST(archives_that_a_pattern_matches_are_read_once),
        TEST(damaged_archive_gives_what_can_be_read),
        TEST(nothing_is_lost_and_no_line_has_two_ids),
    };

    return cmocka_run_group_tests_name("tail", tests, NULL, NULL);
}
