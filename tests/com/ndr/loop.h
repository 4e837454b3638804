/* SPDX-License-Identifier: MIT */
/*
 * loop.h - calls through messages, within one thread
 *
 * A proxy whose every call goes the whole way: arguments to a request, request
 * to arguments, the method of an object, results to a reply, reply to results.
 * Nothing else of the runtime is there.
 *
 * Each message that goes through is also damaged in every way (loop_damages):
 * cut off at every length, and each of its bytes changed. What comes of it must
 * be refused or be arguments that can be walked over.
 */
#ifndef BELAY_TESTS_COM_LOOP_H
#define BELAY_TESTS_COM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/objbase.h>

#include "interface.h"
#include "ndr.h"

/* struct loop - a proxy: an interface pointer's memory */
struct loop {
	const void *vtable;
	void *object;
	uint32_t calls;
	HRESULT failed; /* what a step other than the method returned */
	size_t request_size;
	size_t reply_size;
	/* of a call object, between Begin_ and Finish_ */
	const struct belayi_procedure *begun;
	uint64_t image[BELAYI_IMAGE_MAX / 8];
	struct belayi_buffer reply;
};

/* Whether messages are damaged; on at first. */
extern bool loop_damages;

/* Messages that were refused, and those that were taken though damaged. */
extern uint64_t loop_refused, loop_taken;

/* loop_init() - a proxy or call object for an object; fails the test */
void loop_init(struct loop *loop, REFIID iid, void *object);
void loop_init_async(struct loop *loop, REFIID async_iid, void *object);
void loop_deinit(struct loop *loop);

/* loop_damage() - a request and a reply of a procedure, and all that is near */
void loop_damage(const struct belayi_procedure *procedure,
		 const struct belayi_buffer *request,
		 const struct belayi_buffer *reply);

/* loop_frame_check() - arguments can be walked over and say the same again */
void loop_frame_check(const struct belayi_procedure *procedure,
		      struct belayi_frame *frame);

#endif
