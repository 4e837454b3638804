/* SPDX-License-Identifier: MIT */
/*
 * pipeline.h - what happens to every call, wherever it comes from
 */
#ifndef BELAYI_PIPELINE_H
#define BELAYI_PIPELINE_H

#include <belay/observer.h>

#include "process.h"

/* Registered with the call library: adapters' calls, the COM runtime's and
 * a program's own all come here. */
extern const struct belay_observer belayi_pipeline;
extern const struct belay_observer belayi_pipeline_with_rules;

/*
 * The same for a call of an adapter's, in its slot: what belay_call_begin() and
 * belay_call_collect() tell the observer, by who moves the call on in place
 *
 * thread: as belayi_thread_enter() returned it; it is left
 */
bool belayi_pipeline_begin(struct belayi_thread *thread,
			   struct belay_slot *slot,
			   const struct belay_begin *begin, uint64_t turn,
			   struct belay_outcome *ret_fault);

/* belayi_pipeline_fail() - after a Begin that was not to be let through */
void belayi_pipeline_fail(struct belay_slot *slot,
			  const struct belay_operation *operation,
			  int32_t status);

/*
 * belayi_pipeline_finish() - the call ends, and was not seen to complete;
 * *outcome becomes what the program is to get
 *
 * Return: as belayi_thread_enter() does; the caller leaves it.
 */
struct belayi_thread *belayi_pipeline_finish(struct belay_slot *slot,
					     struct belay_outcome *outcome);

#endif
