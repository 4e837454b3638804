/* SPDX-License-Identifier: MIT */
/*
 * decisions.c - asks the rules when a call begins, and does what they say
 *
 * Which rules fire is the host's decision: conditions, counters, triggers.
 * What then happens is their policies', one verdict each; they are put
 * together in the order of the rules.
 */
#include "decisions.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "guard.h"
#include "recorder.h"
#include "slots.h"

#define NS_PER_S UINT64_C(1000000000)

_Static_assert(BELAYI_FIRED_MAX <= BELAY_ACTED_MAX, "there is room for all");

BELAYI_EACH_CALL_READS struct belayi_decision *belayi_decisions = NULL;
BELAYI_EACH_CALL_READS bool belayi_decided_once = false;

/*
 * How many calls each rule's conditions fitted in this process, by the rule's
 * number. Each thread's counts stand in its own place; the first place is of
 * threads that have none, and is added to atomically.
 */
struct counts {
	uint64_t of_rule[BELAY_RULES_MAX + 1];
} __attribute__((aligned(BELAYI_LINE)));

static struct counts *matched;

bool belayi_decisions_make(uint32_t slots)
{
	size_t size = sizeof(struct belayi_decision) * slots +
		      sizeof(struct counts) * (BELAYI_THREADS + 1);
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return false;
	/* The parent's calls are not the child's, nor are its counts. */
	if (madvise(map, size, MADV_WIPEONFORK) < 0) {
		(void)munmap(map, size);
		return false;
	}
	belayi_decisions = map;
	matched = (struct counts *)(belayi_decisions + slots);
	return true;
}

static void count_matched(const struct belayi_rule *rule)
{
	struct belayi_thread *thread = belayi_thread_enter();
	size_t place =
		thread ? (size_t)(thread - belayi_process.own->threads) + 1 : 0;
	uint64_t *n = &matched[place].of_rule[belayi_rule_number(rule)];

	if (__builtin_expect(place == 0, 0))
		belayi_count_up(n);
	else
		__atomic_store_n(n, __atomic_load_n(n, __ATOMIC_RELAXED) + 1,
				 __ATOMIC_RELAXED);
	belayi_thread_leave(thread);
}

void belayi_decisions_fold(void)
{
	uint32_t places = belayi_threads_used() + 1;
	bool asked = false;

	for (uint32_t i = 0; i < belayi_policies.count; i++) {
		struct belayi_rule *rule = &belayi_policies.rules[i];
		uint32_t number = belayi_rule_number(rule);

		asked |= __atomic_load_n(&rule->state->asked,
					 __ATOMIC_RELAXED) != 0;
		for (uint32_t place = 0; place < places; place++)
			(void)__atomic_fetch_add(
				&rule->state->matched,
				__atomic_exchange_n(
					&matched[place].of_rule[number], 0,
					__ATOMIC_RELAXED),
				__ATOMIC_RELAXED);
	}
	if (asked)
		belayi_asked_fold();
}

bool belayi_decided_copy(uint32_t slot, uint64_t id,
			 struct belayi_decided *ret_copy)
{
	const struct belayi_decision *decision = &belayi_decisions[slot];
	const uint64_t *from = (const uint64_t *)&decision->decided;
	uint64_t *to = (uint64_t *)ret_copy;

	/* Acquire: the id is looked at again after all of them. */
	for (size_t i = 0; i < sizeof(*ret_copy) / sizeof(*to); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_ACQUIRE);
	return __atomic_load_n(&decision->id, __ATOMIC_ACQUIRE) == id;
}

void belayi_decided_told(const struct belayi_decided *decided, uint8_t by,
			 const char *action, uint64_t value)
{
	const struct belayi_rule *rule;

	if (!belayi_provider || by >= decided->fired_count)
		return;
	rule = decided->fired[by].rule->rule;
	belayi_record_policy(decided->id, rule->policy->name,
			     belayi_rule_number(rule), action, value);
}

/* --- Begin --------------------------------------------------------------- */

