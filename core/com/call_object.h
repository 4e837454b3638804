/* SPDX-License-Identifier: MIT */
/*
 * call_object.h - call objects of proxies: Begin_, Finish_, and what goes with
 * them
 *
 * One object, one count, an interface for each vtable. It can be part of an
 * outer object, whose ISynchronize is then told instead of its own: Reset when
 * a call begins, Signal when it has settled, Wait in Finish_.
 *
 *  (A) From Begin_ until the call has settled, the turn holds a reference on
 *      this object and, where it is part of one, on the outer object. So whoever
 *      releases everything after Begin_ is still told, and an outer object may
 *      let go of its part at any time.
 *  (B) So does each method that waits or runs the program's code, as long as it
 *      is at it: what comes in meanwhile may release everything.
 *  (C) It is used in the import's apartment. Only what cannot go wrong
 *      elsewhere is not checked for that: Cancel, TestCancel, ISynchronize.
 *  (D) No lock is held while the outer object's code runs.
 */
#ifndef BELAYI_COM_CALL_OBJECT_H
#define BELAYI_COM_CALL_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/objbase.h>

#include "client_call.h"
#include "waitable.h"

struct belayi_blanket;
struct belayi_call_object;
struct belayi_interface;
struct belayi_procedure;

/*
 * struct belayi_call_object - a call object
 *
 * async:      AsyncIXxx: what vtables.h made
 * waitable:   its outer is the object's own `unknown` where it is no part of
 *             another one
 * signaling:  of an outer's ISynchronize: outer_signal.c
 * signal_hr:  what the outer's Signal said
 * image:      arguments, for the client call's own message
 */
struct belayi_call_object {
	struct belayi_client_call client;
	const IUnknownVtbl *unknown;
	const void *async;
	const ICancelMethodCallsVtbl *cancel;
	const IClientSecurityVtbl *security;
	const struct belayi_interface *iface;
	struct belayi_blanket *blanket;
	struct belayi_waitable waitable;
	uint64_t signaling;
	uint32_t refs;
	HRESULT signal_hr;
	uint64_t image[];
};

/* belayi_object_from() - by the pointer to its AsyncIXxx */
struct belayi_call_object *belayi_object_from(void *async);

/* belayi_object_hold(), belayi_object_let_go() - the references of (A) and (B) */
void belayi_object_hold(struct belayi_call_object *object);
void belayi_object_let_go(struct belayi_call_object *object);

/* belayi_object_begin(), belayi_object_finish() - see vtables.h */
HRESULT belayi_object_begin(void *async,
			    const struct belayi_procedure *procedure,
			    void *image);
void belayi_object_finish(void *async, const struct belayi_procedure *procedure,
			  void *image, uint64_t *ret_value);

static inline bool
belayi_object_is_part(const struct belayi_call_object *object)
{
	return object->waitable.outer != (const IUnknown *)&object->unknown;
}

/* belayi_object_security - IClientSecurity of them all (call_security.c) */
extern const IClientSecurityVtbl belayi_object_security;

/*
 * belayi_outer_begin() - alone with the call; Reset follows
 *
 * Waits for a Signal of an older turn that is under way on another thread.
 */
void belayi_outer_begin(struct belayi_call_object *object, uint64_t turn);

/* belayi_outer_reset() - Reset, on the same thread; then the Signal is due */
HRESULT belayi_outer_reset(struct belayi_call_object *object, uint64_t turn);

/* belayi_outer_unbegin() - nothing is due */
void belayi_outer_unbegin(struct belayi_call_object *object, uint64_t turn);

/* belayi_outer_settled() - Signal, and the turn's references are given back */
void belayi_outer_settled(struct belayi_call_object *object, uint64_t turn);

/* belayi_outer_wait() - Wait, where the outer has an ISynchronize of its own */
void belayi_outer_wait(struct belayi_call_object *object);

/*
 * belayi_outer_collect() - Finish_ is alone with a call that has settled
 *
 * Return: S_OK, or what the outer's Signal failed with.
 */
HRESULT belayi_outer_collect(struct belayi_call_object *object);

#endif
