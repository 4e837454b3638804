/* SPDX-License-Identifier: MIT */
/*
 * adapter.c - what adapters call: calls that live in slots of the call table
 *
 * A call that was begun before a fork belongs to the parent: its slot is not
 * in this process's table, and everything said of it does nothing.
 */
#include <belay/adapter.h>

#include "guard.h"
#include "keymap.h"
#include "lanes.h"
#include "log.h"
#include "process.h"
#include "slots.h"

static const struct belay_ref nobody = {NULL, 0};

static bool is_ours(const struct belay_ref *ref)
{
	return ref->call && belayi_live() && belayi_slot_of(ref->call);
}

static struct belay_slot *take(void)
{
	struct belayi_thread *thread = belayi_thread_enter();
	struct belay_slot *slot = belayi_slot_take(thread);

	belayi_thread_leave(thread);
	return slot;
}

static void give(struct belay_slot *slot)
{
	struct belayi_thread *thread = belayi_thread_enter();

	belayi_slot_give(thread, slot);
	belayi_thread_leave(thread);
}

/* The turn has ended: out of the map first, then free for another call. */
static void let_go(struct belay_slot *slot)
{
	belayi_keymap_remove(slot->key, belayi_slot_index(slot));
	give(slot);
}

static void fault_of(const struct belay_call *call,
		     struct belay_outcome *ret_fault)
{
	ret_fault->ending = (enum belay_ending)call->ending;
	ret_fault->status = call->status;
	ret_fault->result = call->result;
}

bool belay_adapter_begin(const struct belay_begin *begin,
			 struct belay_ref *ret_ref,
			 struct belay_outcome *ret_fault)
{
	struct belay_slot *slot;

	*ret_ref = nobody;
	if (!belayi_live())
		return true;
	slot = take();
	if (__builtin_expect(!slot, 0)) {
		belayi_lost(BELAY_LOST_CALLS);
		return true;
	}
	/* Relaxed: who asks late what was decided reads it. */
	__atomic_store_n(&slot->call.slot, belayi_slot_index(slot),
			 __ATOMIC_RELAXED);
	if (FAILED(belay_call_begin(&slot->call, begin, ret_ref))) {
		fault_of(&slot->call, ret_fault);
		give(slot);
		return false;
	}
	if (belayi_keymap_insert(slot->key, slot->call.slot))
		return true;
	/* Cannot be found again: as good as not watched. */
	belayi_lost(BELAY_LOST_CALLS);
	(void)belay_call_refuse(ret_ref, 0);
	give(slot);
	*ret_ref = nobody;
	return true;
}

void belay_adapter_accepted(const struct belay_ref *ref)
{
	if (is_ours(ref))
		(void)belay_call_accept(ref);
}

void belay_adapter_refused(const struct belay_ref *ref, int32_t status)
{
	if (is_ours(ref) && belay_call_refuse(ref, status))
		let_go(belayi_slot_of(ref->call));
}

struct search {
	const struct belay_adapter *adapter;
	uint64_t key;
	bool oldest; /* and not the newest */
	uint64_t begun;
	struct belay_ref found;
};

static bool belongs(const struct belay_operation *operation,
		    const struct belay_adapter *adapter)
{
	uintptr_t offset =
		(uintptr_t)operation - (uintptr_t)adapter->operations;

	return offset / sizeof(*operation) < adapter->operations_count;
}

/*
 * Acquire pairs with Begin, which writes the operation last: what the slot
 * says is of this turn, or of a later one, which the reference tells.
 */
static bool is_begun(const struct belay_slot *slot,
		     const struct belay_adapter *adapter)
{
	return belongs(__atomic_load_n(&slot->call.operation, __ATOMIC_ACQUIRE),
		       adapter);
}

static void consider(uint32_t index, void *data)
{
	struct search *search = data;
	struct belay_slot *slot = &belayi_process.slots[index];
	struct belay_ref ref = belay_call_ref(&slot->call);
	uint64_t begun;

	if (!is_begun(slot, search->adapter) ||
	    __atomic_load_n(&slot->key, __ATOMIC_RELAXED) != search->key)
		return;
	begun = __atomic_load_n(&slot->call.begun, __ATOMIC_RELAXED);
	/* Last: what was looked at was this turn's if its id still is. */
	if (belay_call_id(&ref) == 0 ||
	    (search->oldest ? begun >= search->begun : begun <= search->begun))
		return;
	search->begun = begun;
	search->found = ref;
}

struct belay_ref belay_adapter_find(const struct belay_adapter *adapter,
				    const void *key)
{
	struct search search = {
		.adapter = adapter,
		.key = (uint64_t)(uintptr_t)key,
		.found = nobody,
	};

	if (belayi_live())
		belayi_keymap_find(search.key, consider, &search);
	return search.found;
}

struct belay_ref belay_adapter_find_oldest(const struct belay_adapter *adapter,
					   const void *key)
{
	struct search search = {
		.adapter = adapter,
		.key = (uint64_t)(uintptr_t)key,
		.oldest = true,
		.begun = UINT64_MAX,
		.found = nobody,
	};

	if (belayi_live())
		belayi_keymap_find(search.key, consider, &search);
	return search.found;
}

bool belay_adapter_completed(const struct belay_ref *ref,
			     struct belay_outcome *outcome)
{
	return is_ours(ref) && belay_call_complete(ref, outcome);
}

bool belay_adapter_finished(const struct belay_ref *ref,
			    struct belay_outcome *outcome)
{
	if (!is_ours(ref) || !belay_call_collect(ref, outcome))
		return false;
	let_go(belayi_slot_of(ref->call));
	return true;
}

void belay_adapter_each(const struct belay_adapter *adapter,
			bool (*visit)(const struct belay_ref *ref,
				      const struct belay_slot *slot,
				      void *data),
			void *data)
{
	uint32_t used = belayi_live() ? belayi_slots_used() : 0;

	for (uint32_t i = 1; i < used; i++) {
		struct belay_slot *slot = &belayi_process.slots[i];
		struct belay_ref ref = belay_call_ref(&slot->call);

		if (is_begun(slot, adapter) && !visit(&ref, slot, data))
			return;
	}
}

void belay_adapter_double(void)
{
	if (belayi_live())
		belayi_lost(BELAY_LOST_DOUBLE);
}

void belay_adapter_say(const char *text)
{
	belayi_log("%s", text);
}

const struct belay_slot *belay_adapter_slot(const struct belay_ref *ref)
{
	return is_ours(ref) ? belayi_slot_of(ref->call) : NULL;
}
