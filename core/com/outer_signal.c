/* SPDX-License-Identifier: MIT */
/*
 * outer_signal.c - call objects that are part of another object
 *
 * The outer object's ISynchronize, if it has one of its own, is told of the
 * call's turns. Its code may do anything meanwhile: in Signal it may finish
 * the call, begin the next one, and release itself.
 *
 * Signal comes after Reset, and once. The word `signaling` says how far the
 * outer object has been told of the turn: turn (bits 32-63), and below it
 *
 *   RESETTING and a thread     which is Begin_'s; its Reset comes, or runs
 *   the same, and OWED         the call was cancelled meanwhile: that thread
 *                              sees to the Signal when Reset has returned
 *   DUE                        Signal follows when the call settles
 *   a thread                   which is in Signal
 *
 * It is OVER when Signal has returned. The low half is a futex.
 */
#define COBJMACROS
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "apartment.h"
#include "call_object.h"
#include "futex.h"
#include "import.h"

#define RESETTING 0x80000000U
#define OWED 0x40000000U
#define THREAD 0x3fffffffU
#define DUE THREAD /* no thread's id is as high */
#define OVER 0

static uint64_t word_of(uint64_t turn, uint32_t who)
{
	return turn << 32 | who;
}

static uint64_t load(const struct belayi_call_object *object)
{
	/* Acquire: who sees that Signal is over sees what it said. */
	return __atomic_load_n(&object->signaling, __ATOMIC_ACQUIRE);
}

static uint32_t this_thread(void)
{
	return (uint32_t)gettid();
}

/* Whose code of the outer's runs. */
static uint32_t thread_of(uint64_t word)
{
	return (uint32_t)word & THREAD;
}

