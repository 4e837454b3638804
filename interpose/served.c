/* SPDX-License-Identifier: MIT */
/*
 * served.c - the calls that this process serves, in slots of the call table
 *
 * A slot from enter to exit, so that others see who serves what, and since
 * when. A call may be left on another thread than it was entered on: it is
 * found again in the key map, by the process that called and the call's id
 * there.
 */
#include "served.h"

#include <belay/clock.h>

#include "guard.h"
#include "keymap.h"
#include "operations.h"
#include "process.h"
#include "recorder.h"
#include "slots.h"

/* Ids differ by themselves, but a caller's may be anything. */
static uint64_t key_of(const struct belay_server_call *server)
{
	return server->id ^ server->caller * UINT64_C(0xff51afd7ed558ccd);
}

static uint64_t turn_of(const struct belay_slot *slot)
{
	return belay_word_turn(
		__atomic_load_n(&slot->call.word, __ATOMIC_RELAXED));
}

/* Relaxed stores: a reader that is late sees another turn's, and skips. */
static void fill(struct belay_slot *slot,
		 const struct belay_server_call *server, uint32_t thread)
{
	uint32_t number = belayi_operation_number(server->operation);

	__atomic_store_n(&slot->call.id, server->id, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->call.number,
			 (uint16_t)(number | BELAY_SLOT_SERVED),
			 __ATOMIC_RELAXED);
	__atomic_store_n(&slot->call.cancels, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->key, key_of(server), __ATOMIC_RELAXED);
	__atomic_store_n(&slot->deadline, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->call.begun, belay_clock_now(),
			 __ATOMIC_RELAXED);
	slot->call.completed = 0;
	slot->call.thread = thread;
	slot->owner = server->caller;
	slot->site = (uint64_t)(uintptr_t)server->site;
	for (unsigned int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
		slot->args[i] = 0;
	__atomic_store_n(&slot->call.operation, server->operation,
			 __ATOMIC_RELAXED);
	belay_call_mirror(&slot->call.word, turn_of(slot), BELAY_CALL_PENDING);
}

static void give(struct belayi_thread *thread, struct belay_slot *slot)
{
	__atomic_store_n(&slot->call.id, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->call.operation, NULL, __ATOMIC_RELAXED);
	belay_call_mirror(&slot->call.word, turn_of(slot) + 1, BELAY_CALL_IDLE);
	belayi_slot_give(thread, slot);
}

static void take(const struct belay_server_call *server)
{
	struct belayi_thread *thread = belayi_thread_enter();
	struct belay_slot *slot = belayi_slot_take(thread);

	if (!slot) {
		belayi_lost(BELAY_LOST_CALLS);
	} else {
		fill(slot, server, belayi_thread_id(thread));
		if (!belayi_keymap_insert(key_of(server),
					  belayi_slot_index(slot))) {
			give(thread, slot);
			belayi_lost(BELAY_LOST_CALLS);
		}
	}
	belayi_thread_leave(thread);
}

struct search {
	const struct belay_server_call *server;
	struct belay_slot *found;
};

/* Acquire pairs with the key map's insert: what is in it was filled. */
static void consider(uint32_t index, void *data)
{
	struct search *search = data;
	struct belay_slot *slot = &belayi_process.slots[index];

	if ((__atomic_load_n(&slot->call.number, __ATOMIC_ACQUIRE) &
	     BELAY_SLOT_SERVED) &&
	    __atomic_load_n(&slot->key, __ATOMIC_RELAXED) ==
		    key_of(search->server) &&
	    __atomic_load_n(&slot->call.id, __ATOMIC_RELAXED) ==
		    search->server->id)
		search->found = slot;
}

/* One that was entered before a fork is in the parent's table. */
static void leave(const struct belay_server_call *server)
{
	struct search search = {.server = server};
	struct belayi_thread *thread;

	belayi_keymap_find(key_of(server), consider, &search);
	if (!search.found)
		return;
	belayi_keymap_remove(key_of(server), belayi_slot_index(search.found));
	thread = belayi_thread_enter();
	give(thread, search.found);
	belayi_thread_leave(thread);
}

void belayi_served_enter(const struct belay_server_call *server)
{
	if (!belayi_live())
		return;
	(void)belayi_module_note(server->site);
	take(server);
	if (belayi_provider)
		belayi_record_server_enter(server);
}

void belayi_served_exit(const struct belay_server_call *server, int32_t status,
			uint64_t duration_ns)
{
	if (!belayi_live())
		return;
	leave(server);
	if (belayi_provider)
		belayi_record_server_exit(server, status, duration_ns);
}