static void start_draft(struct belayi_decided *draft, struct belay_call *call,
			uint64_t turn, const struct belay_begin *begin)
{
	memset(draft, 0, offsetof(struct belayi_decided, fired));
	draft->id = call->id;
	draft->call = call;
	draft->turn = turn;
	draft->begun = call->begun;
	draft->key = (uint64_t)(uintptr_t)begin->key;
	draft->owner = (uint64_t)(uintptr_t)begin->owner;
	draft->slot = call->slot;
	draft->thread = call->thread;
	draft->fail_by = BELAYI_NO_RULE;
	draft->short_by = BELAYI_NO_RULE;
	draft->hold_by = BELAYI_NO_RULE;
	draft->deadline_by = BELAYI_NO_RULE;
	draft->refuse_by = BELAYI_NO_RULE;
	for (int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
		draft->args[i] = begin->args[i];
}

/* What stands before `fired`, in words. */
#define ALWAYS (offsetof(struct belayi_decided, fired) / sizeof(uint64_t))

/* Word by word, because somebody who is late may read at the same time. */
static void publish(const struct belayi_decided *draft)
{
	struct belayi_decision *decision = &belayi_decisions[draft->slot];
	const uint64_t *from = (const uint64_t *)draft;
	uint64_t *to = (uint64_t *)&decision->decided;
	size_t words = ALWAYS + sizeof(draft->fired[0]) / sizeof(*to) *
					draft->fired_count;

#pragma GCC unroll 32
	for (size_t i = 0; i < ALWAYS; i++)
		__atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
	for (size_t i = ALWAYS; i < words; i++)
		__atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
	__atomic_store_n(&decision->cancel_at, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&decision->release_at, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&decision->held,
			 belayi_held_word(draft, BELAYI_NOT_HELD),
			 __ATOMIC_RELAXED);
	if (!belayi_has_decided())
		__atomic_store_n(&belayi_decided_once, true, __ATOMIC_RELAXED);
	/* Release: whoever sees the id sees the rest. */
	__atomic_store_n(&decision->id, draft->id, __ATOMIC_RELEASE);
}

/* For readers of the call table; they look at the id last, too. */
static void show(const struct belayi_decided *draft)
{
	struct belay_acted *shown = belayi_decided_shown(draft);
	uint8_t count = 0;

	if (!shown || !draft->acted)
		return;
	for (uint8_t i = 0; i < draft->fired_count; i++) {
		uint32_t rule =
			belayi_rule_number(draft->fired[i].rule->rule) - 1;

		if (!(draft->acted & 1U << i))
			continue;
		belayi_count_up(&belayi_process.rules->rules[rule].fired);
		__atomic_store_n(&shown->rules[count++], (uint8_t)rule,
				 __ATOMIC_RELAXED);
	}
	__atomic_store_n(&shown->count, count, __ATOMIC_RELAXED);
	__atomic_store_n(&shown->held, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&shown->id, draft->id, __ATOMIC_RELEASE);
}

static bool add_fired(struct belayi_decided *decided,
		      struct belayi_site_rule *rule, uint64_t n)
{
	if (decided->fired_count == BELAYI_FIRED_MAX) {
		belayi_count_up(&rule->rule->state->crowded);
		return false;
	}
	decided->fired[decided->fired_count++] = (struct belayi_fired){rule, n};
	if (rule->rule->policy->completing)
		decided->hooks |= BELAYI_HAS_COMPLETING;
	if (rule->rule->policy->finish)
		decided->hooks |= BELAYI_HAS_FINISH;
	return true;
}

/* The sleep is what the rule asks for: no signal and no cancel shortens it. */
static void stall(uint64_t ns)
{
	uint64_t until = belay_clock_pair().ns;
	struct timespec time;
	int cancel_state;

	belayi_add_up(&until, ns);
	time.tv_sec = (time_t)(until / NS_PER_S);
	time.tv_nsec = (long)(until % NS_PER_S);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) ==
	       EINTR)
		;
	(void)pthread_setcancelstate(cancel_state, NULL);
}

/*
 * first: the first rule whose conditions fit
 * Return: how long Begin is to sleep.
 */
static uint64_t ask_rules(struct belayi_decided *draft, uint32_t first,
			  const struct belay_begin *begin)
{
	struct belayi_site *site = draft->site;
	uint64_t stall_ns = 0;

	for (uint32_t i = first; i < site->count; i++) {
		struct belayi_site_rule *rule = &site->rules[i];
		uint64_t n;

		if (i != first && !belayi_rule_fits(rule, begin))
			continue;
		n = __atomic_add_fetch(&rule->n, 1, __ATOMIC_RELAXED);
		count_matched(rule->rule);
		if (!belayi_rule_fires(site, rule, n) ||
		    !add_fired(draft, rule, n))
			continue;
		if (belayi_policies.state->recording && rule->rule->has_trigger)
			belayi_rule_note(rule->rule, BELAY_ENTRY_FIRED,
					 site->address, n);
		belayi_add_up(&stall_ns,
			      belayi_hook_begin(draft, draft->fired_count - 1,
						begin->text));
	}
	return stall_ns;
}

__attribute__((noinline)) static bool
decide_at(struct belayi_site *site, uint32_t first, struct belay_call *call,
	  uint64_t turn, const struct belay_begin *begin,
	  struct belay_outcome *ret_fault)
{
	struct belayi_decided draft;
	uint64_t stall_ns;
	int saved = errno;

