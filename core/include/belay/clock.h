/* SPDX-License-Identifier: MIT */
/*
 * belay/clock.h - the clock that calls are timed with
 *
 * The processor's time-stamp counter where the kernel itself trusts it (its
 * clock source is tsc), else CLOCK_MONOTONIC in nanoseconds. The rules in
 * belay/call.h hold here, too.
 */
#ifndef BELAY_CLOCK_H
#define BELAY_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* What the clock is, and what a tick of it. */
#define BELAY_CLOCKS(X)                                                        \
	X(MONOTONIC, "monotonic", "a tick is a nanosecond")                    \
	X(TSC, "tsc", "a tick is a cycle of the time-stamp counter")

enum belay_clock {
#define BELAY_CLOCK_VALUE(name, word, sentence) BELAY_CLOCK_##name,
	BELAY_CLOCKS(BELAY_CLOCK_VALUE)
#undef BELAY_CLOCK_VALUE
};

/*
 * struct belay_clock_pair - one moment on both clocks
 *
 * Two of them, far enough apart, give the length of a tick.
 */
struct belay_clock_pair {
	uint64_t ticks;
	uint64_t ns; /* CLOCK_MONOTONIC */
};

/*
 * belay_clock_now() - ticks since some point in the past, the same for all
 *
 * The processor may read them some instructions early, while a load of what
 * another thread wrote still waits: two threads' readings can seem to be in
 * the wrong order by the length of such a wait. Preventing that costs 13 ns.
 */
uint64_t belay_clock_now(void);

/*
 * belay_clock_ns() - the length of a time in nanoseconds
 *
 * ticks: a later reading minus an earlier one; 0 ns if they were in the wrong
 *        order
 */
uint64_t belay_clock_ns(uint64_t ticks);

/* belay_clock_kind() - which clock belay_clock_now() reads */
enum belay_clock belay_clock_kind(void);

/* belay_clock_pair() - now, on both clocks */
struct belay_clock_pair belay_clock_pair(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
