/*
 * check.h - cmocka with the headers that it needs.
 */
#ifndef TESTS_UNIT_SUPPORT_CHECK_H
#define TESTS_UNIT_SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"

#define assert_slice(s, text)                                                                      \
    do {                                                                                           \
        struct slice slice_ = (s);                                                                 \
        size_t len_ = strlen(text);                                                                \
        if (slice_.len != len_ || (len_ && memcmp(slice_.data, (text), len_) != 0))                \
            fail_msg("got '%.*s', expected '%s'", SLICE_FMT(slice_), (text));                      \
    } while (0)

#endif
