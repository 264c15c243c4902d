/*
 * test_config.c - layers, expansion, units and messages of the configuration.
 *
 * Each test works in an empty folder of its own, with "app.yaml" as the user's
 * file, and with no ALPEX_ variable but those that it sets.
 */
#include "common/config.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/scope.h"

#define TEXT_MAX (8u << 20)

/* ---- the schema ---- */

enum kind { KIND_TAIL = 1, KIND_STDIN, KIND_SYSLOG };
enum feature { FEATURE_GEO = 1, FEATURE_BOTS = 2, FEATURE_THREATS = 4 };

struct input {
    enum kind type;
    char *path;
    char **paths;
    uint32_t paths_count;
    uint64_t line_max_bytes;
};

struct kafka {
    char **brokers;
    uint32_t brokers_count;
    char *topic;
    uint32_t linger_ms;
    char *password;
    char *ca;
};

struct app {
    struct kafka kafka;
    struct input *inputs;
    uint32_t inputs_count;
    char *redis_url;
    enum kind mode;
    uint32_t features;
    uint8_t workers;
    int8_t shift;
    uint64_t cache_bytes;
    int64_t offset_ms;
    double ratio;
    bool enabled;
    char name[8];
    int *threshold;
    int16_t pair[2];
};

static const cyaml_strval_t kinds[] = {
    {"tail", KIND_TAIL}, {"stdin", KIND_STDIN}, {"syslog", KIND_SYSLOG}};
static const cyaml_strval_t features[] = {
    {"geo", FEATURE_GEO}, {"bots", FEATURE_BOTS}, {"threats", FEATURE_THREATS}};
static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};
static const cyaml_schema_value_t short_value = {CYAML_VALUE_INT(CYAML_FLAG_DEFAULT, int16_t)};

static const cyaml_schema_field_t input_fields[] = {
    CYAML_FIELD_ENUM("type", CYAML_FLAG_DEFAULT, struct input, type, kinds, CYAML_ARRAY_LEN(kinds)),
    CYAML_FIELD_STRING_PTR("path", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct input, path, 1,
                           20),
    CYAML_FIELD_SEQUENCE("paths", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct input, paths,
                         &text_value, 0, 3),
    CYAML_FIELD_UINT("line_max_bytes", CYAML_FLAG_OPTIONAL, struct input, line_max_bytes),
    CYAML_FIELD_END};
static const cyaml_schema_value_t input_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct input, input_fields)};

static const cyaml_schema_field_t kafka_fields[] = {
    CYAML_FIELD_SEQUENCE("brokers", CYAML_FLAG_POINTER, struct kafka, brokers, &text_value, 1,
                         CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("topic", CYAML_FLAG_POINTER, struct kafka, topic, 1, CYAML_UNLIMITED),
    CYAML_FIELD_UINT("linger_ms", CYAML_FLAG_DEFAULT, struct kafka, linger_ms),
    CYAML_FIELD_STRING_PTR("password", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct kafka,
                           password, 0, 12),
    CYAML_FIELD_STRING_PTR("ca", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct kafka, ca, 0,
                           CYAML_UNLIMITED),
    CYAML_FIELD_END};

static const cyaml_schema_field_t app_fields[] = {
    CYAML_FIELD_MAPPING("kafka", CYAML_FLAG_DEFAULT, struct app, kafka, kafka_fields),
    CYAML_FIELD_SEQUENCE("inputs", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct app, inputs,
                         &input_value, 0, 12),
    CYAML_FIELD_STRING_PTR("redis_url", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct app,
                           redis_url, 0, CYAML_UNLIMITED),
    CYAML_FIELD_ENUM("mode", CYAML_FLAG_OPTIONAL, struct app, mode, kinds, CYAML_ARRAY_LEN(kinds)),
    CYAML_FIELD_FLAGS("features", CYAML_FLAG_OPTIONAL, struct app, features, features,
                      CYAML_ARRAY_LEN(features)),
    CYAML_FIELD_UINT("workers", CYAML_FLAG_OPTIONAL, struct app, workers),
    CYAML_FIELD_INT("shift", CYAML_FLAG_OPTIONAL, struct app, shift),
    CYAML_FIELD_UINT("cache_bytes", CYAML_FLAG_OPTIONAL, struct app, cache_bytes),
    CYAML_FIELD_INT("offset_ms", CYAML_FLAG_OPTIONAL, struct app, offset_ms),
    CYAML_FIELD_FLOAT("ratio", CYAML_FLAG_OPTIONAL, struct app, ratio),
    CYAML_FIELD_BOOL("enabled", CYAML_FLAG_OPTIONAL, struct app, enabled),
    CYAML_FIELD_STRING("name", CYAML_FLAG_OPTIONAL, struct app, name, 0),
    CYAML_FIELD_INT_PTR("threshold", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct app,
                        threshold),
    CYAML_FIELD_SEQUENCE_FIXED("pair", CYAML_FLAG_OPTIONAL, struct app, pair, &short_value, 2),
    CYAML_FIELD_IGNORE("x-notes", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_END};
static const cyaml_schema_value_t app_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct app, app_fields)};

static const char defaults[] = "# app.yaml - every key.\n"
                               "kafka:\n"
                               "  brokers: [localhost:9092]\n"
                               "  topic: logs\n"
                               "  linger_ms: 5ms\n"
                               "  password: \"\"\n"
                               "  ca:\n"
                               "# inputs:\n"
                               "#   - type: tail\n"
                               "#     path: /var/log/x.log\n"
                               "#     paths: [/a, /b]\n"
                               "#     line_max_bytes: 1MiB\n"
                               "inputs: []\n"
                               "redis_url: \"\"\n"
                               "mode: tail\n"
                               "features: []\n"
                               "workers: 2\n"
                               "shift: 0\n"
                               "cache_bytes: 64KiB\n"
                               "offset_ms: 0\n"
                               "ratio: 0.5\n"
                               "enabled: false\n"
                               "name: app\n"
                               "threshold:\n"
                               "pair: [1, 2]\n"
                               "x-notes:\n";

static const struct config_alias aliases[] = {
    {"TEST_WORKERS", "workers", NULL}, {"TEST_DEBUG", "mode", "stdin"}, {NULL, NULL, NULL}};

