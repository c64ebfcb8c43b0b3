/*
 * cmocka with the standard headers that its own header needs and does not include.
 *
 * Every unit test includes this file instead of <cmocka.h>.
 */
#ifndef IMPRINT_TESTS_SUPPORT_CMOCKA_ALL_H
#define IMPRINT_TESTS_SUPPORT_CMOCKA_ALL_H

/* clang-format off: the order matters. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#endif
