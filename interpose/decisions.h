/* SPDX-License-Identifier: MIT */
/*
 * decisions.h - what rules decided over a call, and carrying it out
 *
 * Everything is decided when the call begins, and kept beside its slot for
 * that turn. The slot is the call's own or, of a call on the heap, its
 * mirror's; a call without a slot is not touched by rules.
 */
#ifndef BELAYI_DECISIONS_H
#define BELAYI_DECISIONS_H

#include <belay/observer.h>

#include "sites.h"

#define BELAYI_FIRED_MAX 6
#define BELAYI_NO_RULE UINT8_MAX

/* Of a completion that is to be kept back; a futex. */
enum belayi_held {
	BELAYI_NOT_HELD, /* the other side is not seen to be done */
	BELAYI_HOLDING,
	BELAYI_RELEASED, /* or cancelled, or the turn is over */
};

/* Which of their later hooks policies have, among those that fired. */
enum belayi_hooks {
	BELAYI_HAS_COMPLETING = 1,
	BELAYI_HAS_FINISH = 2,
};

/* A rule that fired at the call. */
struct belayi_fired {
	struct belayi_site_rule *rule;
	uint64_t n;
};

/*
 * struct belayi_decided - what was decided when a call began
 *
 * Written once in a turn. Who comes later, but for the one that is alone with
 * the call, works on a copy: in the slot the next turn may begin meanwhile.
 * fail_by, ... : which of `fired` it was
 * fired:         the last member: `fired_count` of them are written
 */
struct belayi_decided {
	uint64_t id;
	struct belay_call *call;
	uint64_t turn;
	uint64_t begun; /* ticks */
	uint64_t key;
	uint64_t owner;
	uint64_t args[BELAY_ARGUMENTS_MAX];
	struct belayi_site *site;
	int64_t short_to;
	uint64_t hold_ns;
	uint64_t deadline_ns;
	uint32_t slot;
	uint32_t thread;
	uint32_t set; /* bits of enum belay_policy_set */
	int32_t error;
	uint8_t fired_count;
	uint8_t fail_by;
	uint8_t short_by;
	uint8_t hold_by;
	uint8_t deadline_by;
	uint8_t refuse_by;
	uint8_t acted; /* bits of those of `fired` that did something */
	uint8_t hooks; /* of the policies that fired: enum belayi_hooks */
	struct belayi_fired fired[BELAYI_FIRED_MAX];
};

/*
 * struct belayi_decision - of the call that is in a slot; every member is
 * atomic
 *
 * id:          the call's; 0: rules have decided nothing
 * cancel_owed: the id of a call that could not be cancelled at its deadline,
 *              and can be when it is held
 * cancelling:  the id of a call that a helper is to cancel, or does: a hold does
 *              not end before that
 * asked:       the id of a call that its deadline has asked to cancel
 * shortened:   the id of a call whose result a rule made shorter
 * claimed:     the thread of ours that works on a call on the heap, whose memory
 *              must stay; 0: none does
 */
struct belayi_decision {
	uint64_t id;
	uint64_t cancel_at;  /* ticks; 0: not, or done */
	uint64_t release_at; /* ticks; 0: not, or done */
	uint32_t held;       /* belayi_held_word() */
	uint32_t claimed;
	struct belayi_decided decided;
	/* Not looked at where nothing comes of a rule: in a line of their own. */
	uint64_t held_from; /* ticks */
	uint64_t cancel_owed;
	uint64_t cancelling;
	uint64_t asked;
	uint64_t shortened;
} __attribute__((aligned(BELAYI_LINE)));

_Static_assert(sizeof(struct belayi_decided) % sizeof(uint64_t) == 0,
	       "it is copied word by word");

extern struct belayi_decision *belayi_decisions; /* NULL without rules */

/* Most rules wait for ever: until one has acted, no decision is looked for. */
extern bool belayi_decided_once;

/* Relaxed: who has a call's reference has it from its begin, or after. */
static inline bool belayi_has_decided(void)
{
	return __atomic_load_n(&belayi_decided_once, __ATOMIC_RELAXED);
}

/*
 * belayi_decisions_make() - room for the decisions of all slots; once, where
 * there are rules
 */
bool belayi_decisions_make(uint32_t slots);

/* belayi_decisions_fold() - adds what was counted to the session's state */
void belayi_decisions_fold(void);

static inline struct belayi_decision *
belayi_decision_of(const struct belayi_decided *decided)
{
	return &belayi_decisions[decided->slot];
}

static inline bool belayi_is_on_heap(const struct belayi_decided *decided)
{
	return !belayi_slot_of(decided->call);
}

