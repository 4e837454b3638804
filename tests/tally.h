/* SPDX-License-Identifier: MIT */
/*
 * tally.h - counts that threads of a test add to, and others sleep on
 *
 * Whoever waits for a count need not look again and again. A count is read with
 * an atomic load.
 */
#ifndef TESTS_TALLY_H
#define TESTS_TALLY_H

#include <stdbool.h>
#include <stdint.h>

/* tally_add(), tally_take() - one more, one less; returns what there is then */
uint32_t tally_add(uint32_t *count);
uint32_t tally_take(uint32_t *count);

/*
 * tally_await(), tally_await_most() - sleeps until there are at least, or at
 * most, that many
 *
 * Return: false: not within half a minute, longer than anything takes, also
 *         under a sanitizer on a busy machine.
 */
bool tally_await(const uint32_t *count, uint32_t least);
bool tally_await_most(const uint32_t *count, uint32_t most);

#endif
