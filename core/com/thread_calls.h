/* SPDX-License-Identifier: MIT */
/*
 * thread_calls.h - what a thread keeps for its calls, and cancelling the
 * synchronous ones from another thread
 *
 * A thread has a stack of what can be cancelled there: its synchronous calls
 * that began while CoEnableCallCancellation() was in force, and the objects of
 * CoSetCancelObject(). Others find it by the thread's number.
 */
#ifndef BELAYI_COM_THREAD_CALLS_H
#define BELAYI_COM_THREAD_CALLS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <belay/call.h>
#include <belay/com/objbase.h>

struct belayi_client_call;
struct belayi_idle_frame;
struct belayi_sync_call;

/*
 * struct belayi_cancelable - one entry of the stack
 *
 * client, ref: a synchronous call in this turn; else NULL, and
 * object:      what CoSetCancelObject() was given, counted
 * refs:        of an entry with an object: the stack's, and who found it
 * enabled:     it may be cancelled by CoCancelCall()
 */
struct belayi_cancelable {
	struct belayi_cancelable *below;
	struct belayi_client_call *client;
	struct belay_ref ref;
	ICancelMethodCalls *object;
	uint32_t refs;
	bool enabled;
};

/*
 * struct belayi_thread_calls - a thread's; lives as long as the thread
 *
 * depth:   synchronous calls in progress; written by the thread, atomic
 * enabled: CoEnableCallCancellation() less CoDisableCallCancellation()
 * idle:    call structures for the next calls; the thread's alone
 * frames:  frames for the next calls that it serves; so, too
 * top:     of the stack; changed by the thread, with the lock held
 */
struct belayi_thread_calls {
	struct belayi_thread_calls *next;
	uint32_t thread;
	uint32_t depth;
	uint32_t enabled;
	struct belayi_sync_call *idle;
	struct belayi_idle_frame *frames;
	pthread_mutex_t lock;
	struct belayi_cancelable *top;
};

/* belayi_thread_calls() - this thread's; NULL: no memory */
struct belayi_thread_calls *belayi_thread_calls(void);

/*
 * belayi_thread_calls_leave() - the thread leaves its apartment
 *
 * What it keeps for its next calls holds the apartment, and its descriptor.
 */
void belayi_thread_calls_leave(void);

/* belayi_thread_calls_in_child() - only the thread that forked is there */
void belayi_thread_calls_in_child(void);

/* Both for the end of a thread. */
void belayi_stub_free_frames(struct belayi_idle_frame *frames);
void belayi_sync_free_idle(struct belayi_sync_call *idle);

/* belayi_cancelable_push(), _pop() - on the thread itself */
void belayi_cancelable_push(struct belayi_thread_calls *calls,
			    struct belayi_cancelable *entry);
void belayi_cancelable_pop(struct belayi_thread_calls *calls,
			   struct belayi_cancelable *entry);

#endif
