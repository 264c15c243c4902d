/*
 * test_redact.c - what is hidden, what is not, and what stands for it.
 */
#include "shipper/process/redact.h"

#include <openssl/hmac.h>

#include "common/json_text.h"
#include "common/metrics.h"
#include "common/record.h"
#include "common/scope.h"
#include "shipper/config_process.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/rng.h"

#define SECRET "0123456789abcdef"

struct bench {
    struct arena arena;
    struct record record;
    struct redact *redact;
    char *text;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    arena_init(&bench->arena, 4096, 256 << 20);
    record_init(&bench->record, &bench->arena);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    redact_close(bench->redact);
    arena_release(&bench->arena);
    free(bench->text);
    free(bench);
    return 0;
}

static void open_with(struct bench *bench, const struct redact_config *config)
{
    struct error err;

    redact_close(bench->redact);
    bench->redact = NULL;
    if (redact_open(NULL, config, &bench->redact, &err))
        fail_msg("%s", err.text);
}

static void open_all(struct bench *bench, enum redact_action action)
{
    static char *parameters[] = {(char *)"common", (char *)"*_pin", (char *)"cust*"};
    const struct redact_config config = {.ip = action,
                                         .email = action,
                                         .cards = action,
                                         .credentials = action,
                                         .values = action,
                                         .parameters = parameters,
                                         .parameter_count = 3,
                                         .secret = (char *)SECRET,
                                         .key_id = (char *)"k"};

    open_with(bench, &config);
}

/* What becomes of a message. */
static struct slice message_of(struct bench *bench, struct slice text)
{
    struct slice out;

    record_clear(&bench->record);
    arena_clear(&bench->arena);
    record_set_text(&bench->record, FIELD_MESSAGE, text);
    redact_apply(bench->redact, &bench->record);
    assert_true(record_text(&bench->record, FIELD_MESSAGE, &out));
    return out;
}

struct text_case {
    const char *before, *after; /* NULL: the same */
};

static void check_texts(struct bench *bench, const struct text_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *expected = cases[i].after ? cases[i].after : cases[i].before;
        struct slice got = message_of(bench, slice_of(cases[i].before));

        if (!slice_is(got, expected))
            fail_msg("'%s': got '%.*s', expected '%s'", cases[i].before, SLICE_FMT(got), expected);
    }
}

#define CHECK(cases) check_texts(bench, (cases), sizeof(cases) / sizeof((cases)[0]))

static void addresses_are_found_and_nothing_like_them(void **state)
{
    static const struct text_case cases[] = {
        {"203.0.113.7", "[ip]"},
        {"from 203.0.113.7, port 22", "from [ip], port 22"},
        {"203.0.113.7:443 [203.0.113.7] (203.0.113.7) <203.0.113.7>",
         "[ip]:443 [[ip]] ([ip]) <[ip]>"},
        {"It was 203.0.113.7.", "It was [ip]."},
        {"a=203.0.113.7&b=203.0.113.8", "a=[ip]&b=[ip]"},
        {"q=from%20203.0.113.7%2C203.0.113.8", "q=from%20[ip]%2C[ip]"},
        {"{\"m\":\"x\\n203.0.113.7\\t203.0.113.8\"}", "{\"m\":\"x\\n[ip]\\t[ip]\"}"},
        {"203.000.113.007", "[ip]"},
        {"10.0.0.0/8", "[ip]/8"},
        {"ip-203.0.113.7-x", "ip-[ip]-x"},
        {"http://203.0.113.7/a /api/203.0.113.7/b", "http://[ip]/a /api/[ip]/b"},
        {"node1/203.0.113.7:9092 /203.0.113.7:9092", "node1/[ip]:9092 /[ip]:9092"},
        {"Chrome/120.0.0.0 Safari/537.36", NULL},
        {"Mozilla/5.0 (X11) Chrome/120.0.0.0", NULL},
        {"1.2.3.4.5 1.2.3 256.1.1.1 1.2.3.999 v1.2.3.4 1.2.3.4th", NULL},
        {"127.0.0.1 0.0.0.0 255.255.255.0 224.0.0.1 ::1 ::", NULL},
        {"2001:db8::17", "[ip]"},
        {"[2001:db8::17]:443 fe80::1%eth0", "[[ip]]:443 [ip]%eth0"},
        {"see 2001:db8::17: it", "see [ip]: it"},
        {"2001:0db8:0000:0000:0000:ff00:0042:8329", "[ip]"},
        {"::ffff:203.0.113.7", "[ip]"},
        {"?a=2001%3Adb8%3A%3A17&b", "?a=[ip]&b"},
        {"12:34:56 aa:bb:cc:dd:ee:ff std::vector a::b Foo::Bar::1x", NULL},
        {"1:2:3:4:5:6:7:8:9", NULL},
        {"[10/Oct/2000:13:55:36 +0000]", NULL},
        {"2026-11-21T12:00:00.123+01:00", NULL},
        {"", NULL},
        {":", NULL},
        {"::::::::::::", NULL},
        {"1.", NULL},
        {"%", NULL},
        {"\\", NULL},
    };
    struct bench *bench = *state;
    const struct redact_config config = {.ip = REDACT_MASK};

    open_with(bench, &config);
    CHECK(cases);
}