/* belayi_decided_keeps() - whether its completion is to be kept back */
static inline enum belay_verdict
belayi_decided_keeps(const struct belayi_decided *decided)
{
	if (decided->set & BELAY_VERDICT_DROP)
		return BELAY_DROP;
	return decided->set & BELAY_VERDICT_HOLD ? BELAY_HOLD : BELAY_DELIVER;
}

/* What `held` is in a call's turn: a late party cannot take it for another. */
static inline uint32_t belayi_held_word(const struct belayi_decided *decided,
					enum belayi_held held)
{
	return (uint32_t)decided->turn << 2 | (uint32_t)held;
}

/* belayi_decided_copy() - false where it is not that call's any more */
bool belayi_decided_copy(uint32_t slot, uint64_t id,
			 struct belayi_decided *ret_copy);

/* belayi_is_decided() - whether something was decided of a call */
static inline bool belayi_is_decided(const struct belay_call *call,
				     uint32_t slot)
{
	uint64_t id = __atomic_load_n(&call->id, __ATOMIC_RELAXED);

	return __builtin_expect(
		id && __atomic_load_n(&belayi_decisions[slot].id,
				      __ATOMIC_ACQUIRE) == id,
		0);
}

/* belayi_decided_of() - what was decided of a call; false: nothing */
static inline bool belayi_decided_of(const struct belay_call *call,
				     uint32_t slot,
				     struct belayi_decided *ret_copy)
{
	uint64_t id = __atomic_load_n(&call->id, __ATOMIC_RELAXED);

	return belayi_is_decided(call, slot) &&
	       belayi_decided_copy(slot, id, ret_copy);
}

