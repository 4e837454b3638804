/* SPDX-License-Identifier: MIT */
/*
 * slots.c - free slots: a magazine per thread over a list for all
 *
 * The list's head is {tag, index}: the tag changes with every move, so that a
 * head that was taken and given back meanwhile is not mistaken for the same.
 * A free slot links to the next in its `deadline`. Slots are never unmapped,
 * so following a link that is out of date reads rubbish but never faults, and
 * the tag then makes the move fail.
 */
#include "slots.h"

#include "table.h"

#define REFILL (BELAYI_MAGAZINE / 2)
#define RESERVE 256 /* slots at once */
#define INDEX(head) ((uint32_t)(head))
#define TAGGED(head, index) ((((head) >> 32) + 1) << 32 | (uint64_t)(index))

static struct belay_slot *at(uint32_t index)
{
	return &belayi_process.slots[index];
}

/* Those beyond are holes in a file, and may not be touched. */
static uint32_t reserved(void)
{
	return __atomic_load_n(&belayi_process.table->slots_reserved,
			       __ATOMIC_RELAXED);
}

static uint32_t link_of(uint32_t index)
{
	uint64_t link = __atomic_load_n(&at(index)->deadline, __ATOMIC_RELAXED);

	return link < reserved() ? (uint32_t)link : 0;
}

/* Takes up to `wanted` slots from the list into `taken`. */
static uint32_t pop(uint32_t *taken, uint32_t wanted)
{
	uint64_t *free_slots = &belayi_process.own->free_slots;
	uint64_t head = __atomic_load_n(free_slots, __ATOMIC_ACQUIRE);
	uint32_t count;
	uint32_t next;

	do {
		next = INDEX(head);
		for (count = 0; count < wanted && next; count++) {
			taken[count] = next;
			next = link_of(next);
		}
		if (count == 0)
			return 0;
	} while (!__atomic_compare_exchange_n(
		free_slots, &head, TAGGED(head, next), false, __ATOMIC_ACQ_REL,
		__ATOMIC_ACQUIRE));
	return count;
}

static void push(const uint32_t *given, uint32_t count)
{
	uint64_t *free_slots = &belayi_process.own->free_slots;
	uint64_t head = __atomic_load_n(free_slots, __ATOMIC_RELAXED);

	for (uint32_t i = 0; i + 1 < count; i++)
		__atomic_store_n(&at(given[i])->deadline, given[i + 1],
				 __ATOMIC_RELAXED);
	do {
		__atomic_store_n(&at(given[count - 1])->deadline, INDEX(head),
				 __ATOMIC_RELAXED);
	} while (!__atomic_compare_exchange_n(
		free_slots, &head, TAGGED(head, given[0]), false,
		__ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

/* Several threads at once reserve the same ones. */
static bool reserve(uint32_t end)
{
	uint32_t *most = &belayi_process.table->slots_reserved;
	uint32_t now = reserved();
	uint32_t all = belayi_process.slots_count;
	uint32_t more = all - now < RESERVE ? all : now + RESERVE;

	if (end <= now)
		return true;
	if (!belayi_table_reserve(at(now), (more - now) * sizeof(*at(now))))
		return false;
	while (now < more &&
	       !__atomic_compare_exchange_n(most, &now, more, true,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return true;
}

/*
 * Slots that were never used; slot 0 never is. Acquire and release: who sees
 * how many were taken sees how many are reserved, too.
 */
static uint32_t fresh(uint32_t *taken, uint32_t wanted)
{
	uint32_t *fresh_slot = &belayi_process.own->fresh_slot;
	uint32_t first = __atomic_load_n(fresh_slot, __ATOMIC_ACQUIRE);
	uint32_t left;

	do {
		left = belayi_process.slots_count - 1 - first;
		if (left == 0)
			return 0;
		wanted = wanted < left ? wanted : left;
		if (!reserve(first + wanted + 1))
			return 0;
	} while (!__atomic_compare_exchange_n(
		fresh_slot, &first, first + wanted, false, __ATOMIC_RELEASE,
		__ATOMIC_ACQUIRE));
	for (uint32_t i = 0; i < wanted; i++)
		taken[i] = first + wanted - i;
	return wanted;
}

static uint32_t take(uint32_t *taken, uint32_t wanted)
{
	uint32_t count = pop(taken, wanted);

	return count ? count : fresh(taken, wanted);
}

/*
 * Twice as many each time: many threads with a call at a time must not keep
 * the whole table in magazines.
 */
__attribute__((noinline, cold)) static void refill(struct belayi_thread *thread)
{
	uint32_t wanted = thread->refill ? thread->refill * 2 : 1;

	thread->refill = wanted < REFILL ? wanted : REFILL;
	thread->magazine_count = take(thread->magazine, thread->refill);
}

BELAYI_EACH_CALL struct belay_slot *
belayi_slot_take(struct belayi_thread *thread)
{
	uint32_t index;

	if (!thread)
		return take(&index, 1) ? at(index) : NULL;
	if (thread->magazine_count == 0)
		refill(thread);
	if (thread->magazine_count == 0)
		return NULL;
	return at(thread->magazine[--thread->magazine_count]);
}

void belayi_slots_flush(struct belayi_thread *thread, uint32_t keep)
{
	if (thread->magazine_count <= keep)
		return;
	push(thread->magazine + keep, thread->magazine_count - keep);
	thread->magazine_count = keep;
}

BELAYI_EACH_CALL void belayi_slot_give(struct belayi_thread *thread,
				       struct belay_slot *slot)
{
	uint32_t index = belayi_slot_index(slot);

	if (!thread) {
		push(&index, 1);
		return;
	}
	if (thread->magazine_count == BELAYI_MAGAZINE)
		belayi_slots_flush(thread, REFILL);
	thread->magazine[thread->magazine_count++] = index;
}

uint32_t belayi_slots_used(void)
{
	return __atomic_load_n(&belayi_process.own->fresh_slot,
			       __ATOMIC_RELAXED) +
	       1;
}