static void truncated_addresses_stay_addresses(void **state)
{
    static const struct text_case cases[] = {
        {"203.0.113.7 2001:db8:1:2::17 ::ffff:203.0.113.7", "203.0.113.0 2001:db8:1:: 203.0.113.0"},
        {"10.1.2.0", NULL},
    };
    struct bench *bench = *state;
    const struct redact_config config = {.ip = REDACT_TRUNCATE};

    open_with(bench, &config);
    CHECK(cases);
}

static void mail_addresses_are_found_and_nothing_like_them(void **state)
{
    static const struct text_case cases[] = {
        {"alice@example.org", "[email]"},
        {"<alice.b+tag@mail.example.co.uk>,", "<[email]>,"},
        {"Mail alice@example.org. Bye", "Mail [email]. Bye"},
        {"/x?email=alice%40example.org&y=1", "/x?email=[email]&y=1"},
        {"/x?u=a%2Bb%40example.org", "/x?u=[email]"},
        {"r=%2Fx%3Femail%3Dalice%40example.org%26y", "r=%2Fx%3Femail%3D[email]%26y"},
        {"{\"e\":\"x\\nalice\\u0040example.org\"}", "{\"e\":\"x\\n[email]\"}"},
        {"mailto:alice@example.org?subject=x", "mailto:[email]?subject=x"},
        {"j\xc3\xbcrgen@b\xc3\xbc"
         "cher.de",
         "[email]"},
        {"alice@xn--bcher-kva.xn--p1ai", "[email]"},
        {"a@b.cc@d.ee", "[email]@d.ee"},
        {"logo@2x.png react@18.2.0 x@y user@localhost @example.org a@.org a@b..org", NULL},
        {"@@@@@", NULL},
        {"a@", NULL},
        {"@", NULL},
    };
    struct bench *bench = *state;
    const struct redact_config config = {.email = REDACT_MASK};

    open_with(bench, &config);
    CHECK(cases);
}