	start_draft(&draft, call, turn, begin);
	draft.site = site;
	stall_ns = ask_rules(&draft, first, begin);
	if (stall_ns)
		stall(stall_ns);
	if (draft.fired_count) {
		publish(&draft);
		show(&draft);
	}
	if (draft.set & BELAY_VERDICT_FAIL_BEGIN) {
		*ret_fault =
			(struct belay_outcome){BELAY_FAILED, draft.error, 0};
		belayi_decided_told(&draft, draft.fail_by, "fail-begin",
				    (uint64_t)(int64_t)draft.error);
	} else if (draft.set & BELAY_VERDICT_DEADLINE) {
		belayi_timing_arm(&draft);
	}
	errno = saved;
	return !(draft.set & BELAY_VERDICT_FAIL_BEGIN);
}

BELAYI_EACH_CALL bool belayi_decide(struct belay_call *call, uint64_t turn,
				    const struct belay_begin *begin,
				    struct belay_outcome *ret_fault)
{
	struct belayi_site *site = belayi_site(begin, call->number);
	uint32_t first = 0;

	while (site && first < site->count &&
	       !belayi_rule_fits(&site->rules[first], begin))
		first++;
	/* A call without a slot is not touched. */
	return !site || first == site->count || !call->slot ||
	       decide_at(site, first, call, turn, begin, ret_fault);
}

/* --- Later --------------------------------------------------------------- */

bool belayi_decided_cancel(const struct belayi_decided *decided,
			   enum belay_party by)
{
	uint8_t refused_by = decided->set & BELAY_VERDICT_REFUSE_CANCEL
				     ? decided->refuse_by
				     : belayi_hooks_cancel(decided, by);

	if (refused_by == BELAYI_NO_RULE)
		return true;
	belayi_decided_told(decided, refused_by, "refuse-cancel", (uint64_t)by);
	return false;
}

/* Whether it asks for nothing else: then it has not been counted at Begin. */
static bool is_only_short(const struct belayi_decided *decided)
{
	return !(decided->acted & 1U << decided->short_by);
}

void belayi_decided_shortened(const struct belayi_decided *decided)
{
	struct belayi_decision *decision = belayi_decision_of(decided);
	const struct belayi_rule *rule =
		decided->fired[decided->short_by].rule->rule;

	if (__atomic_exchange_n(&decision->shortened, decided->id,
				__ATOMIC_RELAXED) == decided->id ||
	    !is_only_short(decided))
		return;
	belayi_count_up(&rule->state->fired);
	if (belayi_process.rules)
		belayi_count_up(&belayi_process.rules
					 ->rules[belayi_rule_number(rule) - 1]
					 .fired);
}

static void end_short(const struct belayi_decided *decided)
{
	const struct belayi_rule *rule =
		decided->fired[decided->short_by].rule->rule;

	if (is_only_short(decided) &&
	    __atomic_load_n(&belayi_decision_of(decided)->shortened,
			    __ATOMIC_RELAXED) != decided->id)
		belayi_count_up(&rule->state->idle);
}

static void change_outcome(const struct belayi_decided *decided,
			   struct belay_outcome *outcome)
{
	if (decided->set & BELAY_VERDICT_FAIL_FINISH) {
		*outcome = (struct belay_outcome){BELAY_FAILED, decided->error,
						  -1};
		belayi_decided_told(decided, decided->fail_by, "fail-finish",
				    (uint64_t)(int64_t)decided->error);
	} else if ((decided->set & BELAY_VERDICT_SHORT) &&
		   outcome->ending == BELAY_SUCCEEDED &&
		   outcome->result > decided->short_to) {
		outcome->result = decided->short_to;
		belayi_decided_shortened(decided);
		belayi_decided_told(decided, decided->short_by, "short",
				    (uint64_t)decided->short_to);
	}
	if (decided->hooks & BELAYI_HAS_COMPLETING)
		belayi_hooks_completing(decided, outcome);
}

enum belay_verdict belayi_decided_outcome(const struct belayi_decided *decided,
					  struct belay_outcome *outcome,
					  enum belay_moment moment)
{
	if (outcome->ending == BELAY_SUCCEEDED ||
	    outcome->ending == BELAY_FAILED)
		change_outcome(decided, outcome);
	/* An adapter has asked before, see belay_adapter_look(). */
	if (moment == BELAY_AT_FINISH || belayi_slot_of(decided->call))
		return BELAY_DELIVER;
	return belayi_hold_start(decided);
}

void belayi_decided_end(const struct belayi_decided *decided,
			const struct belay_outcome *outcome)
{
	if (outcome && (decided->hooks & BELAYI_HAS_FINISH))
		belayi_hooks_finish(decided, outcome);
	if (decided->set & BELAY_VERDICT_SHORT)
		end_short(decided);
	belayi_timing_end(decided, outcome);
}