static const struct config_schema schema = {
    .program = "app",
    .schema = &app_value,
    .defaults = defaults,
    .aliases = aliases,
};

/* ---- the helpers ---- */

struct loaded {
    struct config *config;
    struct app *app;
    enum status status;
    struct error err;
    char folder[32];
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int setup(void **state)
{
    static const char *const mine[] = {"TEST_WORKERS", "TEST_DEBUG", "TEST_A", "TEST_B",
                                       "TEST_TOKEN"};
    struct loaded *loaded = calloc(1, sizeof(*loaded));
    scoped_buf struct buf name = BUF_INIT(TEXT_MAX);

    snprintf(loaded->folder, sizeof(loaded->folder), "/tmp/test_config.XXXXXX");
    assert_non_null(mkdtemp(loaded->folder));
    assert_int_equal(chdir(loaded->folder), 0);
    for (size_t i = 0; i < ARRAY_LEN(mine); i++)
        unsetenv(mine[i]);
    for (char **p = environ; *p;) {
        if (strncmp(*p, "ALPEX_", 6) != 0) {
            p++;
            continue;
        }
        buf_clear(&name);
        buf_add(&name, *p, strcspn(*p, "="));
        unsetenv(buf_str(&name));
    }
    *state = loaded;
    return 0;
}

static int teardown(void **state)
{
    struct loaded *loaded = *state;

    config_close(loaded->config);
    assert_int_equal(chdir("/"), 0);
    nftw(loaded->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(loaded);
    return 0;
}

static void put(const char *path, struct slice text)
{
    scoped_file FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
}

/* Loads what is in app.yaml. */
static void load_again(struct loaded *loaded, const char *const *settings)
{
    void *out = NULL;

    config_close(loaded->config);
    loaded->config = NULL;
    loaded->status =
        config_load(&schema, "app.yaml", settings, &loaded->config, &out, &loaded->err);
    loaded->app = out;
}

static void load_slice(struct loaded *loaded, struct slice yaml)
{
    put("app.yaml", yaml);
    load_again(loaded, NULL);
}

/* Loads `yaml`, which must be good. */
static struct app *load(void **state, const char *yaml)
{
    struct loaded *loaded = *state;

    load_slice(loaded, slice_of(yaml));
    if (loaded->status != OK)
        print_message("%s", loaded->err.text);
    assert_int_equal(loaded->status, OK);
    assert_non_null(loaded->app);
    return loaded->app;
}

/* Checks that `yaml` has exactly these problems. */
static void refuse(void **state, const char *yaml, const char *problems)
{
    struct loaded *loaded = *state;

    load_slice(loaded, slice_of(yaml));
    assert_int_equal(loaded->status, REJECT);
    assert_string_equal(config_problems(loaded->config), problems);
}

static void expect_part(const char *text, const char *part)
{
    if (!strstr(text, part))
        print_message("not in it: %s\n", part);
    assert_non_null(strstr(text, part));
}

/* Checks that `yaml` is refused and that `part` is said about it. */
static void refuse_slice(void **state, struct slice yaml, const char *part)
{
    struct loaded *loaded = *state;

    load_slice(loaded, yaml);
    assert_int_equal(loaded->status, REJECT);
    expect_part(config_problems(loaded->config), part);
}

static const char *print(void **state, struct buf *out)
{
    struct loaded *loaded = *state;

    assert_int_equal(config_print(loaded->config, out, &loaded->err), OK);
    return buf_str(out);
}

/* ---- layers ---- */

static void defaults_apply_without_a_file(void **state)
{
    struct loaded *loaded = *state;
    void *out = NULL;

    assert_int_equal(config_load(&schema, NULL, NULL, &loaded->config, &out, &loaded->err), OK);
    assert_string_equal(((struct app *)out)->kafka.topic, "logs");
    assert_int_equal(((struct app *)out)->kafka.linger_ms, 5);
    assert_null(((struct app *)out)->threshold);
}

static void a_file_wins_over_the_defaults_key_by_key(void **state)
{
    struct app *app = load(state, "kafka:\n  topic: mine\nenabled: yes\nthreshold: -7\n");

    assert_string_equal(app->kafka.topic, "mine");
    assert_string_equal(app->kafka.brokers[0], "localhost:9092");
    assert_true(app->enabled);
    assert_int_equal(*app->threshold, -7);
}

static void the_environment_wins_over_the_file(void **state)
{
    setenv("ALPEX_KAFKA_TOPIC", "environment", 1);
    assert_string_equal(load(state, "kafka:\n  topic: file\n")->kafka.topic, "environment");
}

static void settings_win_over_the_environment(void **state)
{
    struct loaded *loaded = *state;
    static const char *const settings[] = {"kafka.topic=setting", "inputs[0].type=stdin",
                                           "kafka.brokers=a,b", NULL};

    setenv("ALPEX_KAFKA_TOPIC", "environment", 1);
    put("app.yaml", SLICE("kafka:\n  topic: file\n"));
    load_again(loaded, settings);
    assert_string_equal(loaded->app->kafka.topic, "setting");
    assert_int_equal(loaded->app->inputs[0].type, KIND_STDIN);
    assert_int_equal(loaded->app->kafka.brokers_count, 2);
}

static void wrong_settings_are_problems(void **state)
{
    struct loaded *loaded = *state;
    static const char *const settings[] = {
        "kafka.topik=x", "kafka",          "=x", "inputs[4].type=tail",
        "workers=900",   "kafka..topic=x", NULL};

    put("app.yaml", SLICE(""));
    load_again(loaded, settings);
    assert_int_equal(loaded->status, REJECT);
    assert_string_equal(
        config_problems(loaded->config),
        "command line: 'kafka' is not key=value\n"
        "command line: '=x' is not key=value\n"
        "command line: inputs[4].type: cannot be set: the list ends before this element\n"
        "command line: kafka..topic: cannot be set: it is not the path of a key\n"
        "command line: kafka.topik: unknown key; did you mean 'topic'?\n"
        "command line: workers: '900' is out of range; expected 0 to 255\n");
}

static void a_list_replaces_the_earlier_one(void **state)
{
    struct app *app = load(state, "kafka:\n  brokers: [a:1, b:2]\n"
                                  "inputs:\n  - {type: tail, path: /x}\n  - type: stdin\n");

    assert_int_equal(app->kafka.brokers_count, 2);
    assert_string_equal(app->kafka.brokers[1], "b:2");
    assert_int_equal(app->inputs_count, 2);
    assert_string_equal(app->inputs[0].path, "/x");
    assert_int_equal(app->inputs[1].type, KIND_STDIN);
    assert_null(app->inputs[1].path);
    assert_int_equal(app->inputs[1].line_max_bytes, 0);
}

static void an_empty_list_replaces_too(void **state)
{
    assert_int_equal(load(state, "pair: [3, 4]\nfeatures: []\n")->features, 0);
}

static void a_key_without_value_keeps_the_earlier_layer(void **state)
{
    struct app *app = load(state, "kafka:\nworkers: ~\nname: null\nredis_url:\n");

    assert_string_equal(app->kafka.topic, "logs");
    assert_int_equal(app->workers, 2);
    assert_string_equal(app->name, "app");
}

static void quoted_words_are_text(void **state)
{
    struct app *app = load(state, "kafka: {topic: \"null\", password: '~'}\nname: !!str 12\n");

    assert_string_equal(app->kafka.topic, "null");
    assert_string_equal(app->kafka.password, "~");
    assert_string_equal(app->name, "12");
}

static void anything_may_stand_under_an_ignored_key(void **state)
{
    load(state, "x-notes: {a: [1, {b: c}], d: ~}\n");
}

static void flags_and_fixed_lists_are_filled(void **state)
{
    struct app *app = load(state, "features: [geo, threats]\npair: [-1, 0x10]\n");

    assert_int_equal(app->features, FEATURE_GEO | FEATURE_THREATS);
    assert_int_equal(app->pair[0], -1);
    assert_int_equal(app->pair[1], 16);
}

static void anchors_aliases_and_merge_keys_work(void **state)
{
    struct app *app = load(state, "inputs:\n"
                                  "  - &common {type: tail, paths: &p [/a, /b], path: /x}\n"
                                  "  - {<<: *common, type: stdin}\n"
                                  "  - {<<: [*common], paths: *p}\n"
                                  "  - *common\n");

    assert_int_equal(app->inputs_count, 4);
    assert_int_equal(app->inputs[1].type, KIND_STDIN);
    assert_string_equal(app->inputs[1].path, "/x");
    assert_string_equal(app->inputs[2].paths[1], "/b");
    assert_string_equal(app->inputs[3].path, "/x");
}

/* ---- environment ---- */

static void variables_reach_indexed_keys(void **state)
{
    struct app *app;

    setenv("ALPEX_INPUTS_0_PATH", "/changed", 1);
    setenv("ALPEX_INPUTS_1_TYPE", "stdin", 1);
    setenv("ALPEX_INPUTS_1_LINE_MAX_BYTES", "2KiB", 1);
    setenv("ALPEX_INPUTS_1_PATHS", "/a, /b,", 1);
    setenv("ALPEX_INPUTS_1_PATHS_0", "", 1);
    unsetenv("ALPEX_INPUTS_1_PATHS_0");
    app = load(state, "inputs:\n  - {type: tail, path: /x}\n");
    assert_int_equal(app->inputs_count, 2);
    assert_string_equal(app->inputs[0].path, "/changed");
    assert_int_equal(app->inputs[0].type, KIND_TAIL);
    assert_int_equal(app->inputs[1].line_max_bytes, 2048);
    assert_int_equal(app->inputs[1].paths_count, 2);
    assert_string_equal(app->inputs[1].paths[1], "/b");
}

static void elements_are_added_in_order_of_number(void **state)
{
    char name[32], path[32];
    struct app *app;

    for (int i = 11; i >= 0; i--) {
        snprintf(name, sizeof(name), "ALPEX_INPUTS_%d_TYPE", i);
        setenv(name, "tail", 1);
        snprintf(name, sizeof(name), "ALPEX_INPUTS_%d_PATH", i);
        snprintf(path, sizeof(path), "/%d", i);
        setenv(name, path, 1);
    }
    app = load(state, "");
    assert_int_equal(app->inputs_count, 12);
    assert_string_equal(app->inputs[10].path, "/10");
}

static void an_element_behind_the_next_is_a_problem(void **state)
{
    setenv("ALPEX_INPUTS_1_TYPE", "tail", 1);
    refuse(state, "",
           "ALPEX_INPUTS_1_TYPE (environment): inputs[1].type: cannot be set: the list ends before "
           "this element\n");
}

static void variables_of_others_are_passed_over(void **state)
{
    setenv("ALPEX_STATE_DIR", "/x", 1);
    setenv("ALPEX_KAFKA_", "/x", 1);
    setenv("ALPEX_", "/x", 1);
    setenv("ALPEX_INPUTS_X_TYPE", "/x", 1);
    setenv("ALPEX_INPUTS_00_TYPE", "/x", 1);
    setenv("ALPEX_KAFKA_TOPIC_X", "/x", 1);
    load(state, "");
}

static void an_empty_variable_empties_texts_and_lists_only(void **state)
{
    struct app *app;

    setenv("ALPEX_REDIS_URL", "", 1);
    setenv("ALPEX_WORKERS", "", 1);
    setenv("ALPEX_INPUTS", "", 1);
    setenv("ALPEX_INPUTS_0_PATHS", "", 1);
    app = load(state, "redis_url: redis://x\nworkers: 3\ninputs: [{type: tail, paths: [/a]}]\n");
    assert_string_equal(app->redis_url, "");
    assert_int_equal(app->workers, 3);
    assert_int_equal(app->inputs[0].paths_count, 0);
}

static void aliases_set_their_key(void **state)
{
    struct app *app;

    setenv("TEST_WORKERS", "9", 1);
    setenv("TEST_DEBUG", "on", 1);
    app = load(state, "workers: 3\n");
    assert_int_equal(app->workers, 9);
    assert_int_equal(app->mode, KIND_STDIN);
    setenv("TEST_DEBUG", "0", 1);
    setenv("ALPEX_WORKERS", "4", 1);
    app = load(state, "workers: 3\n");
    assert_int_equal(app->workers, 4);
    assert_int_equal(app->mode, KIND_TAIL);
}

static void a_wrong_variable_is_named(void **state)
{
    setenv("ALPEX_KAFKA_LINGER_MS", "5x", 1);
    setenv("TEST_WORKERS", "many", 1);
    refuse(state, "",
           "ALPEX_KAFKA_LINGER_MS (environment): kafka.linger_ms: '5x' is not a duration; "
           "expected e.g. 250ms, 5s, 2m\n"
           "TEST_WORKERS (environment): workers: 'many' is not a whole number; expected e.g. 0, "
           "12, 5000, without leading zeros\n");
}

static void a_variable_of_a_mapping_is_refused(void **state)
{
    setenv("ALPEX_KAFKA", "x", 1);
    setenv("ALPEX_KAFKA_LINGER_MS", "5s", 1);
    refuse(state, "",
           "ALPEX_KAFKA_LINGER_MS (environment): kafka.linger_ms: cannot be set: what is above it "
           "has no such part\n"
           "ALPEX_KAFKA (environment): kafka: expected a mapping (keys below it), found 'x'; its "
           "keys have variables of their own\n");
}

static void a_variable_that_is_not_utf8_is_a_problem(void **state)
{
    setenv("ALPEX_KAFKA_TOPIC", "a\xff\xc0\x80", 1);
    refuse(state, "",
           "ALPEX_KAFKA_TOPIC (environment): kafka.topic: is not valid UTF-8 text, or holds a "
           "NUL\n");
}

/* ---- expansion ---- */

static const struct {
    const char *text, *expanded;
} expansions[] = {
    {"${TEST_A}", "alpha"},
    {"x${TEST_A}y${TEST_A}", "xalphayalpha"},
    {"${TEST_B}", ""},
    {"${TEST_NONE:-other}", "other"},
    {"${TEST_NONE:-}", ""},
    {"${TEST_B:-empty}", "empty"},
    {"${TEST_NONE:-${TEST_A}!}", "alpha!"},
    {"${TEST_NONE:-a:-b}", "a:-b"},
    {"$${TEST_A}", "${TEST_A}"},
    {"$$", "$$"},
    {"^a$", "^a$"},
    {"$TEST_A", "$TEST_A"},
    {"${file:secret.txt}", "from file"},
    {"<${file:secret.txt}>", "<from file>"},
};

static void references_are_expanded(void **state)
{
    char yaml[128];

    setenv("TEST_A", "alpha", 1);
    setenv("TEST_B", "", 1);
    put("secret.txt", SLICE("from file\n"));
    for (size_t i = 0; i < ARRAY_LEN(expansions); i++) {
        snprintf(yaml, sizeof(yaml), "redis_url: '%s'\n", expansions[i].text);
        assert_string_equal(load(state, yaml)->redis_url, expansions[i].expanded);
    }
}

static void what_was_put_in_is_not_expanded_again(void **state)
{
    setenv("TEST_A", "${TEST_B}", 1);
    assert_string_equal(load(state, "redis_url: ${TEST_A}\n")->redis_url, "${TEST_B}");
}

static void references_work_in_every_type_and_layer(void **state)
{
    struct app *app;

    setenv("TEST_A", "3", 1);
    setenv("ALPEX_NAME", "n${TEST_A}", 1);
    app = load(state, "workers: ${TEST_A}\ncache_bytes: ${TEST_A}KiB\nmode: ${TEST_B:-stdin}\n");
    assert_int_equal(app->workers, 3);
    assert_int_equal(app->cache_bytes, 3072);
    assert_int_equal(app->mode, KIND_STDIN);
    assert_string_equal(app->name, "n3");
}

static void one_reference_may_stand_for_a_list(void **state)
{
    struct app *app;

    setenv("TEST_A", "a:1, b:2", 1);
    app = load(state, "kafka:\n  brokers: ${TEST_A}\nfeatures: ${TEST_B:-geo,bots}\n");
    assert_int_equal(app->kafka.brokers_count, 2);
    assert_string_equal(app->kafka.brokers[1], "b:2");
    assert_int_equal(app->features, FEATURE_GEO | FEATURE_BOTS);
}

static void only_values_in_force_are_expanded(void **state)
{
    setenv("ALPEX_REDIS_URL", "redis://x", 1);
    assert_string_equal(load(state, "redis_url: ${TEST_NONE}\n")->redis_url, "redis://x");
}

static const struct {
    const char *text, *problem;
} bad_expansions[] = {
    {"${TEST_NONE}",
     "the environment variable 'TEST_NONE' is not set; ${NAME:-default} has a default"},
    {"${file:none.txt}", "cannot read 'none.txt': No such file or directory"},
    {"${file:.}", "cannot read '.': Is a directory"},
    {"${file:/dev/zero}", "cannot read '/dev/zero': File too large"},
    {"${file:big.txt}${file:big.txt}", "longer than 65536 bytes when expanded"},
    {"${TEST_A", "`${` has no `}`; write $${ for the text itself"},
    {"${TEST_NONE:-${TEST_A}", "`${` has no `}`; write $${ for the text itself"},
    {"${}", "`${` begins neither ${NAME}, ${NAME:-default} nor ${file:/path}; write $${ for the "
            "text itself"},
    {"${TEST A}", "`${` begins neither ${NAME}, ${NAME:-default} nor ${file:/path}; write $${ for "
                  "the text itself"},
    {"${1}", "`${` begins neither ${NAME}, ${NAME:-default} nor ${file:/path}; write $${ for the "
             "text itself"},
};

static void references_to_nothing_are_problems(void **state)
{
    static char big[60000];
    char yaml[128], problem[256];

    memset(big, 'x', sizeof(big));
    put("big.txt", (struct slice){big, sizeof(big)});
    for (size_t i = 0; i < ARRAY_LEN(bad_expansions); i++) {
        snprintf(yaml, sizeof(yaml), "\nredis_url: '%s'\nname: ok\n", bad_expansions[i].text);
        snprintf(problem, sizeof(problem), "app.yaml:2: redis_url: %s\n",
                 bad_expansions[i].problem);
        refuse(state, yaml, problem);
    }
}

static void a_file_with_a_nul_is_a_problem(void **state)
{
    put("nul.txt", SLICE("a\0b\n"));
    refuse(state, "redis_url: ${file:nul.txt}\n",
           "app.yaml:1: redis_url: is not valid UTF-8 text, or holds a NUL\n");
}

/* ---- values ---- */

static void units_go_by_the_ending_of_the_key(void **state)
{
    struct app *app = load(state, "offset_ms: -1.5s\ncache_bytes: 16MiB\nthreshold: -7\n");

    assert_int_equal(app->offset_ms, -1500);
    assert_int_equal(app->cache_bytes, 16 << 20);
    assert_int_equal(*app->threshold, -7);
}

static const struct {
    const char *yaml, *problem;
} bad_values[] = {
    {"offset_ms: 5x", "offset_ms: '5x' is not a duration; expected e.g. 250ms, 5s, 2m"},
    {"offset_ms: 9223372036854775807s",
     "offset_ms: '9223372036854775807s' is out of range; expected -9223372036854775808 to "
     "9223372036854775807"},
    {"cache_bytes: 12K", "cache_bytes: '12K' is not a size; expected e.g. 64KiB, 16MiB, 1GiB"},
    {"cache_bytes: 99999999TiB",
     "cache_bytes: '99999999TiB' is out of range; expected 0 to 18446744073709551615"},
    {"cache_bytes: 18446744073709551616",
     "cache_bytes: '18446744073709551616' is out of range; expected 0 to 18446744073709551615"},
    {"cache_bytes: -1", "cache_bytes: '-1' is out of range; expected 0 to 18446744073709551615"},
    {"workers: 256", "workers: '256' is out of range; expected 0 to 255"},
    {"workers: -1", "workers: '-1' is out of range; expected 0 to 255"},
    {"workers: 5s", "workers: '5s' is not a whole number; expected e.g. 0, 12, 5000, without "
                    "leading zeros"},
    {"workers: 010", "workers: '010' is not a whole number; expected e.g. 0, 12, 5000, without "
                     "leading zeros"},
    {"workers: 1.0", "workers: '1.0' is not a whole number; expected e.g. 0, 12, 5000, without "
                     "leading zeros"},
    {"workers: 0x", "workers: '0x' is not a whole number; expected e.g. 0, 12, 5000, without "
                    "leading zeros"},
    {"shift: 128", "shift: '128' is out of range; expected -128 to 127"},
    {"shift: -129", "shift: '-129' is out of range; expected -128 to 127"},
    {"ratio: half", "ratio: 'half' is not a number; expected e.g. 0.5, 12, 1e6"},
    {"ratio: nan", "ratio: 'nan' is not a number; expected e.g. 0.5, 12, 1e6"},
    {"ratio: 1e999", "ratio: '1e999' is not a number; expected e.g. 0.5, 12, 1e6"},
    {"ratio: 0.5x", "ratio: '0.5x' is not a number; expected e.g. 0.5, 12, 1e6"},
    {"enabled: maybe", "enabled: 'maybe' is neither true nor false"},
    {"mode: stdni", "mode: unknown mode 'stdni'; did you mean 'stdin'? expected one of: tail, "
                    "stdin, syslog"},
    {"mode: 1", "mode: unknown mode '1'; expected one of: tail, stdin, syslog"},
    {"features: [geo, flood]",
     "features[1]: unknown features 'flood'; expected one of: geo, bots, threats"},
    {"features: [[geo]]", "features[0]: expected a word"},
    {"name: 12345678", "name: is 8 bytes long; expected at most 7"},
    {"pair: [1]", "pair: has 1 elements; expected at least 2"},
    {"pair: [1, 2, 3]", "pair: has 3 elements; expected at most 2"},
    {"pair: [1, 40000]", "pair[1]: '40000' is out of range; expected -32768 to 32767"},
    {"kafka: {topic: ''}", "kafka.topic: is empty"},
    {"kafka: {brokers: []}", "kafka.brokers: has 0 elements; expected at least 1"},
    {"kafka: {brokers: [a, ~]}", "kafka.brokers[1]: is empty"},
    {"kafka: {brokers: a}", "kafka.brokers: expected a list such as [a, b], found 'a'"},
    {"kafka: {topic: [a]}", "kafka.topic: expected one value, found a list"},
    {"kafka: [a]", "kafka: expected a mapping (keys below it), found a list"},
    {"kafka: a", "kafka: expected a mapping (keys below it), found 'a'"},
    {"inputs: a", "inputs: expected a list of mappings, found 'a'"},
    {"inputs: [a]", "inputs[0]: expected a mapping (keys below it), found 'a'"},
    {"inputs: [{}]", "inputs[0].type: missing; it is required"},
    {"inputs: [{type: tail, type: tail}]", "inputs[0].type: given twice; first on line 1"},
    {"inputs: [{type: tail, paths: [a, b, c, d]}]",
     "inputs[0].paths: has 4 elements; expected at most 3"},
    {"kafka: {topik: a}", "kafka.topik: unknown key; did you mean 'topic'?"},
    {"kafka: {Topic: a}", "kafka.Topic: unknown key; did you mean 'topic'?"},
    {"kafka: {opitc: a}",
     "kafka.opitc: unknown key; expected one of: brokers, topic, linger_ms, password, ca"},
    {"kafka: {zzz: a}",
     "kafka.zzz: unknown key; expected one of: brokers, topic, linger_ms, password, ca"},
    {"quux: a", "quux: unknown key"},
    {"redis_url: \"a\\0b\"", "redis_url: is not valid UTF-8 text, or holds a NUL"},
    {"\"a\\nb\\e[31m\": 1", "a?b?[31m: unknown key"},
};

static void every_kind_of_problem_is_told(void **state)
{
    char yaml[128], problem[256];

    for (size_t i = 0; i < ARRAY_LEN(bad_values); i++) {
        snprintf(yaml, sizeof(yaml), "%s\n", bad_values[i].yaml);
        snprintf(problem, sizeof(problem), "app.yaml:1: %s\n", bad_values[i].problem);
        refuse(state, yaml, problem);
    }
}

/* ---- problems ---- */

static void all_problems_are_told_in_order_of_line(void **state)
{
    setenv("ALPEX_SHIFT", "far", 1);
    refuse(state,
           "inputs:\n"
           "  - type: tail\n"
           "    path: ''\n"
           "\n"
           "  - paths: [a]\n"
           "    line_max_bytes: 1XB\n"
           "kafka:\n"
           "  topic: |\n"
           "    text\n"
           "  lingerms: 5\n"
           "workers: 1\n"
           "workers: 2\n"
           "redis_url: ${TEST_NONE}\n",
           "app.yaml:3: inputs[0].path: is empty\n"
           "app.yaml:5: inputs[1].type: missing; it is required\n"
           "app.yaml:6: inputs[1].line_max_bytes: '1XB' is not a size; expected e.g. 64KiB, "
           "16MiB, 1GiB\n"
           "app.yaml:10: kafka.lingerms: unknown key; did you mean 'linger_ms'?\n"
           "app.yaml:12: workers: given twice; first on line 11\n"
           "app.yaml:13: redis_url: the environment variable 'TEST_NONE' is not set; "
           "${NAME:-default} has a default\n"
           "ALPEX_SHIFT (environment): shift: 'far' is not a whole number; expected e.g. 0, 12, "
           "5000, without leading zeros\n");
    assert_int_equal(config_problem_count(((struct loaded *)*state)->config), 7);
}

static void the_error_has_the_first_problem(void **state)
{
    struct loaded *loaded = *state;

    refuse(state, "workers: x\nshift: y\n",
           "app.yaml:1: workers: 'x' is not a whole number; expected e.g. 0, 12, 5000, without "
           "leading zeros\n"
           "app.yaml:2: shift: 'y' is not a whole number; expected e.g. 0, 12, 5000, without "
           "leading zeros\n");
    expect_part(loaded->err.text, "2 problems in the configuration; the first: app.yaml:1: ");
    assert_null(strchr(loaded->err.text, '\n'));
}

static void problems_beyond_the_hundredth_are_counted(void **state)
{
    scoped_buf struct buf yaml = BUF_INIT(TEXT_MAX);
    struct loaded *loaded = *state;

    for (int i = 0; i < 250; i++)
        buf_addf(&yaml, "wrong%d: 1\n", i);
    load_slice(loaded, buf_slice(&yaml));
    assert_int_equal(config_problem_count(loaded->config), 250);
    expect_part(config_problems(loaded->config), "and 150 more problems\n");
}

static void problems_are_told_as_json(void **state)
{
    scoped_buf struct buf json = BUF_INIT(TEXT_MAX);
    struct loaded *loaded = *state;

    refuse(state, "\nmode: \"a\\\"b\"\n",
           "app.yaml:2: mode: unknown mode 'a\"b'; expected one of: tail, stdin, syslog\n");
    config_problems_json(loaded->config, &json);
    assert_string_equal(buf_str(&json),
                        "[{\"file\":\"app.yaml\",\"line\":2,\"key\":\"mode\",\"message\":\"unknown "
                        "mode 'a\\\"b'; expected one of: tail, stdin, syslog\"}]");
}

static void the_programs_own_problems_get_the_line_of_the_key(void **state)
{
    struct loaded *loaded = *state;

    setenv("ALPEX_NAME", "x", 1);
    load(state, "\ninputs:\n  - type: tail\n    path: /x\n");
    assert_string_equal(config_problems(loaded->config), "");
    config_problem(loaded->config, "workers", "too %s", "few");
    config_problem(loaded->config, "name", "taken");
    config_problem(loaded->config, "inputs[0].path", "not there");
    config_problem(loaded->config, "inputs[0].paths", "missing");
    config_problem(loaded->config, "inputs[7].paths", "missing");
    config_problem(loaded->config, "a.b[1]", "odd");
    assert_string_equal(config_problems(loaded->config), "defaults:17: workers: too few\n"
                                                         "app.yaml: a.b[1]: odd\n"
                                                         "app.yaml:2: inputs[7].paths: missing\n"
                                                         "app.yaml:3: inputs[0].paths: missing\n"
                                                         "app.yaml:4: inputs[0].path: not there\n"
                                                         "ALPEX_NAME (environment): name: taken\n");
    assert_int_equal(config_problem_count(loaded->config), 6);
}

static void variables_with_very_long_names_are_passed_over(void **state)
{
    char name[3000] = "ALPEX_KAFKA_TOPIC";

    memset(name + strlen(name), 'X', sizeof(name) - strlen(name) - 1);
    setenv(name, "x", 1);
    load(state, "");
}

static void long_values_are_shortened(void **state)
{
    scoped_buf struct buf yaml = BUF_INIT(TEXT_MAX);
    struct loaded *loaded = *state;

    buf_add_text(&yaml, "mode: ");
    for (int i = 0; i < 10000; i++)
        buf_add_text(&yaml, "\xc3\xa4");
    load_slice(loaded, buf_slice(&yaml));
    assert_int_equal(loaded->status, REJECT);
    expect_part(config_problems(loaded->config), "\xc3\xa4...'; expected one of");
    assert_true(strlen(config_problems(loaded->config)) < 300);
}

/* ---- secrets ---- */

static void printing_masks_secrets(void **state)
{
    scoped_buf struct buf out = BUF_INIT(TEXT_MAX);

    put("ca.pem", SLICE("PRIVATE\n"));
    load(state, "kafka:\n  password: hunter2\n  ca: ${file:ca.pem}\n"
                "redis_url: redis://user:hunter2@host:6379/0\n");
    print(state, &out);
    assert_null(strstr(buf_str(&out), "hunter2"));
    assert_null(strstr(buf_str(&out), "PRIVATE"));
    expect_part(buf_str(&out), "password: \"***\"  # app.yaml:2\n");
    expect_part(buf_str(&out), "ca: \"***\"  # app.yaml:3\n");
    expect_part(buf_str(&out), "redis_url: \"redis://user:***@host:6379/0\"  # app.yaml:4\n");
}

static void variables_named_like_a_secret_are_masked(void **state)
{
    scoped_buf struct buf out = BUF_INIT(TEXT_MAX);

    setenv("TEST_TOKEN", "hunter2", 1);
    load(state, "redis_url: a ${TEST_TOKEN}\nname: ${TEST_TOKEN:-x}\n");
    expect_part(print(state, &out), "redis_url: \"***\"");
    assert_null(strstr(buf_str(&out), "hunter2"));
    refuse(state, "mode: ${TEST_TOKEN}\n",
           "app.yaml:1: mode: unknown mode '***'; expected one of: tail, stdin, syslog\n");
}

static void messages_never_tell_secrets(void **state)
{
    struct loaded *loaded = *state;
    static const char *const texts[] = {
        "kafka: {password: hunter2hunter2}\n",     "kafka: {password: [hunter2]}\n",
        "kafka: {password: {hunter2: hunter2}}\n", "kafka: {password: 'x${hunter2}'}\n",
        "kafka: {password: '${hunter2'}\n",        "kafka: {password: *hunter2}\n",
        "kafka: {password: !hunter2 x}\n",         "mode: redis://u:hunter2@x\n",
        "kafka: {password: \"hunter2\n",           "kafka: {password: hunter2\\0}\n",
        "kafka: {password: @hunter2}\n",           "kafka: {token: hunter2}\n",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        load_slice(loaded, slice_of(texts[i]));
        if (loaded->status == OK)
            continue;
        assert_null(strstr(config_problems(loaded->config), "hunter2"));
        assert_null(strstr(loaded->err.text, "hunter2"));
    }
}

/* ---- printing ---- */

static void what_is_printed_loads_to_the_same(void **state)
{
    scoped_buf struct buf first = BUF_INIT(TEXT_MAX), second = BUF_INIT(TEXT_MAX);
    struct loaded *loaded = *state;

    setenv("TEST_A", "yes", 1);
    load(state, "kafka: {topic: \"a: b # c\\n\\t\\x01\\u2028 \\\"q\\\" \\\\ $${x} \xc3\xa4\",\n"
                "        brokers: ['on', '', 12, 'x y', '- a', '${TEST_A}']}\n"
                "inputs:\n  - {type: tail, paths: []}\n  - {type: stdin, path: /x}\n"
                "features: [bots]\nratio: 1e3\noffset_ms: -5s\nthreshold: 4\nname: 'null'\n");
    print(state, &first);
    load_slice(loaded, buf_slice(&first));
    assert_int_equal(loaded->status, OK);
    assert_string_equal(loaded->app->kafka.topic,
                        "a: b # c\n\t\x01\xe2\x80\xa8 \"q\" \\ ${x} \xc3\xa4");
    assert_int_equal(loaded->app->kafka.brokers_count, 6);
    assert_int_equal(loaded->app->inputs_count, 2);
    put("app.yaml", buf_slice(&first));
    load_again(loaded, NULL);
    print(state, &second);
    assert_true(loaded->app->offset_ms == -5000);
}

static void printing_follows_the_schema_and_tells_origins(void **state)
{
    scoped_buf struct buf out = BUF_INIT(TEXT_MAX);

    setenv("ALPEX_WORKERS", "4", 1);
    load(state, "mode: stdin\ninputs:\n  - path: /x\n    type: tail\n  - type: stdin\n    paths: "
                "[/a, /b]\nkafka: {linger_ms: 2s}\n");
    assert_string_equal(print(state, &out), "kafka:\n"
                                            "  brokers:\n"
                                            "    - localhost:9092\n"
                                            "  topic: logs\n"
                                            "  linger_ms: 2s  # app.yaml:7\n"
                                            "  password: \"\"\n"
                                            "inputs:  # app.yaml:2\n"
                                            "  - type: tail  # app.yaml:4\n"
                                            "    path: /x  # app.yaml:3\n"
                                            "  - type: stdin  # app.yaml:5\n"
                                            "    paths:  # app.yaml:6\n"
                                            "      - /a\n"
                                            "      - /b\n"
                                            "redis_url: \"\"\n"
                                            "mode: stdin  # app.yaml:1\n"
                                            "features: []\n"
                                            "workers: 4  # ALPEX_WORKERS (environment)\n"
                                            "shift: 0\n"
                                            "cache_bytes: 64KiB\n"
                                            "offset_ms: 0\n"
                                            "ratio: 0.5\n"
                                            "enabled: false\n"
                                            "name: app\n"
                                            "pair:\n"
                                            "  - 1\n"
                                            "  - 2\n");
}

static void a_refused_configuration_is_not_printed(void **state)
{
    scoped_buf struct buf out = BUF_INIT(TEXT_MAX);
    struct loaded *loaded = *state;

    refuse_slice(state, SLICE("a: ["), "not valid YAML");
    assert_int_equal(config_print(loaded->config, &out, &loaded->err), REJECT);
}

/* ---- the file ---- */

static void an_absent_file_is_written_with_the_defaults(void **state)
{
    struct loaded *loaded = *state;
    char text[sizeof(defaults) + 1] = "";
    scoped_file FILE *file = NULL;
    struct stat st;

    load_again(loaded, NULL);
    assert_int_equal(loaded->status, OK);
    assert_int_equal(stat("app.yaml", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    file = fopen("app.yaml", "r");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof(text), file), sizeof(defaults) - 1);
    assert_string_equal(text, defaults);
    load_again(loaded, NULL);
    assert_int_equal(loaded->status, OK);
    assert_string_equal(loaded->app->kafka.topic, "logs");
    load(state, "kafka: {topic: second}\n");
    load_again(loaded, NULL);
    assert_string_equal(loaded->app->kafka.topic, "second");
}

static void a_missing_folder_is_told(void **state)
{
    struct loaded *loaded = *state;
    void *out = NULL;

    assert_int_equal(
        config_load(&schema, "none/app.yaml", NULL, &loaded->config, &out, &loaded->err), FATAL);
    assert_string_equal(loaded->err.text,
                        "cannot write 'none/app.yaml' with the defaults: there is no such folder");
    assert_null(loaded->config);
}

static void a_folder_instead_of_a_file_is_told(void **state)
{
    struct loaded *loaded = *state;
    void *out = NULL;

    assert_int_equal(config_load(&schema, ".", NULL, &loaded->config, &out, &loaded->err), FATAL);
    assert_string_equal(loaded->err.text, "cannot read '.': Is a directory");
}

static void a_name_without_file_leaves_nothing_behind(void **state)
{
    struct loaded *loaded = *state;
    void *out = NULL;

    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(config_load(&schema, "loop", NULL, &loaded->config, &out, &loaded->err),
                     FATAL);
    assert_int_equal(access("loop.XXXXXX", F_OK), -1);
}

/* ---- hostile documents ---- */

static void a_document_that_cannot_be_read_is_refused(void **state)
{
    refuse(state, "workers: 900\n\tshift: 1\n",
           "app.yaml:2: not valid YAML: a tab in the indentation; use spaces\n");
}

static void an_empty_document_is_no_problem(void **state)
{
    static const char *const texts[] = {"",     "\n\n", "# only\n# comments\n",       "---\n",
                                        "{}\n", "~\n",  "\xef\xbb\xbf# with a mark\n"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_string_equal(load(state, texts[i])->kafka.topic, "logs");
}

static void an_endless_file_is_refused(void **state)
{
    struct loaded *loaded = *state;
    void *out = NULL;

    assert_int_equal(config_load(&schema, "/dev/zero", NULL, &loaded->config, &out, &loaded->err),
                     REJECT);
}

static void expansion_cannot_grow_without_end(void **state)
{
    scoped_buf struct buf yaml = BUF_INIT(TEXT_MAX);
    static char value[60000];

    memset(value, 'x', sizeof(value) - 1);
    setenv("TEST_A", value, 1);
    buf_add_text(&yaml, "redis_url: '");
    for (int i = 0; i < 50000; i++)
        buf_add_text(&yaml, "${TEST_A}");
    buf_add_text(&yaml, "'\n");
    refuse_slice(state, buf_slice(&yaml), "longer than 65536 bytes when expanded");
    buf_clear(&yaml);
    buf_add_text(&yaml, "kafka:\n  brokers:\n");
    for (int i = 0; i < 5000; i++)
        buf_add_text(&yaml, "    - ${TEST_A}\n");
    refuse_slice(state, buf_slice(&yaml), "longer than 65536 bytes when expanded");
}

/* ---- completeness ---- */

static void a_complete_default_document_misses_nothing(void **state)
{
    scoped_buf struct buf names = BUF_INIT(TEXT_MAX);

    (void)state;
    assert_int_equal(config_keys_missing(&schema, &names), 0);
    assert_string_equal(buf_str(&names), "");
}

static void keys_that_the_default_document_misses_are_named(void **state)
{
    struct config_schema part = schema;
    scoped_buf struct buf names = BUF_INIT(TEXT_MAX);

    (void)state;
    part.defaults = "kafka: {brokers: [], topic: x, linger_ms: 1}\n"
                    "inputs: [{type: tail}, {path: x}]\n#  - line_max_bytes: 1\n"
                    "# mode: tail\n# typed: paths: \n"
                    "features: []\nworkers: 1\nshift: 1\ncache_bytes: 1\noffset_ms: 1\n"
                    "ratio: 1\nenabled: 1\nname: x\nthreshold:\npair: [1, 2]\nx-notes:\n";
    assert_int_equal(config_keys_missing(&part, &names), 5);
    assert_string_equal(buf_str(&names),
                        "kafka.password\nkafka.ca\ninputs[].paths\nredis_url\nmode\n");
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    config_close(NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* So that the program's own checks can add their problems to these. */
static void what_is_good_is_loaded_in_spite_of_problems(void **state)
{
    struct loaded *loaded = *state;

    load_slice(loaded, SLICE("kafka: {topic: mine, linger_ms: soon, nonsense: 1}\n"));
    assert_int_equal(loaded->status, REJECT);
    assert_int_equal(config_problem_count(loaded->config), 2);
    assert_non_null(loaded->app);
    assert_string_equal(loaded->app->kafka.topic, "mine");
    assert_int_equal(loaded->app->kafka.linger_ms, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(defaults_apply_without_a_file),
        CASE(a_file_wins_over_the_defaults_key_by_key),
        CASE(the_environment_wins_over_the_file),
        CASE(settings_win_over_the_environment),
        CASE(wrong_settings_are_problems),
        CASE(a_list_replaces_the_earlier_one),
        CASE(an_empty_list_replaces_too),
        CASE(a_key_without_value_keeps_the_earlier_layer),
        CASE(quoted_words_are_text),
        CASE(anything_may_stand_under_an_ignored_key),
        CASE(flags_and_fixed_lists_are_filled),
        CASE(anchors_aliases_and_merge_keys_work),
        CASE(variables_reach_indexed_keys),
        CASE(elements_are_added_in_order_of_number),
        CASE(an_element_behind_the_next_is_a_problem),
        CASE(variables_of_others_are_passed_over),
        CASE(an_empty_variable_empties_texts_and_lists_only),
        CASE(aliases_set_their_key),
        CASE(a_wrong_variable_is_named),
        CASE(a_variable_of_a_mapping_is_refused),
        CASE(a_variable_that_is_not_utf8_is_a_problem),
        CASE(references_are_expanded),
        CASE(what_was_put_in_is_not_expanded_again),
        CASE(references_work_in_every_type_and_layer),
        CASE(one_reference_may_stand_for_a_list),
        CASE(only_values_in_force_are_expanded),
        CASE(references_to_nothing_are_problems),
        CASE(a_file_with_a_nul_is_a_problem),
        CASE(units_go_by_the_ending_of_the_key),
        CASE(every_kind_of_problem_is_told),
        CASE(all_problems_are_told_in_order_of_line),
        CASE(the_error_has_the_first_problem),
        CASE(what_is_good_is_loaded_in_spite_of_problems),
        CASE(problems_beyond_the_hundredth_are_counted),
        CASE(problems_are_told_as_json),
        CASE(the_programs_own_problems_get_the_line_of_the_key),
        CASE(variables_with_very_long_names_are_passed_over),
        CASE(long_values_are_shortened),
        CASE(printing_masks_secrets),
        CASE(variables_named_like_a_secret_are_masked),
        CASE(messages_never_tell_secrets),
        CASE(what_is_printed_loads_to_the_same),
        CASE(printing_follows_the_schema_and_tells_origins),
        CASE(a_refused_configuration_is_not_printed),
        CASE(an_absent_file_is_written_with_the_defaults),
        CASE(a_missing_folder_is_told),
        CASE(a_folder_instead_of_a_file_is_told),
        CASE(a_name_without_file_leaves_nothing_behind),
        CASE(a_document_that_cannot_be_read_is_refused),
        CASE(an_empty_document_is_no_problem),
        CASE(an_endless_file_is_refused),
        CASE(expansion_cannot_grow_without_end),
        CASE(a_complete_default_document_misses_nothing),
        CASE(keys_that_the_default_document_misses_are_named),
        CASE(closing_nothing_is_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