static void cards_are_found_by_issuer_length_and_check_digit(void **state)
{
    static const struct text_case cases[] = {
        {"4111111111111111", "[card]"},
        {"4111 1111 1111 1111 200", "[card] 200"},
        {"4111111111111111 2001", "[card] 2001"},
        {"4111-1111-1111-1111", "[card]"},
        {"cc=4111+1111+1111+1111&x", "cc=[card]&x"},
        {"cc=4111%201111%201111%201111", "cc=[card]"},
        {"378282246310005 3782 822463 10005", "[card] [card]"},
        {"5555555555554444,2223003122003222;6011111111111117", "[card],[card];[card]"},
        {"30569309025904 3530111333300000 6200000000000005", "[card] [card] [card]"},
        {"order-4111111111111111", "order-[card]"},
        {"4111111111111112 1111111111111111 1700000000000000000", NULL},
        {"41111111111111110 x4111111111111111 4111111111111111x 0.4111111111111111", NULL},
        {"blk_4111111111111111 blk_-4111111111111111", NULL},
        {"550e8400-e29b-41d4-a716-446655440000", NULL},
        {"20231027100000 1795281750070532284", NULL},
    };
    struct bench *bench = *state;
    const struct redact_config config = {.cards = REDACT_MASK};

    open_with(bench, &config);
    CHECK(cases);
}

static void named_values_are_hidden_in_every_notation(void **state)
{
    static const struct text_case cases[] = {
        {"GET /a?token=abc&x=1 HTTP/1.1", "GET /a?token=[redacted]&x=1 HTTP/1.1"},
        {"GET /a?x=1&PassWord=a;b,c HTTP/1.1", "GET /a?x=1&PassWord=[redacted] HTTP/1.1"},
        {"?access-token=a&accessToken=b&access_token=c",
         "?access-token=[redacted]&accessToken=[redacted]&access_token=[redacted]"},
        {"user[password]=x&password[]=y&a%5Bpassword%5D=z",
         "user[password]=[redacted]&password[]=[redacted]&a%5Bpassword%5D=[redacted]"},
        {"?r=%2Fx%3Ftoken%3Dabc%26y%3D1&z=2", "?r=%2Fx%3Ftoken%3D[redacted]%26y%3D1&z=2"},
        {"t%6fken=abc", "t%6fken=[redacted]"},
        {"password=\"a b\\\" c\" x=1", "password=\"[redacted]\" x=1"},
        {"password = hunter2 ok", "password = [redacted] ok"},
        {"Password: hunter2 ok", "Password: [redacted] ok"},
        {"{\"password\":\"a b\",\"x\":1}", "{\"password\":\"[redacted]\",\"x\":1}"},
        {"{\"token\": 123, \"x\":1}", "{\"token\": [redacted], \"x\":1}"},
        {"{\"secret\":{\"a\":\"}\"},\"x\":1}", "{\"secret\":[redacted],\"x\":1}"},
        {"{\"secret\":[1,2", "{\"secret\":[redacted]"},
        {"{\\\"password\\\":\\\"a b\\\",\\\"x\\\":1}",
         "{\\\"password\\\":\\\"[redacted]\\\",\\\"x\\\":1}"},
        {"{'password': 'a b', 'x': 1}", "{'password': '[redacted]', 'x': 1}"},
        {"<password>a b</password><x>1</x>", "<password>[redacted]</password><x>1</x>"},
        {"<a token=\"x\" b=\"y\"/>", "<a token=\"[redacted]\" b=\"y\"/>"},
        {"session=abc; Path=/", "session=[redacted]; Path=/"},
        {"my_pin=1 customer=2 pinned=3 accustom=4",
         "my_pin=[redacted] customer=[redacted] pinned=3 accustom=4"},
        {"auth.password=x", "auth.password=[redacted]"},
        {"token= HTTP/1.1 token=- token=null \"token\":true", NULL},
        {"tokens=3 mytoken=4 =x := a=b", NULL},
        {"password", NULL},
        {"password=", NULL},
        {"=====", NULL},
    };
    struct bench *bench = *state;

    open_all(bench, REDACT_MASK);
    CHECK(cases);
}

