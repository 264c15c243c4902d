/*
 * test_clients.c - counts of clients in a table that cannot grow.
 */
#include "indexer/enrich/clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/support/rng.h"

static struct clients *make(uint32_t count)
{
    struct clients *clients;

    assert_int_equal(clients_open(count, &clients, NULL), OK);
    return clients;
}

static void a_client_is_found_again(void **state)
{
    struct clients *clients = make(1024);
    struct client *client = clients_get(clients, 1, 100);

    (void)state;
    assert_int_equal(client_requests(client), 0);
    client->own = 7;
    assert_ptr_equal(clients_get(clients, 1, 100), client);
    assert_int_equal(client_requests(clients_get(clients, 1, 100)), 7);
    clients_close(clients);
}

static void windows_and_clients_are_apart(void **state)
{
    struct clients *clients = make(1024);

    (void)state;
    clients_get(clients, 1, 100)->own = 1;
    clients_get(clients, 1, 101)->own = 2;
    clients_get(clients, 2, 100)->own = 3;
    clients_get(clients, 1, -100)->own = 4;
    assert_int_equal(client_requests(clients_get(clients, 1, 100)), 1);
    assert_int_equal(client_requests(clients_get(clients, 1, 101)), 2);
    assert_int_equal(client_requests(clients_get(clients, 2, 100)), 3);
    assert_int_equal(client_requests(clients_get(clients, 1, -100)), 4);
    clients_close(clients);
}

static void those_who_flood_stay_whoever_comes(void **state)
{
    struct clients *clients = make(1024);

    (void)state;
    for (uint64_t i = 1; i <= 20; i++)
        clients_get(clients, i << 40, 100)->own = 1000;
    for (uint64_t i = 0; i < 1000000; i++)
        clients_get(clients, i * 0x9e3779b97f4a7c15u + 1, 100)->own = 1;
    for (uint64_t i = 1; i <= 20; i++)
        assert_int_equal(client_requests(clients_get(clients, i << 40, 100)), 1000);
    clients_close(clients);
}

static void windows_that_are_over_make_room(void **state)
{
    struct clients *clients = make(8);

    (void)state;
    for (uint64_t i = 0; i < 8; i++)
        clients_get(clients, i, 100)->own = 1000;
    clients_get(clients, 50, 102)->own = 1;
    clients_get(clients, 51, 102)->own = 1;
    assert_int_equal(client_requests(clients_get(clients, 50, 102)), 1);
    clients_close(clients);
}

/* Tags know the lowest bits of a window only. */
static void windows_that_look_alike_are_apart(void **state)
{
    struct clients *clients = make(8);

    (void)state;
    for (int64_t i = 0; i < 8; i++)
        clients_get(clients, 1, 100 + i * 256)->own = (uint32_t)i + 1;
    for (int64_t i = 0; i < 8; i++)
        assert_int_equal(client_requests(clients_get(clients, 1, 100 + i * 256)), i + 1);
    assert_int_equal(client_requests(clients_get(clients, 2, 100 + 8 * 256)), 0);
    for (int64_t i = 1; i < 8; i++) /* all are over, the one with the fewest has gone */
        assert_int_equal(client_requests(clients_get(clients, 1, 100 + i * 256)), i + 1);
    clients_close(clients);
}

static void over_windows_in_use_by_the_batch_stay(void **state)
{
    struct clients *clients = make(8);

    (void)state;
    for (uint64_t i = 0; i < 8; i++)
        clients_get(clients, i, 100)->tentative = 1;
    assert_null(clients_get(clients, 1, 200));
    clients_get(clients, 5, 100)->tentative = 0;
    assert_non_null(clients_get(clients, 1, 200));
    clients_get(clients, 1, 200)->tentative = 1;
    assert_null(clients_get(clients, 5, 100));
    clients_close(clients);
}

static void what_the_batch_uses_is_not_given_up(void **state)
{
    struct clients *clients = make(8);

    (void)state;
    for (uint64_t i = 0; i < 8; i++)
        clients_get(clients, i, 100)->tentative = 1;
    assert_null(clients_get(clients, 99, 100));
    clients_get(clients, 3, 100)->tentative = 0;
    assert_non_null(clients_get(clients, 99, 100));
    clients_close(clients);
}

/* Against plain counting, as long as there is room for all. */
static void random_traffic_is_counted_exactly(void **state)
{
    struct rng rng = rng_start();
    struct clients *clients = make(65536);
    uint32_t counts[500][4] = {{0}};

    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint64_t who = rng_below(&rng, 500), window = rng_below(&rng, 4);

        clients_get(clients, who * 0x9e3779b97f4a7c15u, (int64_t)window)->own++;
        counts[who][window]++;
    }
    for (uint64_t who = 0; who < 500; who++)
        for (int64_t window = 0; window < 4; window++)
            assert_int_equal(
                client_requests(clients_get(clients, who * 0x9e3779b97f4a7c15u, window)),
                counts[who][window]);
    clients_close(clients);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_is_found_again),
        cmocka_unit_test(windows_and_clients_are_apart),
        cmocka_unit_test(those_who_flood_stay_whoever_comes),
        cmocka_unit_test(windows_that_are_over_make_room),
        cmocka_unit_test(windows_that_look_alike_are_apart),
        cmocka_unit_test(over_windows_in_use_by_the_batch_stay),
        cmocka_unit_test(what_the_batch_uses_is_not_given_up),
        cmocka_unit_test(random_traffic_is_counted_exactly),
    };

    return cmocka_run_group_tests_name("clients", tests, NULL, NULL);
}
