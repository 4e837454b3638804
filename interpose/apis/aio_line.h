/* SPDX-License-Identifier: MIT */
/*
 * aio_line.h - where a call stands in glibc's line for its descriptor
 */
#ifndef BELAYI_AIO_LINE_H
#define BELAYI_AIO_LINE_H

#include "aio.h"

/*
 * belayi_aio_code_at() - the code of a block that the program may have freed,
 * because it never collects: read by the kernel, which fails where a load
 * would trap
 *
 * Return: -1 where it cannot be read.
 */
int belayi_aio_code_at(uint64_t key);

/* belayi_aio_is_on() - whether a call is in progress, and on a descriptor */
bool belayi_aio_is_on(const struct belay_ref *ref,
		      const struct belay_slot *slot, int fd);

/*
 * belayi_aio_is_safe_to_cancel() - whether glibc loses no other call by it
 *
 * While nobody begins another one on the descriptor: belayi_aio_queue_up().
 */
bool belayi_aio_is_safe_to_cancel(const struct belay_ref *ref,
				  const struct belay_slot *slot);

#endif