static void credentials_are_known_by_name_or_form(void **state)
{
    static const struct text_case cases[] = {
        {"Authorization: Bearer abc def\nX: 1", "Authorization: [redacted]\nX: 1"},
        {"Cookie: a=b; c=d", "Cookie: [redacted]"},
        {"curl -H \"Authorization: Bearer abc\" x", "curl -H \"Authorization: [redacted]\" x"},
        {"{\"authorization\":\"Basic x y\",\"a\":1}", "{\"authorization\":\"[redacted]\",\"a\":1}"},
        {"x-api-key=abc", "x-api-key=[redacted]"},
        {"https://bob:hunter2@x.org/a", "https://bob:[redacted]@x.org/a"},
        {"https://ghp1234567890abcdef@x.org/a", "https://[redacted]@x.org/a"},
        {"redis://:hunter2@localhost", "redis://:[redacted]@localhost"},
        {"sent Bearer abcdefghij1234567890 ok", "sent Bearer [redacted] ok"},
        {"sent Basic Ym9iOmh1bnRlcjI= ok", "sent Basic [redacted] ok"},
        {"t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF_- u", "t [redacted] u"},
        {"spark://driver@host akka.tcp://sparkExecutorActorSystem@host ssh://git@host", NULL},
        {"Basic authentication failed; Bearer of bad news", NULL},
        {"http://x.org/a@b http://x.org eyJ eyJa.b", NULL},
    };
    struct bench *bench = *state;
    const struct redact_config config = {.credentials = REDACT_MASK};

    open_with(bench, &config);
    CHECK(cases);
}

/* By the library's own HMAC: kind, then value. */
static void expect_hash(struct bench *bench, const char *before, unsigned char kind,
                        const char *value)
{
    unsigned char data[128], digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char expected[64] = "hmac-k-";
    struct slice got = message_of(bench, slice_of(before));

    data[0] = kind;
    memcpy(data + 1, value, strlen(value));
    assert_non_null(
        HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), data, 1 + strlen(value), digest, &len));
    for (int i = 0; i < 10; i++)
        snprintf(expected + strlen(expected), 3, "%02x", digest[i]);
    if (!slice_is(got, expected))
        fail_msg("%s: got %.*s, expected %s", before, SLICE_FMT(got), expected);
}

static void hashes_are_the_same_for_the_same_value(void **state)
{
    struct bench *bench = *state;

    open_all(bench, REDACT_HASH);
    for (int round = 0; round < 2; round++) { /* the second from memory */
        expect_hash(bench, "203.0.113.7", 1, "203.0.113.7");
        expect_hash(bench, "203.000.113.007", 1, "203.0.113.7");
        expect_hash(bench, "::ffff:203.0.113.7", 1, "203.0.113.7");
        expect_hash(bench, "2001:DB8:0::17", 1, "2001:db8::17");
        expect_hash(bench, "Alice@Example.org", 2, "alice@example.org");
        expect_hash(bench, "alice%40example.org", 2, "alice@example.org");
        expect_hash(bench, "4111 1111 1111 1111", 3, "4111111111111111");
    }
}

static void other_keys_make_other_hashes_and_say_so(void **state)
{
    struct bench *bench = *state;
    struct redact_config config = {.ip = REDACT_HASH, .secret = (char *)SECRET};
    char first[64];

    open_with(bench, &config);
    snprintf(first, sizeof(first), "%.*s", SLICE_FMT(message_of(bench, SLICE("203.0.113.7"))));
    assert_int_equal(strlen(first), strlen("hmac-0123-") + 20);
    config.secret = (char *)"another secret of sixteen bytes";
    open_with(bench, &config);
    assert_false(slice_is(message_of(bench, SLICE("203.0.113.7")), first));
}

static const char *record_of(struct bench *bench, const char *json)
{
    struct json_value value;
    uint64_t invalid = 0;
    struct error err;
    size_t len;

    record_clear(&bench->record);
    arena_clear(&bench->arena);
    assert_int_equal(record_decode(&bench->record, slice_of(json), &err), OK);
    redact_apply(bench->redact, &bench->record);
    free(bench->text);
    bench->text = malloc(record_encode_bound(&bench->record) + 1);
    assert_non_null(bench->text);
    len = record_encode(&bench->record, bench->text, &invalid);
    bench->text[len] = '\0';
    assert_ptr_equal(json_read(bench->text, bench->text + len, &value), bench->text + len);
    return bench->text;
}

