/* SPDX-License-Identifier: MIT */
/*
 * futex.h - sleeping on a word, and waking who sleeps there
 *
 * Sleeps end without a reason at times: look at the word again. errno is kept.
 */
#ifndef BELAYI_FUTEX_H
#define BELAYI_FUTEX_H

#include <stdbool.h>
#include <stdint.h>

/*
 * belayi_futex_wait() - sleeps while *word is `seen`
 *
 * deadline: CLOCK_MONOTONIC, UINT64_MAX is for ever
 * Return: false where the time is over.
 */
bool belayi_futex_wait(const uint32_t *word, uint32_t seen,
		       uint64_t deadline_ns);

/* belayi_futex_wake() - wakes up to `count` threads that sleep on the word */
void belayi_futex_wake(const uint32_t *word, int count);

/* belayi_now_ns() - CLOCK_MONOTONIC */
uint64_t belayi_now_ns(void);

#endif
