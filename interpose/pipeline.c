/* SPDX-License-Identifier: MIT */
/*
 * pipeline.c - the observer: every transition of every call comes through
 *
 * A foreign API's call is in its slot of the call table already. A call on
 * the heap gets a slot while it is observed, where its state is mirrored.
 */
#include "pipeline.h"

#include "decisions.h"
#include "guard.h"
#include "lanes.h"
#include "modules.h"
#include "operations.h"
#include "process.h"
#include "recorder.h"
#include "served.h"
#include "slots.h"

/*
 * The slot of a call on the heap; its id tells a slot of another table, and
 * one that was given back. Relaxed: who cancels may be late and read another
 * turn's.
 */
static struct belay_slot *mirror_of(const struct belay_call *call)
{
	struct belay_slot *slot;
	uint32_t index;
	uint64_t id;

	if (belayi_slot_of(call))
		return NULL;
	index = __atomic_load_n(&call->slot, __ATOMIC_RELAXED);
	id = __atomic_load_n(&call->id, __ATOMIC_RELAXED);
	if (id == 0 || index == 0 || index >= belayi_process.slots_count)
		return NULL;
	slot = &belayi_process.slots[index];
	return __atomic_load_n(&slot->call.id, __ATOMIC_RELAXED) == id ? slot
								       : NULL;
}

/*
 * The slot of a call that rules decided something over, its own or its
 * mirror's; 0: they did not.
 */
static inline uint32_t decided_slot(const struct belay_call *call)
{
	uint32_t slot;

	if (__builtin_expect(!belayi_has_decided(), 1))
		return 0;
	slot = __atomic_load_n(&call->slot, __ATOMIC_RELAXED);
	return slot < belayi_process.slots_count &&
			       belayi_is_decided(call, slot)
		       ? slot
		       : 0;
}

/* What they decided, where it is: for who is alone with the call. */
static inline const struct belayi_decided *
decided_in_place(const struct belay_call *call)
{
	uint32_t slot = decided_slot(call);

	return slot ? &belayi_decisions[slot].decided : NULL;
}

/* The same for who is not: in the slot the next turn may begin meanwhile. */
static bool decided_of(const struct belay_call *call,
		       struct belayi_decided *ret_copy)
{
	uint32_t slot = decided_slot(call);

	return slot && belayi_decided_of(call, slot, ret_copy);
}

static uint64_t turn_of(const struct belay_slot *slot)
{
	return belay_word_turn(
		__atomic_load_n(&slot->call.word, __ATOMIC_RELAXED));
}

static void mirror(const struct belay_call *call, enum belay_state state)
{
	struct belay_slot *slot = mirror_of(call);
	uint64_t word;

	if (!slot)
		return;
	/* Acquire pairs with drop_mirror(): a later turn has no id of ours. */
	word = __atomic_load_n(&slot->call.word, __ATOMIC_ACQUIRE);
	if (mirror_of(call) == slot)
		belay_call_mirror(&slot->call.word, belay_word_turn(word),
				  state);
}

static void drop_mirror(struct belayi_thread *thread, struct belay_call *call)
{
	struct belay_slot *slot = mirror_of(call);

	if (!slot)
		return;
	__atomic_store_n(&call->slot, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->call.id, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->call.operation, NULL, __ATOMIC_RELAXED);
	belay_call_mirror(&slot->call.word, turn_of(slot) + 1, BELAY_CALL_IDLE);
	belayi_slot_give(thread, slot);
}

/* A call on the heap that was begun before a fork is the parent's. */
static bool is_watched(const struct belay_call *call)
{
	return belayi_live() &&
	       belayi_is_own_id(__atomic_load_n(&call->id, __ATOMIC_RELAXED));
}