static void every_place_of_a_record_is_looked_at(void **state)
{
    static const struct text_case cases[] = {
        {"{\"source\":{\"ip\":\"203.0.113.7\"}}", "{\"source\":{\"address\":\"[ip]\"}}"},
        {"{\"source\":{\"address\":\"203.0.113.7\",\"ip\":\"203.0.113.7\"}}",
         "{\"source\":{\"address\":\"[ip]\"}}"},
        {"{\"client\":{\"address\":\"dsl7.example.net\",\"ip\":\"203.0.113.7\"}}",
         "{\"client\":{\"address\":\"[host]\"}}"},
        {"{\"source\":{\"address\":\"localhost\",\"ip\":\"127.0.0.1\"}}", NULL},
        {"{\"url\":{\"original\":\"/a?token=x\",\"path\":\"/a\",\"query\":\"token=x\"}}",
         "{\"url\":{\"original\":\"/a?token=[redacted]\",\"path\":\"/"
         "a\",\"query\":\"token=[redacted]\"}}"},
        {"{\"labels\":{\"password\":\"x\",\"n\":\"a@b.org\",\"k\":4111111111111111,\"i\":7}}",
         "{\"labels\":{\"password\":\"[redacted]\",\"n\":\"[email]\",\"k\":\"[card]\",\"i\":7}}"},
        {"{\"labels\":{\"password.x\":\"1\",\"a.b\":\"2\"}}",
         "{\"labels\":{\"password.x\":\"[redacted]\",\"a.b\":\"2\"}}"},
        {"{\"labels\":{\"password\":null,\"token\":true,\"secret\":\"\"}}",
         "{\"labels\":{\"token\":true,\"secret\":\"\"}}"},
        {"{\"x\":{\"a\":[\"a@b.org\",{\"token\":{\"b\":1},\"c\":\"a\\u0040b.org\"}]}}",
         "{\"x\":{\"a\":[\"[email]\",{\"token\":\"[redacted]\",\"c\":\"[email]\"}]}}"},
        {"{\"x\":{\"a@b.org\":1,\"c@d.org\":2}}", "{\"x\":{\"[email]\":2}}"},
        {"{\"labels\":{\"a@b.org\":1,\"c@d.org\":2,\"[email]\":3}}",
         "{\"labels\":{\"[email]\":3,\"[email]_2\":1,\"[email]_3\":2}}"},
        {"{\"tags\":[\"a@b.org\",\"x\"]}", "{\"tags\":[\"[email]\",\"x\"]}"},
        {"{\"event\":{\"id\":\"a@b.org\",\"original\":\"a@b.org\"},\"agent\":{\"id\":\"10.1.2.3\"}"
         "}",
         "{\"event\":{\"id\":\"a@b.org\",\"original\":\"[email]\"},\"agent\":{\"id\":\"10.1.2.3\"}"
         "}"},
        {"{\"user_agent\":{\"original\":\"X/1.2.3.4 Y/5.6.7.8 (9.9.9.9)\"}}",
         "{\"user_agent\":{\"original\":\"X/[ip] Y/[ip] ([ip])\"}}"},
        {"{\"http\":{\"request\":{\"headers\":{\"cookie\":\"a=b\"}}}}",
         "{\"http\":{\"request\":{\"headers\":{\"cookie\":\"[redacted]\"}}}}"},
    };
    struct bench *bench = *state;

    open_all(bench, REDACT_MASK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *expected = cases[i].after ? cases[i].after : cases[i].before;

        if (strcmp(record_of(bench, cases[i].before), expected) != 0)
            fail_msg("%s: got %s, expected %s", cases[i].before, bench->text, expected);
    }
}

