/* SPDX-License-Identifier: MIT */
/*
 * guest.h - calls whose parts follow from their key, so that a reader can
 * tell a slot that was read in the middle of a change
 */
#ifndef GUEST_H
#define GUEST_H

#include <belay/table.h>

#define GUEST_OWNER(key) ((key)*5 + 1)
#define GUEST_SITE(key) ((key) ^ UINT64_C(0x5a5a5a5a5a))
#define GUEST_ARGS(key)                                                        \
	{                                                                      \
		(key) * 3, ~(key), (key) + 7, (key) ^ 1                        \
	}

static inline struct belay_begin
guest_begin(const struct belay_operation *operation, uint64_t key)
{
	return (struct belay_begin){
		.operation = operation,
		.key = (const void *)(uintptr_t)key,
		.owner = (const void *)(uintptr_t)GUEST_OWNER(key),
		.site = (const void *)(uintptr_t)GUEST_SITE(key),
		.args = GUEST_ARGS(key),
	};
}

/* guest_is_whole() - whether all parts of a slot are of one call */
static inline bool guest_is_whole(const struct belay_slot *slot)
{
	const uint64_t args[] = GUEST_ARGS(slot->key);

	for (unsigned int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
		if (slot->args[i] != args[i])
			return false;
	return slot->owner == GUEST_OWNER(slot->key) &&
	       slot->site == GUEST_SITE(slot->key) && slot->deadline == 0;
}

#endif
