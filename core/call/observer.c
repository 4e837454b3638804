/* SPDX-License-Identifier: MIT */
/*
 * observer.c - the one observer of this process, and what only it is told
 */
#include "observer.h"

const struct belay_observer *belayi_observer;

void belay_call_observe(const struct belay_observer *observer)
{
	__atomic_store_n(&belayi_observer, observer, __ATOMIC_RELEASE);
}

bool belay_call_is_observed(void)
{
	return __atomic_load_n(&belayi_observer, __ATOMIC_RELAXED) != NULL;
}

void belay_server_enter(const struct belay_server_call *call)
{
	const struct belay_observer *observer = BELAYI_HOOK(server_enter);

	if (observer)
		observer->server_enter(call);
}

void belay_server_exit(const struct belay_server_call *call, int32_t status,
		       uint64_t duration_ns)
{
	const struct belay_observer *observer = BELAYI_HOOK(server_exit);

	if (observer)
		observer->server_exit(call, status, duration_ns);
}