static void agents_versions_are_no_addresses(void **state)
{
    struct bench *bench = *state;
    struct slice text;

    open_all(bench, REDACT_MASK);
    record_clear(&bench->record);
    record_set_text(&bench->record, FIELD_USER_AGENT_ORIGINAL,
                    SLICE("Mozilla/5.0 X/1.2.3.4 (from 9.9.9.9)"));
    redact_apply(bench->redact, &bench->record);
    assert_true(record_text(&bench->record, FIELD_USER_AGENT_ORIGINAL, &text));
    assert_slice(text, "Mozilla/5.0 X/1.2.3.4 (from [ip])");
}

static void truncated_source_stays_an_address(void **state)
{
    struct bench *bench = *state;
    const struct redact_config config = {.ip = REDACT_TRUNCATE};

    open_with(bench, &config);
    assert_string_equal(
        record_of(bench, "{\"source\":{\"address\":\"203.0.113.7\",\"ip\":\"203.0.113.7\"}}"),
        "{\"source\":{\"address\":\"203.0.113.0\",\"ip\":\"203.0.113.0\"}}");
}

static void own_patterns_hide_their_group_or_all(void **state)
{
    static const struct text_case cases[] = {
        {"badge=123 badge=45 B-7", "badge=[badge] badge=[badge] [b]"},
        {"B-1B-2", "[b][b]"},
        {"\xff badge=1 \xc3\xa4 B-2", "\xff badge=[badge] \xc3\xa4 [b]"},
        {"nothing", NULL},
    };
    struct redact_pattern_config patterns[] = {
        {.name = (char *)"badge", .pattern = (char *)"badge=(\\d+)"},
        {.name = (char *)"b", .pattern = (char *)"B-\\d", .action = REDACT_MASK},
    };
    const struct redact_config config = {.patterns = patterns, .pattern_count = 2};
    struct bench *bench = *state;

    open_with(bench, &config);
    CHECK(cases);
}

/* A pattern that gives up may have missed something: then all of the text is hidden. */
static void pattern_beyond_its_limits_hides_everything(void **state)
{
    struct redact_pattern_config pattern = {.name = (char *)"slow",
                                            .pattern = (char *)"(a+)+$|(a|aa)+c"};
    const struct redact_config config = {.patterns = &pattern, .pattern_count = 1};
    struct bench *bench = *state;
    char text[2001];

    open_with(bench, &config);
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = 'b';
    assert_slice(message_of(bench, (struct slice){text, sizeof(text)}), "[slow]");
}

static void settings_of_all_inputs_and_of_one_are_joined(void **state)
{
    char *a[] = {(char *)"alpha"}, *b[] = {(char *)"beta"};
    const struct redact_config common = {
        .ip = REDACT_MASK, .email = REDACT_MASK, .parameters = a, .parameter_count = 1};
    const struct redact_config own = {.ip = REDACT_KEEP, .parameters = b, .parameter_count = 1};
    struct bench *bench = *state;
    struct error err;

    assert_int_equal(redact_open(&common, &own, &bench->redact, &err), OK);
    assert_slice(message_of(bench, SLICE("203.0.113.7 a@b.org alpha=1 beta=2")),
                 "203.0.113.7 [email] alpha=[redacted] beta=[redacted]");
}

static void nothing_to_hide_is_nothing_to_do(void **state)
{
    const struct redact_config keep = {.ip = REDACT_KEEP, .values = REDACT_MASK};
    struct redact *redact;
    struct error err;

    (void)state;
    assert_int_equal(redact_open(NULL, NULL, &redact, &err), OK);
    assert_null(redact);
    assert_int_equal(redact_open(&keep, NULL, &redact, &err), OK);
    assert_null(redact);
    redact_close(NULL);
}

static void hash_without_a_key_is_refused(void **state)
{
    const struct redact_config config = {.ip = REDACT_HASH};
    struct redact *redact;
    struct error err;

    (void)state;
    assert_int_equal(redact_open(&config, NULL, &redact, &err), REJECT);
    assert_non_null(strstr(err.text, "redact.secret"));
}

