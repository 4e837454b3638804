/* SPDX-License-Identifier: MIT */
/*
 * verbs.h - what the verbs of the call object share
 */
#ifndef BELAYI_VERBS_H
#define BELAYI_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <belay/call.h>

#define BELAYI_NS_PER_S UINT64_C(1000000000)
#define BELAYI_NS_PER_MS UINT64_C(1000000)

/*
 * belayi_operation_of() - the operation of the call in progress
 *
 * NULL while no Begin has told the observer: then there is nothing to cancel or
 * to finish yet. Acquire pairs with belay_call_begin(): who sees the operation
 * sees what else Begin wrote.
 */
static inline const struct belay_operation *
belayi_operation_of(const struct belay_call *call)
{
	return __atomic_load_n(&call->operation, __ATOMIC_ACQUIRE);
}

/*
 * belayi_is_known() - whether the Begin of this turn has told the observer
 *
 * A reference can be older than its turn's Begin (belay_call_ref() of an idle
 * object). Until Begin knows that the call shall be, nobody else may move it.
 */
static inline bool belayi_is_known(const struct belay_ref *ref)
{
	return belayi_operation_of(ref->call) != NULL;
}

/*
 * BELAYI_CAN() - whether an operation has a hook: older ones are smaller
 *
 * An operation lives for ever, and so can be asked when its call is gone.
 */
#define BELAYI_CAN(operation, hook)                                            \
	((operation)->size > offsetof(struct belay_operation, hook) &&         \
	 (operation)->hook)

/*
 * belayi_settle() - publishes that the call is COMPLETED or CANCELED, and tells
 *
 * For who is alone with it in SETTLING. The call may be gone afterwards.
 */
void belayi_settle(const struct belay_ref *ref, enum belay_state to);

/* belayi_deadline_in() - that much later than now, for belayi_wait_settled() */
uint64_t belayi_deadline_in(uint64_t ns);

/*
 * belayi_sleep_settled() - sleeps until the call has an outcome to collect, or
 * its turn is over
 *
 * deadline_ns: 0 only looks, UINT64_MAX waits for ever
 * Return: false when the time is over.
 */
bool belayi_sleep_settled(const struct belay_ref *ref, uint64_t deadline_ns);

/* belayi_wait_settled() - the same, but as the call's operation waits */
bool belayi_wait_settled(const struct belay_ref *ref, uint64_t deadline_ns,
			 bool to_finish);

#endif
