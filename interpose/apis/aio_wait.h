/* SPDX-License-Identifier: MIT */
/*
 * aio_wait.h - waits where some of the calls are kept back
 *
 * The real aio_suspend() does not know these calls. Whoever changes something
 * that another may wait for stirs all who sleep; they look again.
 */
#ifndef BELAYI_AIO_WAIT_H
#define BELAYI_AIO_WAIT_H

#include <aio.h>
#include <stdbool.h>
#include <stdint.h>

/* belayi_wait_make() - makes what sleepers need; once, before all else here */
bool belayi_wait_make(void);

/* belayi_wait_seen() - to be asked before one looks at what one waits for */
uint32_t belayi_wait_seen(void);

/* belayi_wait_stir() - something has changed; errno is kept */
void belayi_wait_stir(void);

/* belayi_wait_in() - a deadline, so long from now */
uint64_t belayi_wait_in(uint64_t ns);

enum belayi_woken {
	BELAYI_STIRRED, /* or for nothing: look again */
	BELAYI_READY,   /* the real aio_suspend() says that a call is done */
	BELAYI_LATE,
	BELAYI_INTERRUPTED,
};

/*
 * belayi_wait_sleep() - sleeps until somebody stirs, or a real call is done
 *
 * list:        calls that the real aio_suspend() knows; where there are some, a
 *              stir is noticed a little late
 * seen:        what belayi_wait_seen() said; a stir since then ends the sleep
 * deadline_ns: CLOCK_MONOTONIC; UINT64_MAX for none
 * A cancellation point, if that is not disabled.
 */
enum belayi_woken belayi_wait_sleep(const struct aiocb *const list[], int count,
				    uint32_t seen, uint64_t deadline_ns);

/* belayi_wait_any() - aio_suspend() */
int belayi_wait_any(const struct aiocb *const list[], int nent,
		    const struct timespec *timeout);

#endif
