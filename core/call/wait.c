/* SPDX-License-Identifier: MIT */
/*
 * wait.c - waiting until a call has an outcome
 *
 * On the state word itself, which whoever moves the call wakes; before that as
 * the call's operation says.
 */
#include <errno.h>

#include <belay/call.h>
#include <belay/clock.h>

#include "state.h"
#include "verbs.h"

uint64_t belayi_deadline_in(uint64_t ns)
{
	return belay_clock_pair().ns + ns;
}

bool belayi_sleep_settled(const struct belay_ref *ref, uint64_t deadline_ns)
{
	uint64_t *word = &ref->call->word;

	for (bool in_time = deadline_ns != 0;;) {
		uint64_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);

		if (belayi_turn(seen) != ref->turn ||
		    belayi_state(seen) >= BELAY_CALL_COMPLETED)
			return true;
		if (!in_time)
			return false;
		(void)belayi_mark(word, ref->turn, BELAYI_WAITED);
		seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
		if (belayi_turn(seen) == ref->turn &&
		    belayi_state(seen) < BELAY_CALL_COMPLETED)
			in_time = belayi_sleep(word, seen, deadline_ns);
	}
}

/*
 * The hook may run any code: of an operation of a later turn it is told the old
 * one, and sees that this is over.
 */
static bool wait_by_hook(const struct belay_ref *ref, uint64_t deadline_ns,
			 bool to_finish)
{
	const struct belay_operation *operation =
		belayi_operation_of(ref->call);
	int saved = errno;
	bool in_time = true;

	if (operation && BELAYI_CAN(operation, wait))
		in_time = operation->wait(ref, deadline_ns, to_finish);
	errno = saved;
	return in_time;
}

bool belayi_wait_settled(const struct belay_ref *ref, uint64_t deadline_ns,
			 bool to_finish)
{
	if (belayi_sleep_settled(ref, 0))
		return true;
	if (deadline_ns != 0 && !wait_by_hook(ref, deadline_ns, to_finish) &&
	    deadline_ns != UINT64_MAX)
		deadline_ns = 0;
	return belayi_sleep_settled(ref, deadline_ns);
}

HRESULT belay_call_wait(const struct belay_ref *ref, uint32_t milliseconds)
{
	uint64_t deadline = 0;

	if (milliseconds == INFINITE)
		deadline = UINT64_MAX;
	else if (milliseconds)
		deadline = belayi_deadline_in(milliseconds * BELAYI_NS_PER_MS);
	return belayi_wait_settled(ref, deadline, false) ? S_OK
							 : RPC_S_CALLPENDING;
}
