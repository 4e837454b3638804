/* SPDX-License-Identifier: MIT */
/*
 * descriptors.h - keeps the program's file descriptors and LTTng's apart
 *
 * LTTng opens sockets and buffers in the program it traces, from number 3 on.
 * A program that closes every descriptor it does not know, or that wants to
 * have number 3, would take them away; LTTng's threads would then write to and
 * close what the program opens under those numbers (tried: it happens).
 */
#ifndef BELAYI_DESCRIPTORS_H
#define BELAYI_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#define BELAYI_DESCRIPTORS_FIRST 1024

struct belayi_descriptors {
	bool raised;
	struct rlimit limit;
	uint64_t held[BELAYI_DESCRIPTORS_FIRST / 64]; /* one bit each */
};

/*
 * belayi_descriptors_raise() - whatever is opened from now on gets a number
 * that programs neither are given nor try, where the limits allow that
 */
void belayi_descriptors_raise(struct belayi_descriptors *ret_descriptors);

/*
 * belayi_descriptors_lower() - the end of that; from now on, in this process,
 * close() and its relatives leave LTTng's descriptors alone
 */
void belayi_descriptors_lower(const struct belayi_descriptors *descriptors);

#endif
