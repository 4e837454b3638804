/* SPDX-License-Identifier: MIT */
/*
 * cost.c - measures recording itself, by recording calls of nobody's
 *
 * The smallest of a few short series: the first one finds nothing in the
 * caches, and any may lose the processor. What they counted is taken back.
 */
#include "cost.h"

#include <belay/adapter.h>

#include "guard.h"
#include "lanes.h"
#include "modules.h"

#define SERIES 4
#define CALLS 16

static uint32_t number;
static const struct belay_operation self = {
	.size = sizeof(self),
	.number = &number,
	.api = "belay",
	.name = "self",
};
static const struct belay_adapter adapter = {
	.abi = BELAY_ADAPTER_ABI,
	.size = sizeof(adapter),
	.name = "belay",
	.operations = &self,
	.operations_count = 1,
};

static void one_call(const void *site)
{
	const struct belay_begin begin = {
		.operation = &self,
		.key = &number,
		.site = site,
	};
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 0};
	struct belay_ref ref;

	if (!belay_adapter_begin(&begin, &ref, &outcome))
		return;
	belay_adapter_accepted(&ref);
	ref = belay_adapter_find(&adapter, &number);
	(void)belay_adapter_finished(&ref, &outcome);
}

static void take_back(const void *site)
{
	struct belayi_thread *thread = belayi_thread_enter();

	belayi_lanes_clear(thread, number);
	belayi_module_forget(site);
	belayi_thread_leave(thread);
}

uint32_t belayi_cost_measure(void)
{
	const void *site = __builtin_return_address(0);
	uint64_t least = UINT64_MAX;

	for (int series = 0; series < SERIES; series++) {
		uint64_t before = belay_clock_now();
		uint64_t spent;

		for (int call = 0; call < CALLS; call++)
			one_call(site);
		spent = belay_clock_now() - before;
		least = spent < least ? spent : least;
	}
	take_back(site);
	return (uint32_t)(belay_clock_ns(least) / CALLS);
}
