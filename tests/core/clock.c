/* SPDX-License-Identifier: MIT */
/*
 * clock.c - ticks never go back, and are as long as belay_clock_ns() says
 */
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <belay/clock.h>

#include "calls.h"

#define ROUNDS 200000

/* Handed from thread to thread: who gets it later must not be earlier. */
static uint64_t latest;
static int went_back;

static void look_at_the_clock(void *argument)
{
	(void)argument;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before = __atomic_load_n(&latest, __ATOMIC_ACQUIRE);
		uint64_t now;

		/* Or the counter may be read while that load still waits. */
		__builtin_ia32_lfence();
		now = belay_clock_now();

		if (now < before)
			__atomic_store_n(&went_back, 1, __ATOMIC_RELAXED);
		while (now > before &&
		       !__atomic_compare_exchange_n(&latest, &before, now,
						    false, __ATOMIC_RELEASE,
						    __ATOMIC_RELAXED))
			;
	}
}

static void ticks_never_go_back_not_even_between_threads(void **state)
{
	struct runner runners[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		runner_start(&runners[i], look_at_the_clock, NULL);
	for (int i = 0; i < 4; i++)
		runner_join(&runners[i]);
	assert_false(went_back);
}

/* Both clocks between two readings of the other: the error is known. */
static void a_time_is_right_to_one_percent(void **state)
{
	struct belay_clock_pair from = belay_clock_pair();
	uint64_t ns;
	uint64_t measured;

	(void)state;
	until(now_ns() - from.ns >= 200000000);
	{
		struct belay_clock_pair to = belay_clock_pair();

		ns = to.ns - from.ns;
		measured = belay_clock_ns(to.ticks - from.ticks);
	}
	assert_in_range(measured, ns - ns / 100, ns + ns / 100);
}

static void a_pair_is_one_moment_on_both_clocks(void **state)
{
	uint64_t before_ticks = belay_clock_now();
	uint64_t before_ns = now_ns();
	struct belay_clock_pair pair = belay_clock_pair();
	uint64_t after_ticks = belay_clock_now();
	uint64_t after_ns = now_ns();

	(void)state;
	assert_in_range(pair.ticks, before_ticks, after_ticks);
	assert_in_range(pair.ns, before_ns, after_ns);
}

static void no_time_is_no_nanoseconds(void **state)
{
	(void)state;
	assert_int_equal(belay_clock_ns(0), 0);
	assert_true(belay_clock_ns(UINT64_C(1) << 50) > 0);
}

/* Or a call that is finished on another thread took 500 years. */
static void readings_in_the_wrong_order_are_no_time(void **state)
{
	(void)state;
	assert_int_equal(belay_clock_ns(UINT64_C(100) - UINT64_C(101)), 0);
}

static bool kernel_keeps_time_by_tsc(void)
{
	char source[16] = "";
	int fd = open("/sys/devices/system/clocksource/clocksource0/"
		      "current_clocksource",
		      O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	(void)!read(fd, source, sizeof(source) - 1);
	(void)close(fd);
	return strcmp(source, "tsc\n") == 0;
}

static void the_counter_is_read_only_where_the_kernel_trusts_it(void **state)
{
	int mode = 0;
	bool allowed = prctl(PR_GET_TSC, &mode) == 0 && mode == PR_TSC_ENABLE;

	(void)state;
	assert_int_equal(belay_clock_kind(),
			 allowed && kernel_keeps_time_by_tsc()
				 ? BELAY_CLOCK_TSC
				 : BELAY_CLOCK_MONOTONIC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks_never_go_back_not_even_between_threads),
		cmocka_unit_test(a_time_is_right_to_one_percent),
		cmocka_unit_test(a_pair_is_one_moment_on_both_clocks),
		cmocka_unit_test(no_time_is_no_nanoseconds),
		cmocka_unit_test(readings_in_the_wrong_order_are_no_time),
		cmocka_unit_test(
			the_counter_is_read_only_where_the_kernel_trusts_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