/* Secrets between random bytes that are neither words nor escapes are always found. */
static void planted_secrets_are_found_in_random_bytes(void **state)
{
    static const char *const secrets[] = {"203.0.113.77", "2001:db8::77:1", "plant@example.org",
                                          "4111111111111111"};
    static const char around[] = " ,;()[]{}<>|!\"\n\t\xc2\xa0";
    struct rng rng = rng_start();
    struct bench *bench = *state;
    char text[400];

    open_all(bench, REDACT_MASK);
    for (int round = 0; round < 20000; round++) {
        size_t len = 0, noise = rng_below(&rng, 150);
        const char *secret = secrets[rng_below(&rng, 4)];
        struct slice got;

        for (size_t i = 0; i < noise; i++)
            text[len++] = rng_one_in(&rng, 2) ? (char)rng_below(&rng, 256)
                                              : ".:@=%\\0123456789abcdef/-"[rng_below(&rng, 24)];
        text[len++] = around[rng_below(&rng, 13)];
        memcpy(text + len, secret, strlen(secret));
        len += strlen(secret);
        text[len++] = around[rng_below(&rng, 13)];
        for (noise = rng_below(&rng, 100); noise; noise--)
            text[len++] = (char)rng_below(&rng, 256);
        got = message_of(bench, (struct slice){text, len});
        if (memmem(got.data, got.len, secret, strlen(secret)))
            fail_msg("round %d: '%s' is still in '%.*s'", round, secret, SLICE_FMT(got));
    }
}

/* Texts made to be looked through again and again take as long as any other, by their length. */
static void hostile_texts_take_linear_time(void **state)
{
    static const char *const parts[] = {
        "@",      "a@b.",  "1.",    ":",     "1:", "%40",      "\\",      "\"token\":{",
        "4",      "4111 ", "://a:", "eyJa.", "=",  "token=\\", "<token>", "\"token\":[\"",
        "Bearer "};
    struct bench *bench = *state;
    size_t size = 4u << 20;
    char *text = malloc(size);

    assert_non_null(text);
    open_all(bench, REDACT_MASK);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        size_t len = strlen(parts[i]);
        clock_t started = clock();

        for (size_t n = 0; n + len <= size; n += len)
            memcpy(text + n, parts[i], len);
        message_of(bench, (struct slice){text, size / len * len});
        if (clock() - started > 5 * CLOCKS_PER_SEC)
            fail_msg("'%s' repeated takes too long", parts[i]);
    }
    free(text);
}

static void what_was_hidden_is_counted_by_kind(void **state)
{
    struct metric *emails = metrics_counter("shipper_values_redacted_total", "kind=\"email\"", "");
    struct bench *bench = *state;
    double before = metric_value(emails);

    open_all(bench, REDACT_MASK);
    message_of(bench, SLICE("a@b.org c@d.org"));
    assert_true(metric_value(emails) == before + 2);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(addresses_are_found_and_nothing_like_them),
        CASE(truncated_addresses_stay_addresses),
        CASE(mail_addresses_are_found_and_nothing_like_them),
        CASE(cards_are_found_by_issuer_length_and_check_digit),
        CASE(named_values_are_hidden_in_every_notation),
        CASE(credentials_are_known_by_name_or_form),
        CASE(hashes_are_the_same_for_the_same_value),
        CASE(other_keys_make_other_hashes_and_say_so),
        CASE(every_place_of_a_record_is_looked_at),
        CASE(agents_versions_are_no_addresses),
        CASE(truncated_source_stays_an_address),
        CASE(own_patterns_hide_their_group_or_all),
        CASE(pattern_beyond_its_limits_hides_everything),
        CASE(settings_of_all_inputs_and_of_one_are_joined),
        CASE(nothing_to_hide_is_nothing_to_do),
        CASE(hash_without_a_key_is_refused),
        CASE(planted_secrets_are_found_in_random_bytes),
        CASE(hostile_texts_take_linear_time),
        CASE(what_was_hidden_is_counted_by_kind),
    };

    return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
