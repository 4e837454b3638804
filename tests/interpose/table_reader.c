/* SPDX-License-Identifier: MIT */
/*
 * table_reader.c - reads a call table while its process works
 *
 *     table_reader FILE SLOTS
 *
 * Reads the first SLOTS slots, again and again, the way belay/table.h says,
 * until the table is folded. Prints how many calls it saw, and how many of
 * them were put together from two. Fails if there was one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

static unsigned long seen, torn, backwards, states[8];

static bool read_slot(const struct belay_slot *from, struct belay_slot *ret)
{
	uint64_t word = __atomic_load_n(&from->call.word, __ATOMIC_ACQUIRE);
	const volatile uint64_t *source = (const volatile uint64_t *)from;
	uint64_t copy[sizeof(*ret) / sizeof(uint64_t)];

	if (belay_word_state(word) == BELAY_CALL_IDLE)
		return false;
	for (size_t i = 0; i < sizeof(copy) / sizeof(copy[0]); i++)
		copy[i] = source[i];
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(&from->call.word, __ATOMIC_RELAXED) != word)
		return false;
	memcpy(ret, copy, sizeof(copy));
	return ret->call.operation != NULL;
}

/* The start time: with the id, an older call's would be smaller. */
static void look(const struct belay_slot *from, struct belay_slot *last)
{
	struct belay_slot slot;

	if (!read_slot(from, &slot))
		return;
	seen++;
	states[belay_word_state(slot.call.word)]++;
	if (!guest_is_whole(&slot) || slot.call.number == 0 ||
	    slot.call.thread == 0)
		torn++;
	/* A new turn has a later begin, the same turn the same one. */
	if (last->call.id && (slot.call.word >> 16 == last->call.word >> 16
				      ? slot.call.begun != last->call.begun ||
						slot.call.id != last->call.id
				      : slot.call.begun <= last->call.begun ||
						slot.call.id == last->call.id))
		backwards++;
	*last = slot;
}

int main(int argc, char **argv)
{
	int fd = argc > 2 ? open(argv[1], O_RDONLY) : -1;
	unsigned long slots = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	struct belay_slot *last = calloc(slots + 1, sizeof(*last));
	const struct belay_table *table;
	const struct belay_slot *first;
	struct stat file;

	if (fd < 0 || fstat(fd, &file) < 0 || !last)
		return 2;
	table = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (table == MAP_FAILED || table->magic != BELAY_TABLE_MAGIC)
		return 2;
	first = (const struct belay_slot *)((const char *)table +
					    table->slots_offset);
	while (__atomic_load_n(&table->state, __ATOMIC_ACQUIRE) ==
	       BELAY_TABLE_LIVE)
		for (unsigned long i = 1; i <= slots; i++)
			look(&first[i], &last[i]);
	(void)printf("seen %lu, torn %lu, backwards %lu\n", seen, torn,
		     backwards);
	for (unsigned int i = 1; i < 8; i++)
		(void)printf("%s %lu\n", belay_state_name(i), states[i]);
	return torn || backwards || !seen;
}
