/* SPDX-License-Identifier: MIT */
/*
 * kinds.c - tests that run in each kind of apartment, and events for them
 */
#define COBJMACROS
#include "kinds.h"

#include <poll.h>

static DWORD mode;

int kinds_enter(void **state)
{
	(void)state;
	assert_int_equal(CoInitializeEx(NULL, mode), S_OK);
	return 0;
}

int kinds_leave(void **state)
{
	(void)state;
	CoUninitialize();
	return 0;
}

int kinds_run(const struct CMUnitTest *tests, size_t count)
{
	int failed;

	mode = COINIT_MULTITHREADED;
	failed = _cmocka_run_group_tests("MTA", tests, count, NULL, NULL);
	mode = COINIT_APARTMENTTHREADED;
	return failed +
	       _cmocka_run_group_tests("STA", tests, count, NULL, NULL);
}

void *create(REFCLSID clsid, REFIID riid)
{
	void *object = NULL;

	assert_int_equal(CoCreateInstance(clsid, NULL, CLSCTX_INPROC_SERVER,
					  riid, &object),
			 S_OK);
	assert_non_null(object);
	return object;
}

ISynchronize *create_event(REFCLSID clsid)
{
	return create(clsid, &IID_ISynchronize);
}

HANDLE handle_of(ISynchronize *event)
{
	ISynchronizeHandle *source;
	HANDLE handle = NULL;

	assert_int_equal(ISynchronize_QueryInterface(event,
						     &IID_ISynchronizeHandle,
						     (void **)&source),
			 S_OK);
	assert_int_equal(ISynchronizeHandle_GetHandle(source, &handle), S_OK);
	(void)ISynchronizeHandle_Release(source);
	assert_non_null(handle);
	return handle;
}

bool is_readable(HANDLE handle)
{
	struct pollfd fd = {.fd = (int)(intptr_t)handle, .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}