static bool move(struct belayi_call_object *object, uint64_t from, uint64_t to)
{
	return __atomic_compare_exchange_n(&object->signaling, &from, to, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* --- Waiting for Signal to return ---------------------------------------- */

static const uint32_t *futex_of(const struct belayi_call_object *object)
{
	return (const uint32_t *)&object->signaling;
}

static bool is_over(void *data)
{
	return load(data) == OVER;
}

/* Nobody waits for himself: Finish_ or Begin_ inside Signal or Reset go on. */
static void wait_for_signal(struct belayi_call_object *object)
{
	uint32_t self = this_thread();
	uint64_t seen;

	if (object->client.apartment &&
	    object->client.apartment == belayi_apartment_current()) {
		if (thread_of(load(object)) != self)
			(void)belayi_apartment_wait(is_over, object, UINT64_MAX,
						    false);
		return;
	}
	while ((seen = load(object)) != OVER && thread_of(seen) != self)
		(void)belayi_futex_wait(futex_of(object), (uint32_t)seen,
					UINT64_MAX);
}

static void signal_is_over(struct belayi_call_object *object, uint64_t word)
{
	if (!move(object, word, OVER))
		return;
	belayi_futex_wake(futex_of(object), INT_MAX);
	if (object->client.apartment)
		belayi_apartment_ring(object->client.apartment);
}

/* --- The outer's ISynchronize -------------------------------------------- */

/* Counted; NULL: it has none, or forwards to the call object's own. */
static ISynchronize *synchronize_of(struct belayi_call_object *object)
{
	void *found;

	if (FAILED(IUnknown_QueryInterface(object->waitable.outer,
					   &IID_ISynchronize, &found)))
		return NULL;
	if (found != (void *)&object->waitable.synchronize)
		return found;
	(void)ISynchronize_Release((ISynchronize *)found);
	return NULL;
}

void belayi_outer_begin(struct belayi_call_object *object, uint64_t turn)
{
	wait_for_signal(object);
	object->signal_hr = S_OK;
	/* Release: of what was written above. */
	__atomic_store_n(&object->signaling,
			 word_of(turn, RESETTING | this_thread()),
			 __ATOMIC_RELEASE);
}

void belayi_outer_unbegin(struct belayi_call_object *object, uint64_t turn)
{
	/* The call is idle already: the next Begin_ may wait for this. */
	signal_is_over(object, word_of(turn, DUE));
}

static HRESULT reset_outer(struct belayi_call_object *object, uint64_t turn)
{
	ISynchronize *synchronize = synchronize_of(object);
	HRESULT hr;

	if (!synchronize) {
		belayi_event_begin(&object->waitable.event, turn);
		return S_OK;
	}
	hr = ISynchronize_Reset(synchronize);
	(void)ISynchronize_Release(synchronize);
	return hr;
}

static HRESULT signal_outer(struct belayi_call_object *object, uint64_t turn)
{
	ISynchronize *synchronize = synchronize_of(object);
	HRESULT hr;

	if (!synchronize) {
		(void)belayi_event_signal_turn(&object->waitable.event, turn);
		return S_OK;
	}
	hr = ISynchronize_Signal(synchronize);
	(void)ISynchronize_Release(synchronize);
	return hr;
}

static void settle(struct belayi_call_object *object, uint64_t turn)
{
	uint64_t word = word_of(turn, this_thread());

	/* Else Reset finished the call, and began the next: it is nobody's. */
	if (move(object, word_of(turn, DUE), word)) {
		HRESULT hr = signal_outer(object, turn);

		/* Where Signal began the next turn, so is its result. */
		if (FAILED(hr) && load(object) == word)
			object->signal_hr = hr;
		signal_is_over(object, word);
	}
	belayi_object_let_go(object);
}

/* --- Elsewhere ----------------------------------------------------------- */

/*
 * A call settles on whichever thread replies or cancels: one of a server's
 * single-threaded apartment, or a policy's, which is in none. There the
 * program's Signal could not use the call object, to finish the call for one:
 * a multithreaded client's runs in its apartment. A single-threaded one may
 * sit in its Wait, which need not pump.
 */
struct errand {
	struct belayi_task task;
	struct belayi_call_object *object;
	uint64_t turn;
};

static void run_errand(struct belayi_task *task)
{
	struct errand *errand = (struct errand *)task;

	settle(errand->object, errand->turn);
	free(errand);
}

static bool send_errand(struct belayi_call_object *object, uint64_t turn)
{
	struct belayi_apartment *apartment =
		object->client.proxy->import->apartment;
	struct errand *errand = malloc(sizeof(*errand));
	bool sent;

	if (!errand)
		return false;
	*errand = (struct errand){{NULL, run_errand, run_errand}, object, turn};
	/* The errand may let go of the last that keeps it. */
	(void)belayi_apartment_ref(apartment);
	sent = belayi_apartment_post(apartment, &errand->task);
	(void)belayi_apartment_unref(apartment);
	if (!sent)
		free(errand);
	return sent;
}

/* A Signal before its Reset would be lost. */
static bool is_owed(struct belayi_call_object *object, uint64_t turn)
{
	uint64_t seen = load(object);

	return seen >> 32 == (uint32_t)turn && (seen & RESETTING) &&
	       move(object, seen, seen | OWED);
}

void belayi_outer_settled(struct belayi_call_object *object, uint64_t turn)
{
	bool is_elsewhere = !object->client.apartment &&
			    belayi_apartment_current() !=
				    object->client.proxy->import->apartment;

	if (is_owed(object, turn))
		return;
	if (!is_elsewhere || !send_errand(object, turn))
		settle(object, turn);
}

/*
 * The call was cancelled before its Reset had returned. Its Signal is not for
 * this thread, if another can be had: Begin_ may have been called with a lock
 * that Signal takes.
 */
static void settle_owed(struct belayi_call_object *object, uint64_t turn)
{
	(void)move(object, word_of(turn, RESETTING | OWED | this_thread()),
		   word_of(turn, DUE));
	if (object->client.apartment || !send_errand(object, turn))
		settle(object, turn);
}

HRESULT belayi_outer_reset(struct belayi_call_object *object, uint64_t turn)
{
	HRESULT hr = reset_outer(object, turn);

	if (!move(object, word_of(turn, RESETTING | this_thread()),
		  word_of(turn, DUE)))
		settle_owed(object, turn);
	return hr;
}

/* --- Finish_ ------------------------------------------------------------- */

void belayi_outer_wait(struct belayi_call_object *object)
{
	ISynchronize *synchronize;

	/* Inside Signal everything is there already. */
	if (thread_of(load(object)) == this_thread())
		return;
	synchronize = synchronize_of(object);
	if (!synchronize)
		return;
	(void)ISynchronize_Wait(synchronize, COWAIT_DEFAULT, INFINITE);
	(void)ISynchronize_Release(synchronize);
}

HRESULT belayi_outer_collect(struct belayi_call_object *object)
{
	wait_for_signal(object);
	return object->signal_hr;
}
