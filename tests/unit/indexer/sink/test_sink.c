#include "indexer/sink/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void types_are_found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(sink_type_find("elasticsearch"), &sink_elastic);
    assert_null(sink_type_find("elastic"));
    assert_null(sink_type_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
