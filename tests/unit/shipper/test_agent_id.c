/*
 * test_agent_id.c - who this agent is when nobody said.
 */
#include "shipper/agent_id.h"

#include "common/log.h"
#include "common/scope.h"
#include "tests/unit/support/check.h"

static void id_is_the_same_on_every_start(void **state)
{
    struct error err;
    scoped_free char *a = agent_id_of_machine(&err), *b = agent_id_of_machine(&err);

    (void)state;
    assert_non_null(a);
    assert_string_equal(a, b);
}

static void id_is_sixteen_hex_digits(void **state)
{
    struct error err;
    scoped_free char *id = agent_id_of_machine(&err);

    (void)state;
    assert_non_null(id);
    assert_int_equal(strlen(id), 16);
    assert_int_equal(strspn(id, "0123456789abcdef"), 16);
}

/* machine-id(5): it must not be seen by others. */
static void machine_id_is_not_given_away(void **state)
{
    scoped_file FILE *file = fopen("/etc/machine-id", "re");
    char machine_id[64] = "";
    struct error err;
    scoped_free char *id = agent_id_of_machine(&err);

    (void)state;
    assert_non_null(id);
    if (file && fgets(machine_id, sizeof(machine_id), file))
        assert_null(strstr(machine_id, id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_is_the_same_on_every_start),
        cmocka_unit_test(id_is_sixteen_hex_digits),
        cmocka_unit_test(machine_id_is_not_given_away),
    };

    log_set_level(LEVEL_ERROR);
    return cmocka_run_group_tests_name("agent_id", tests, NULL, NULL);
}