/* belayi_count_up() - one more of what all threads count */
static inline void belayi_count_up(uint64_t *counter)
{
	(void)__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static inline void belayi_count_back(uint64_t *counter)
{
	(void)__atomic_fetch_sub(counter, 1, __ATOMIC_RELAXED);
}

/* --- Whether a rule acts on a call (firing.c) --- */

/* belayi_rule_fits() - whether its conditions fit a call that begins */
static inline bool belayi_rule_fits(const struct belayi_site_rule *rule,
				    const struct belay_begin *begin)
{
	for (uint32_t i = 0; i < rule->conditions_count; i++)
		if (!belayi_condition_fits(&rule->conditions[i], begin))
			return false;
	return true;
}

/* belayi_random_start() - what the random numbers of a site's rule begin with */
uint64_t belayi_random_start(const struct belayi_site *site,
			     const struct belayi_rule *rule);

/*
 * belayi_random() - 64 bits of the n-th call of a site that a rule's
 * conditions fit: the same in every run with this seed
 */
uint64_t belayi_random(const struct belayi_site_rule *rule, uint64_t n);

/* belayi_rule_fires() - counts such a call, and asks the rule's trigger */
bool belayi_rule_fires(const struct belayi_site *site,
		       struct belayi_site_rule *rule, uint64_t n);

/* --- What the policies say together (verdicts.c) --- */

/* belayi_add_up() - adds nanoseconds; too many are for ever */
void belayi_add_up(uint64_t *sum, uint64_t more);

/*
 * belayi_verdict_add() - adds a policy's verdict to the decision
 *
 * by: which of `fired` it is
 * Return: how long Begin is to sleep for it, in nanoseconds.
 */
uint64_t belayi_verdict_add(struct belayi_decided *to,
			    const struct belay_policy_verdict *verdict,
			    uint8_t by);

/* --- What they answer (answers.c) --- */

/*
 * belayi_answer_verdict() - looks a verdict through
 *
 * Return: those bits of its `set` that make sense.
 */
uint32_t belayi_answer_verdict(const struct belayi_decided *decided,
			       const struct belay_policy_verdict *verdict,
			       uint8_t by);

/*
 * belayi_answer_outcome() - looks an outcome through that a policy may have
 * changed; one that makes no sense is as before, and counted
 */
void belayi_answer_outcome(const struct belayi_decided *decided, uint8_t by,
			   const struct belay_outcome *before,
			   struct belay_outcome *outcome);

/* --- Their hooks (hooks.c) --- */

/*
 * belayi_hook_begin() - asks the policy of one of `fired`, and adds its verdict
 *
 * Return: how long Begin is to sleep for it, in nanoseconds.
 */
uint64_t belayi_hook_begin(struct belayi_decided *draft, uint8_t by,
			   const char *text);

/* belayi_hooks_cancel() - which of `fired` refuses, or BELAYI_NO_RULE */
uint8_t belayi_hooks_cancel(const struct belayi_decided *decided,
			    enum belay_party by);

/* belayi_hooks_completing() - lets them change the outcome */
void belayi_hooks_completing(const struct belayi_decided *decided,
			     struct belay_outcome *outcome);

/* belayi_hooks_finish() - the call ends */
void belayi_hooks_finish(const struct belayi_decided *decided,
			 const struct belay_outcome *outcome);

/* --- Carrying it out (decisions.c) --- */

/*
 * belayi_decide() - a call begins: asks the rules, and does what is to be done
 * at Begin; not called where belayi_site_is_idle()
 *
 * Return: false: it is to fail, with *ret_fault.
 */
bool belayi_decide(struct belay_call *call, uint64_t turn,
		   const struct belay_begin *begin,
		   struct belay_outcome *ret_fault);

/* belayi_decided_cancel() - whether a cancel may reach the other side */
bool belayi_decided_cancel(const struct belayi_decided *decided,
			   enum belay_party by);

/* belayi_decided_outcome() - changes the outcome, or keeps it back */
enum belay_verdict belayi_decided_outcome(const struct belayi_decided *decided,
					  struct belay_outcome *outcome,
					  enum belay_moment moment);

/* belayi_decided_end() - the turn ends; outcome is NULL where Begin failed */
void belayi_decided_end(const struct belayi_decided *decided,
			const struct belay_outcome *outcome);

/* belayi_decided_shown() - the call's entry in the call table, or NULL */
static inline struct belay_acted *
belayi_decided_shown(const struct belayi_decided *decided)
{
	struct belay_table_rules *rules = belayi_process.rules;

	return rules ? &rules->acted[belay_acted_index(decided->slot)] : NULL;
}

/* belayi_decided_shortened() - a result becomes shorter: its rule has acted */
void belayi_decided_shortened(const struct belayi_decided *decided);

/* belayi_decided_told() - what a rule did to a call becomes an event */
void belayi_decided_told(const struct belayi_decided *decided, uint8_t by,
			 const char *action, uint64_t value);

/* --- In time (timing.c) --- */

/* belayi_timing_arm() - the call has a deadline */
void belayi_timing_arm(const struct belayi_decided *decided);

/*
 * belayi_timing_after() - the time in ticks that is `ns` after `from`; 0 for
 * one that never comes
 */
uint64_t belayi_timing_after(uint64_t from, uint64_t ns);

/*
 * belayi_timing_set() - what is due in the slot's decision was changed: arms
 * what comes first, or disarms
 */
void belayi_timing_set(uint32_t slot);

/*
 * belayi_timing_settles() - what our thread cancels or releases is about to be
 * published: from then on the call is not touched any more, but for its
 * operation's `settled`
 */
void belayi_timing_settles(const struct belayi_decided *decided);

/* belayi_timing_due() - a slot's time has come; on the deadline thread */
void belayi_timing_due(uint32_t slot);

/*
 * belayi_timing_end() - the turn ends, nothing is due any more; outcome is NULL
 * where Begin failed
 */
void belayi_timing_end(const struct belayi_decided *decided,
		       const struct belay_outcome *outcome);

/* --- Asked to cancel (asked.c) --- */

/* belayi_asked_count() - a call is going to be asked to cancel */
void belayi_asked_count(const struct belayi_decided *decided);

/*
 * belayi_asked_forget() - the cancel did not work
 *
 * Return: whether it had been asked, and that had not come to anything.
 */
bool belayi_asked_forget(const struct belayi_decided *decided);

/* belayi_asked_end() - the call ends: counts it, if it was cancelled */
void belayi_asked_end(const struct belayi_decided *decided,
		      enum belay_ending ending);

/* belayi_asked_fold() - the same for all that the process leaves unfinished */
void belayi_asked_fold(void);

/* --- Kept back (holding.c) --- */

/*
 * belayi_hold_start() - the other side is done: starts a hold, or tells
 * whether it goes on
 */
enum belay_verdict belayi_hold_start(const struct belayi_decided *decided);

/* belayi_hold_release() - ends a hold, or lets none start: who waits may look */
void belayi_hold_release(const struct belayi_decided *decided);

/* belayi_hold_end() - ends a hold: true to the one who does */
bool belayi_hold_end(const struct belayi_decided *decided);

/* belayi_hold_wake() - wakes whoever waits for the end of the hold */
void belayi_hold_wake(const struct belayi_decided *decided);

/*
 * belayi_hold_owe() - the call could not be cancelled: it is as soon as it is
 * held, if it is ever to be
 */
bool belayi_hold_owe(const struct belayi_decided *decided);

#endif
