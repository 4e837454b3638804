/* SPDX-License-Identifier: MIT */
/*
 * case.h - what all tests of marshaling include
 */
#ifndef BELAY_TESTS_COM_CASE_H
#define BELAY_TESTS_COM_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loop.h"
#include "object.h"
#include "packets.h"

#define METHOD(name, ...)                                                      \
	static HRESULT STDMETHODCALLTYPE name(INTERFACE_OF_TEST *This,         \
					      __VA_ARGS__)

#define assert_ok(call) assert_int_equal(call, S_OK)

static inline void *made(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	assert_non_null(memory);
	return memory;
}

static inline WCHAR *made_text(const WCHAR *text)
{
	size_t length = 0;

	while (text[length++])
		continue;
	return memcpy(made(length * sizeof(WCHAR)), text,
		      length * sizeof(WCHAR));
}

#endif
