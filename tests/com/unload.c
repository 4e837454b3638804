/* SPDX-License-Identifier: MIT */
/*
 * unload.c - a program may close the library whose threads still end
 *
 * Linked with nothing of Belay's: its argument is the library.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>

#include "check.h"

static const char *path;

static void *use_and_close(void *data)
{
	void *library = dlopen(path, RTLD_NOW);
	int32_t (*initialize)(void *reserved, uint32_t mode);
	int32_t (*enable)(void *reserved);
	void (*uninitialize)(void);

	assert_non_null(library);
	*(void **)&initialize = dlsym(library, "CoInitializeEx");
	*(void **)&enable = dlsym(library, "CoEnableCallCancellation");
	*(void **)&uninitialize = dlsym(library, "CoUninitialize");
	assert_int_equal(initialize(NULL, 0), 0);
	assert_int_equal(enable(NULL), 0);
	uninitialize();
	assert_int_equal(dlclose(library), 0);
	return data;
}

static void a_thread_ends_after_the_library_was_closed(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, use_and_close, NULL), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_ends_after_the_library_was_closed),
	};

	if (argc != 2)
		return 2;
	path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
