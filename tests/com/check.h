/* SPDX-License-Identifier: MIT */
/*
 * check.h - cmocka, for C++ too
 */
#ifndef TESTS_COM_CHECK_H
#define TESTS_COM_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#include <cmocka.h>

#ifdef __cplusplus
}
#endif

#endif
