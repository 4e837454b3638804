/* SPDX-License-Identifier: MIT */
/*
 * adapter.c - what adapters call: calls that live in slots of the call table
 *
 * A call that was begun before a fork belongs to the parent: its slot is not
 * in this process's table, and everything said of it does nothing.
 */
#include <belay/adapter.h>
#include <belay/word.h>

#include "guard.h"
#include "keymap.h"
#include "lanes.h"
#include "log.h"
#include "pipeline.h"
#include "process.h"
#include "slots.h"

static const struct belay_ref nobody = {NULL, 0};

static inline bool is_ours(const struct belay_ref *ref)
{
	return ref->call && belayi_live() && belayi_slot_of(ref->call);
}

/* Of one that is ours. */
static inline struct belay_slot *slot_of(const struct belay_ref *ref)
{
	return (struct belay_slot *)ref->call;
}

/* The turn has ended: out of the map first, then free for another call. */
static inline void let_go(struct belayi_thread *thread, struct belay_slot *slot)
{
	belayi_keymap_remove(slot->key, belayi_slot_index(slot));
	belayi_slot_give(thread, slot);
	belayi_thread_leave(thread);
}

/*
 * Alone in FINISHING: the slot is idle. What is left of the old turn must not
 * be taken for the next one's. Relaxed: the last move publishes it.
 */
static inline void end_turn(struct belay_call *call, uint64_t turn)
{
	__atomic_store_n(&call->operation, NULL, __ATOMIC_RELAXED);
	__atomic_store_n(&call->id, 0, __ATOMIC_RELAXED);
	belay_word_set(&call->word, turn + 1, BELAY_CALL_IDLE);
}

/* Nobody knows of the call yet, but who reads the table. */
__attribute__((noinline, cold)) static bool
fail(struct belay_slot *slot, const struct belay_begin *begin, uint64_t turn,
     const struct belay_outcome *fault)
{
	struct belayi_thread *thread;

	belay_word_set(&slot->call.word, turn, BELAY_CALL_FINISHING);
	belayi_pipeline_fail(slot, begin->operation, fault->status);
	end_turn(&slot->call, turn);
	thread = belayi_thread_enter();
	belayi_slot_give(thread, slot);
	belayi_thread_leave(thread);
	return false;
}

/* It cannot be found again: as good as not watched. */
__attribute__((noinline, cold)) static bool lose(struct belay_slot *slot,
						 struct belay_ref *ref)
{
	struct belayi_thread *thread;

	belayi_lost(BELAY_LOST_CALLS);
	if (ref->call) {
		(void)belay_call_refuse(ref, 0);
		thread = belayi_thread_enter();
		belayi_slot_give(thread, slot);
		belayi_thread_leave(thread);
	}
	*ref = nobody;
	return true;
}

/*
 * As belay_call_begin() does with any call, in place: the slot is ours, and
 * idle. Relaxed: late parties of the old turn look, and lose by the turn.
 */
static inline uint64_t start_turn(struct belay_slot *slot)
{
	struct belay_call *call = &slot->call;
	uint64_t turn = __atomic_load_n(&call->word, __ATOMIC_ACQUIRE) >>
			BELAY_WORD_TURN_SHIFT;

	__atomic_store_n(&call->slot, belayi_slot_index(slot),
			 __ATOMIC_RELAXED);
	belay_word_set(&call->word, turn, BELAY_CALL_STARTING);
	__atomic_store_n(&call->id, belay_id_new(), __ATOMIC_RELAXED);
	__atomic_store_n(&call->cancels, 0, __ATOMIC_RELAXED);
	call->completed = 0;
	__atomic_store_n(&call->begun, belay_clock_now(), __ATOMIC_RELAXED);
	return turn;
}

/* As belay_call_begin() has it where an adapter does not say a site. */
__attribute__((noinline, cold)) static bool
begin_at(const void *site, const struct belay_begin *begin,
	 struct belay_ref *ret_ref, struct belay_outcome *ret_fault)
{
	struct belay_begin with_site = *begin;

	with_site.site = site;
	return belay_adapter_begin(&with_site, ret_ref, ret_fault);
}

BELAYI_EACH_CALL bool belay_adapter_begin(const struct belay_begin *begin,
					  struct belay_ref *ret_ref,
					  struct belay_outcome *ret_fault)
{
	struct belayi_thread *thread;
	struct belay_slot *slot;
	uint64_t turn;

	*ret_ref = nobody;
	if (!belayi_live())
		return true;
	if (__builtin_expect(!begin->site, 0))
		return begin_at(__builtin_return_address(0), begin, ret_ref,
				ret_fault);
	thread = belayi_thread_enter();
	slot = belayi_slot_take(thread);
	if (__builtin_expect(!slot, 0)) {
		belayi_thread_leave(thread);
		return lose(NULL, ret_ref);
	}
	turn = start_turn(slot);
	if (!belayi_pipeline_begin(thread, slot, begin, turn, ret_fault))
		return fail(slot, begin, turn, ret_fault);
	/* Release: from here on the call can be cancelled and finished. */
	__atomic_store_n(&slot->call.operation, begin->operation,
			 __ATOMIC_RELEASE);
	*ret_ref = (struct belay_ref){&slot->call, turn};
	return belayi_keymap_insert((uint64_t)(uintptr_t)begin->key,
				    belayi_slot_index(slot)) ||
	       lose(slot, ret_ref);
}

BELAYI_EACH_CALL void belay_adapter_accepted(const struct belay_ref *ref)
{
	if (is_ours(ref) &&
	    !belay_word_step(&ref->call->word, ref->turn, BELAY_CALL_STARTING,
			     BELAY_CALL_PENDING))
		(void)belay_call_accept(ref);
}

void belay_adapter_refused(const struct belay_ref *ref, int32_t status)
{
	if (is_ours(ref) && belay_call_refuse(ref, status))
		let_go(belayi_thread_enter(), slot_of(ref));
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

BELAYI_EACH_CALL struct belay_ref
belay_adapter_find(const struct belay_adapter *adapter, const void *key)
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

BELAYI_EACH_CALL bool belay_adapter_completed(const struct belay_ref *ref,
					      struct belay_outcome *outcome)
{
	return is_ours(ref) && belay_call_complete(ref, outcome);
}

__attribute__((noinline)) static bool
finish_anyhow(const struct belay_ref *ref, struct belay_outcome *outcome)
{
	if (!belay_call_collect(ref, outcome))
		return false;
	let_go(belayi_thread_enter(), slot_of(ref));
	return true;
}

/* As belay_call_collect() does with any call, in place. */
BELAYI_EACH_CALL bool belay_adapter_finished(const struct belay_ref *ref,
					     struct belay_outcome *outcome)
{
	struct belayi_thread *thread;
	struct belay_slot *slot;

	if (!is_ours(ref))
		return false;
	if (!belay_word_step(&ref->call->word, ref->turn, BELAY_CALL_PENDING,
			     BELAY_CALL_FINISHING))
		return finish_anyhow(ref, outcome);
	slot = slot_of(ref);
	thread = belayi_pipeline_finish(slot, outcome);
	end_turn(&slot->call, ref->turn);
	let_go(thread, slot);
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
	return is_ours(ref) ? slot_of(ref) : NULL;
}
