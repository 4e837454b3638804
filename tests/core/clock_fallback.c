/* SPDX-License-Identifier: MIT */
/*
 * clock_fallback.c - the clock of a machine whose kernel does not trust the
 * counter: this program is linked so that the clock's open() comes here
 */
#include <errno.h>
#include <string.h>

#include <belay/clock.h>

#include "calls.h"

int __wrap_open(const char *path, int flags, ...);

static int asked;

/* As if there were no such file, or another clock source than tsc. */
int __wrap_open(const char *path, int flags, ...)
{
	(void)flags;
	asked += strstr(path, "clocksource") != NULL;
	errno = ENOENT;
	return -1;
}

static void without_the_counter_a_tick_is_a_nanosecond(void **state)
{
	uint64_t before = now_ns();
	uint64_t ticks = belay_clock_now();
	struct belay_clock_pair pair = belay_clock_pair();
	uint64_t after = now_ns();

	(void)state;
	assert_int_equal(belay_clock_kind(), BELAY_CLOCK_MONOTONIC);
	assert_int_equal(asked, 1);
	assert_in_range(ticks, before, pair.ticks);
	assert_int_equal(pair.ticks, pair.ns);
	assert_in_range(pair.ns, before, after);
	assert_int_equal(belay_clock_ns(123456789), 123456789);
	assert_int_equal(belay_clock_ns(UINT64_C(1) << 60), UINT64_C(1) << 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_the_counter_a_tick_is_a_nanosecond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
