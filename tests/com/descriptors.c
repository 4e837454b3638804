/* SPDX-License-Identifier: MIT */
/*
 * descriptors.c - CoUninitialize() closes what the apartment had open
 */
#define COBJMACROS

#include <errno.h>
#include <fcntl.h>

#include "distant.h"

static bool is_closed(const void *fd)
{
	return fcntl(*(const int *)fd, F_GETFD) < 0 && errno == EBADF;
}

static void a_thread_that_leaves_keeps_no_descriptor(void **state)
{
	ICalc *calc = AS(distant_parcel.pointer, ICalc);
	int fd = belay_apartment_fd();
	LONG sum = 0;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ICalc_Add(calc, 2, 3, &sum), S_OK);
	assert_int_equal(sum, 5);
	(void)ICalc_Release(calc);
	distant_end();
	CoUninitialize();
	/* Who served the last message may hold the apartment for a moment. */
	assert_true(comes_true(is_closed, &fd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISTANT_TEST(a_thread_that_leaves_keeps_no_descriptor, mta_sta),
		DISTANT_TEST(a_thread_that_leaves_keeps_no_descriptor, sta_sta),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
