/*
 * test_config.c - configs/shipper.yaml and the schema of the code agree.
 */
#include "shipper/config.h"

#include "tests/unit/support/check.h"

static void every_key_is_in_the_default_document(void **state)
{
    scoped_buf struct buf names = BUF_INIT(65536);

    (void)state;
    if (config_keys_missing(&shipper_config_schema, &names) != 0)
        fail_msg("not in configs/shipper.yaml:\n%s", buf_str(&names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_in_the_default_document),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
