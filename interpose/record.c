/* SPDX-License-Identifier: MIT */
/*
 * record.c - lists what rules did in the session's state, and does it again
 */
#include <string.h>

#include "modules.h"
#include "policies.h"

static int compare(const struct belay_replay_entry *a, uint32_t rule,
		   uint64_t site, uint64_t n)
{
	if (a->rule != rule)
		return a->rule < rule ? -1 : 1;
	if (a->site != site)
		return a->site < site ? -1 : 1;
	return (a->n > n) - (a->n < n);
}

bool belayi_rule_replays(const struct belayi_rule *rule, uint64_t site,
			 uint64_t n)
{
	const struct belay_replay_entry *list = belayi_policies.replay;
	size_t low = 0;
	size_t high = belayi_policies.replay_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(&list[middle], belayi_rule_number(rule),
				    site, n);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

void belayi_rule_note(const struct belayi_rule *rule,
		      enum belay_rule_entry_kind kind, const void *site,
		      uint64_t n)
{
	struct belay_rules_state *state = belayi_policies.state;
	const struct belayi_module *module =
		belayi_module(belayi_module_note(site));
	struct belay_rule_entry *entry;
	uint64_t index;

	index = __atomic_fetch_add(&state->entries_used, 1, __ATOMIC_RELAXED);
	if (index >= state->entries)
		return;
	entry = &state->list[index];
	entry->rule = (uint16_t)belayi_rule_number(rule);
	entry->kind = (uint16_t)kind;
	entry->pid = belayi_process.pid;
	entry->n = n;
	entry->address = (uint64_t)(uintptr_t)site;
	if (module) {
		entry->address -= module->base;
		entry->build_id_size = module->build_id_size;
		memcpy(entry->build_id, module->build_id,
		       sizeof(entry->build_id));
		memcpy(entry->path, module->path, sizeof(entry->path));
	}
	__atomic_store_n(&entry->ready, 1, __ATOMIC_RELEASE);
}