/* Relaxed stores: a reader that is late sees another turn's, and skips. */
static void fill(struct belay_slot *slot, const struct belay_begin *begin)
{
	__atomic_store_n(&slot->key, (uint64_t)(uintptr_t)begin->key,
			 __ATOMIC_RELAXED);
	slot->owner = (uint64_t)(uintptr_t)begin->owner;
	slot->site = (uint64_t)(uintptr_t)begin->site;
	/* Atomic: who lost a race for this slot still reads its link. */
	__atomic_store_n(&slot->deadline, 0, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
		slot->args[i] = begin->args[i];
}

static void take_mirror(struct belayi_thread *thread, struct belay_call *call,
			const struct belay_begin *begin)
{
	struct belay_slot *slot = belayi_slot_take(thread);

	__atomic_store_n(&call->slot, slot ? belayi_slot_index(slot) : 0,
			 __ATOMIC_RELAXED);
	if (!slot) {
		belayi_lost(BELAY_LOST_CALLS);
		return;
	}
	__atomic_store_n(&slot->call.id, call->id, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->call.operation, begin->operation,
			 __ATOMIC_RELAXED);
	slot->call.begun = call->begun;
	slot->call.completed = 0;
	slot->call.thread = call->thread;
	slot->call.number = call->number;
	slot->call.cancels = 0;
	fill(slot, begin);
	if (!begin->key)
		slot->key = (uint64_t)(uintptr_t)call;
	belay_call_mirror(&slot->call.word, turn_of(slot), BELAY_CALL_PENDING);
}

/* A hook of the operation's: few have one. */
static bool has_begun(const struct belay_operation *operation)
{
	return operation->size > offsetof(struct belay_operation, begun) &&
	       operation->begun;
}

/*
 * The first call of many at a site: what comes of it is kept, once it is certain
 * which rules there are.
 */
__attribute__((noinline, cold)) static bool
decide_first(struct belayi_thread *thread, struct belay_call *call,
	     const struct belay_begin *begin, uint64_t turn,
	     struct belay_outcome *ret_fault)
{
	uint64_t key = belayi_site_key(begin->site, call->number);
	bool settled =
		__atomic_load_n(&belayi_process.settled, __ATOMIC_ACQUIRE);
	bool goes_on = !belayi_decisions ||
		       belayi_site_is_idle(begin->site, call->number) ||
		       belayi_decide(call, turn, begin, ret_fault);
	bool ruled = belayi_decisions &&
		     !belayi_site_is_idle(begin->site, call->number);

	if (settled)
		belayi_site_make_known(thread, key,
				       ruled || has_begun(begin->operation));
	return goes_on;
}

/* Counts it; what is known of the place where it begins. */
static inline enum belayi_site_known note(struct belayi_thread *thread,
					  struct belay_call *call,
					  const struct belay_begin *begin)
{
	uint32_t number = belayi_operation_number(begin->operation);
	enum belayi_site_known known =
		belayi_site_known(thread, belayi_site_key(begin->site, number));

	/* Relaxed: who cancels late may read it, see on_answered(). */
	__atomic_store_n(&call->number, (uint16_t)number, __ATOMIC_RELAXED);
	call->thread = belayi_thread_id(thread);
	if (__builtin_expect(known == BELAYI_SITE_STRANGE, 0))
		(void)belayi_module_note(begin->site);
	belayi_count(thread, number, BELAYI_COUNTER(calls));
	return known;
}

static inline bool decide(struct belayi_thread *thread,
			  enum belayi_site_known known, struct belay_call *call,
			  const struct belay_begin *begin, uint64_t turn,
			  struct belay_outcome *ret_fault)
{
	if (belayi_provider)
		belayi_record_begin(call, begin);
	if (__builtin_expect(known == BELAYI_SITE_PLAIN, 1))
		return true;
	if (known == BELAYI_SITE_RULED)
		return !belayi_decisions ||
		       belayi_decide(call, turn, begin, ret_fault);
	return decide_first(thread, call, begin, turn, ret_fault);
}

static bool on_begin(struct belay_call *call, const struct belay_begin *begin,
		     uint64_t turn, struct belay_outcome *ret_fault)
{
	enum belayi_site_known known;
	struct belayi_thread *thread;

	if (!belayi_live())
		return true;
	/* The first call after a fork: what made it known made new ids, too. */
	if (__builtin_expect(!belayi_is_own_id(call->id), 0))
		__atomic_store_n(&call->id, belay_id_new(), __ATOMIC_RELAXED);
	thread = belayi_thread_enter();
	known = note(thread, call, begin);
	if (belayi_slot_of(call))
		fill(belayi_slot_of(call), begin);
	else
		take_mirror(thread, call, begin);
	belayi_thread_leave(thread);
	return decide(thread, known, call, begin, turn, ret_fault);
}

BELAYI_EACH_CALL bool belayi_pipeline_begin(struct belayi_thread *thread,
					    struct belay_slot *slot,
					    const struct belay_begin *begin,
					    uint64_t turn,
					    struct belay_outcome *ret_fault)
{
	enum belayi_site_known known = note(thread, &slot->call, begin);
	bool begins;

	fill(slot, begin);
	belayi_thread_leave(thread);
	begins = decide(thread, known, &slot->call, begin, turn, ret_fault);
	if (__builtin_expect(known != BELAYI_SITE_PLAIN, 0) && begins &&
	    has_begun(begin->operation))
		begin->operation->begun(&(struct belay_ref){&slot->call, turn});
	return begins;
}

static void on_refuse(struct belay_call *call,
		      const struct belay_operation *operation, int32_t status,
		      bool pending)
{
	struct belayi_thread *thread;
	const struct belayi_decided *decided;
	enum belay_refusal reason = BELAY_REFUSED_BY_PENDING;
	uint32_t number;

	if (!belayi_live() || (!pending && !is_watched(call)))
		return;
	number = belayi_operation_number(operation);
	if (!pending) {
		reason = BELAY_REFUSED_BY_API;
		decided = decided_in_place(call);
		if (decided && (decided->set & BELAY_VERDICT_FAIL_BEGIN))
			reason = BELAY_REFUSED_BY_POLICY;
		if (decided)
			belayi_decided_end(decided, NULL);
	}
	if (belayi_provider)
		belayi_record_refuse(
			__atomic_load_n(&call->id, __ATOMIC_RELAXED), operation,
			reason, status);
	thread = belayi_thread_enter();
	if (pending) {
		belayi_count(thread, number, BELAYI_COUNTER(pending));
	} else {
		belayi_count(thread, number, BELAYI_COUNTER(refused));
		drop_mirror(thread, call);
	}
	belayi_thread_leave(thread);
}

static void count_cancel(const struct belay_call *call)
{
	struct belayi_thread *thread = belayi_thread_enter();

	belayi_count(thread, __atomic_load_n(&call->number, __ATOMIC_RELAXED),
		     BELAYI_COUNTER(cancels));
	belayi_thread_leave(thread);
}

/*
 * A rule's cancel is counted before it is asked for: the program that it wakes
 * may end before the answer is here. One that comes too late is not asked for.
 */
static bool on_cancel(struct belay_call *call, enum belay_party by)
{
	struct belayi_decided decided;

	if (!is_watched(call))
		return true;
	if (by == BELAY_BY_POLICY)
		count_cancel(call);
	return !decided_of(call, &decided) ||
	       belayi_decided_cancel(&decided, by);
}

BELAYI_EACH_CALL static enum belay_verdict
on_completing(struct belay_call *call, struct belay_outcome *outcome,
	      enum belay_moment moment)
{
	const struct belayi_decided *decided = decided_in_place(call);

	return __builtin_expect(decided != NULL, 0) && is_watched(call)
		       ? belayi_decided_outcome(decided, outcome, moment)
		       : BELAY_DELIVER;
}

static void on_answered(struct belay_call *call, uint64_t turn,
			enum belay_party by, enum belay_answer answer,
			int32_t status)
{
	const struct belay_ref ref = {call, turn};
	struct belayi_decided decided;

	if (!is_watched(call))
		return;
	if (by != BELAY_BY_POLICY)
		count_cancel(call);
	if (belayi_provider)
		belayi_record_cancel(&ref, by, answer, status);
	if (answer != BELAY_ANSWER_CANCELED)
		return;
	mirror(call, BELAY_CALL_CANCELED);
	if (!decided_of(call, &decided) || decided.turn != turn)
		return;
	belayi_hold_release(&decided);
	belayi_timing_settles(&decided);
}

BELAYI_EACH_CALL static void on_complete(struct belay_call *call,
					 const struct belay_outcome *outcome)
{
	const struct belayi_decided *decided;

	if (!is_watched(call))
		return;
	if (belayi_provider)
		belayi_record_complete(call, outcome);
	mirror(call, BELAY_CALL_COMPLETED);
	decided = decided_in_place(call);
	if (__builtin_expect(decided != NULL, 0))
		belayi_timing_settles(decided);
}

/* Returns the thread, which the caller is to leave. */
static inline struct belayi_thread *finish(struct belay_call *call,
					   const struct belay_outcome *outcome)
{
	uint64_t now = belay_clock_now();
	uint64_t ns = belay_clock_ns(now - call->begun);
	struct belayi_thread *thread;

	if (belayi_provider)
		belayi_record_finish(call, outcome, now, ns);
	thread = belayi_thread_enter();
	belayi_count_finish(thread, call->number, outcome, ns);
	return thread;
}

static void on_finish(struct belay_call *call, uint64_t turn,
		      const struct belay_outcome *outcome)
{
	const struct belayi_decided *decided;
	struct belayi_thread *thread;

	(void)turn;
	if (!is_watched(call))
		return;
	decided = decided_in_place(call);
	if (__builtin_expect(decided != NULL, 0))
		belayi_decided_end(decided, outcome);
	thread = finish(call, outcome);
	drop_mirror(thread, call);
	belayi_thread_leave(thread);
}

/* The outcome is chosen now: nobody saw the call complete before. */
static void end_decided(const struct belayi_decided *decided,
			struct belay_outcome *outcome)
{
	enum belay_ending ending = outcome->ending;

	(void)belayi_decided_outcome(decided, outcome, BELAY_AT_FINISH);
	if (ending == BELAY_UNCOLLECTED)
		outcome->ending = ending;
	belayi_decided_end(decided, outcome);
}

BELAYI_EACH_CALL struct belayi_thread *
belayi_pipeline_finish(struct belay_slot *slot, struct belay_outcome *outcome)
{
	const struct belayi_decided *decided = decided_in_place(&slot->call);

	if (__builtin_expect(decided != NULL, 0))
		end_decided(decided, outcome);
	return finish(&slot->call, outcome);
}

void belayi_pipeline_fail(struct belay_slot *slot,
			  const struct belay_operation *operation,
			  int32_t status)
{
	on_refuse(&slot->call, operation, status, false);
}

#define WATCHING                                                               \
	.size = sizeof(struct belay_observer), .begin = on_begin,              \
	.refuse = on_refuse, .answered = on_answered, .complete = on_complete, \
	.finish = on_finish, .server_enter = belayi_served_enter,              \
	.server_exit = belayi_served_exit

const struct belay_observer belayi_pipeline = {WATCHING};

const struct belay_observer belayi_pipeline_with_rules = {
	WATCHING,
	.cancel = on_cancel,
	.completing = on_completing,
};
