/* SPDX-License-Identifier: MIT */
/*
 * clock.c - ticks: the time-stamp counter, or CLOCK_MONOTONIC
 *
 * Two readings of CLOCK_MONOTONIC cost more than everything else that is done
 * for a call, so the counter is read where the kernel keeps its own time by
 * it: then it is constant, never stops and is the same on all processors. The
 * length of a tick is not measured at the start, which would take time, but
 * from the moment of the start to now, again whenever that has doubled.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include <belay/clock.h>

#include "each_call.h"

#define CLOCK_SOURCE                                                           \
	"/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* One second apart, two pairs give the tick to some ten parts in a million. */
#define PRECISE_NS UINT64_C(4000000000)
#define FIRST_TICKS 50000

/*
 * One cache line, which every call reads.
 * ready:       0: nothing else here is set
 * tick_ns_q32: ns per tick, times 2^32
 * measure_at:  ticks
 */
BELAYI_EACH_CALL_READS static struct {
	uint32_t ready;
	enum belay_clock kind;
	uint64_t measure_at;
	uint64_t tick_ns_q32;
	struct belay_clock_pair origin;
} timing __attribute__((aligned(64))) = {0};

__attribute__((noinline)) static uint64_t monotonic_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The tightest of three: the processor may be taken away in between. */
static struct belay_clock_pair tsc_pair(void)
{
	struct belay_clock_pair best = {0, 0};
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 3; i++) {
		uint64_t before = __rdtsc();
		uint64_t ns = monotonic_ns();
		uint64_t after = __rdtsc();

		if (after - before < least) {
			least = after - before;
			best.ticks = before + (after - before) / 2;
			best.ns = ns;
		}
	}
	return best;
}

static bool kernel_trusts_tsc(void)
{
	char source[8] = "";
	int mode = PR_TSC_SIGSEGV;
	int fd = open(CLOCK_SOURCE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	(void)!read(fd, source, sizeof(source) - 1);
	(void)close(fd);
	return memcmp(source, "tsc\n", 4) == 0 &&
	       prctl(PR_GET_TSC, &mode) == 0 && mode == PR_TSC_ENABLE;
}

__attribute__((noinline, cold)) static void start(void)
{
	int saved = errno;

	if (kernel_trusts_tsc()) {
		timing.origin = tsc_pair();
		timing.kind = BELAY_CLOCK_TSC;
		timing.measure_at = timing.origin.ticks + FIRST_TICKS;
	} else {
		timing.kind = BELAY_CLOCK_MONOTONIC;
		timing.tick_ns_q32 = UINT64_C(1) << 32;
		timing.measure_at = UINT64_MAX;
	}
	__atomic_store_n(&timing.ready, 1, __ATOMIC_RELEASE);
	errno = saved;
}

__attribute__((constructor)) static void start_early(void)
{
	if (!__atomic_load_n(&timing.ready, __ATOMIC_ACQUIRE))
		start();
}

/* Several threads at once come to the same result. */
__attribute__((noinline, cold)) static void measure(void)
{
	struct belay_clock_pair now = tsc_pair();
	uint64_t ns = now.ns - timing.origin.ns;
	uint64_t ticks = now.ticks - timing.origin.ticks;

	if (ticks == 0 || timing.kind != BELAY_CLOCK_TSC)
		return;
	__atomic_store_n(&timing.tick_ns_q32,
			 (uint64_t)(((unsigned __int128)ns << 32) / ticks),
			 __ATOMIC_RELAXED);
	__atomic_store_n(&timing.measure_at,
			 ns > PRECISE_NS ? UINT64_MAX : now.ticks + ticks,
			 __ATOMIC_RELAXED);
}

__attribute__((hot)) uint64_t belay_clock_now(void)
{
	uint64_t now;

	if (__builtin_expect(!__atomic_load_n(&timing.ready, __ATOMIC_ACQUIRE),
			     0))
		start();
	if (timing.kind != BELAY_CLOCK_TSC)
		return monotonic_ns();
	now = __rdtsc();
	if (__builtin_expect(now >= __atomic_load_n(&timing.measure_at,
						    __ATOMIC_RELAXED),
			     0))
		measure();
	return now;
}

__attribute__((hot)) uint64_t belay_clock_ns(uint64_t ticks)
{
	uint64_t q32 = __atomic_load_n(&timing.tick_ns_q32, __ATOMIC_RELAXED);

	if (__builtin_expect((int64_t)ticks < 0, 0))
		return 0;
	if (__builtin_expect(q32 == 0, 0)) {
		start_early();
		measure();
		q32 = __atomic_load_n(&timing.tick_ns_q32, __ATOMIC_RELAXED);
	}
	return (uint64_t)((unsigned __int128)ticks * q32 >> 32);
}

enum belay_clock belay_clock_kind(void)
{
	start_early();
	return timing.kind;
}

struct belay_clock_pair belay_clock_pair(void)
{
	struct belay_clock_pair pair;

	start_early();
	if (timing.kind == BELAY_CLOCK_TSC)
		return tsc_pair();
	pair.ns = pair.ticks = monotonic_ns();
	return pair;
}
