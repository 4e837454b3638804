/* SPDX-License-Identifier: MIT */
/*
 * operations.c - operations get a number at their first use, for ever
 *
 * The number outlives a fork: the child's new table gets them all again. Two
 * threads that register one operation at once make two entries, of which one
 * stays unused.
 */
#include "operations.h"

#include <stdio.h>
#include <string.h>

#include "recorder.h"

/* What measures our own cost is nobody else's business. */
#define OWN_API "belay"

struct entry {
	const struct belay_operation *operation; /* set last */
	uint32_t arguments;
	char name[BELAY_FULL_NAME_MAX];
};

static struct entry entries[BELAY_OPERATIONS_MAX];
static uint32_t used; /* numbers given; entry 0 is nobody's */

static void copy(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1);

	memcpy(to, from, length);
	to[length] = '\0';
}

static uint32_t count_arguments(const struct belay_operation *operation)
{
	uint32_t count = 0;

	while (count < BELAY_ARGUMENTS_MAX && operation->arguments[count].name)
		count++;
	return count;
}

static void copy_arguments(struct belay_table_operation *to,
			   const struct belay_operation *operation)
{
	for (uint32_t i = 0; i < count_arguments(operation); i++) {
		const struct belay_argument *argument =
			&operation->arguments[i];

		to->arguments[i].type = (uint32_t)argument->type;
		copy(to->arguments[i].name, sizeof(to->arguments[i].name),
		     argument->name);
	}
}

static void publish(uint32_t number, const struct belay_operation *operation)
{
	struct belay_table_operation *to = &belayi_process.operations[number];

	to->status_kind = (uint32_t)operation->status_kind;
	to->cancel_mode = (uint32_t)operation->cancel_mode;
	copy(to->api, sizeof(to->api), operation->api);
	copy(to->name, sizeof(to->name), operation->name);
	copy_arguments(to, operation);
	__atomic_store_n(&to->ready, 1, __ATOMIC_RELEASE);
}

static uint32_t new_number(void)
{
	uint32_t before = __atomic_load_n(&used, __ATOMIC_RELAXED);

	do {
		if (before == BELAY_OPERATIONS_MAX - 1)
			return 0;
	} while (!__atomic_compare_exchange_n(&used, &before, before + 1, false,
					      __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return before + 1;
}

uint32_t belayi_operation_register(const struct belay_operation *operation)
{
	uint32_t number = new_number();
	uint32_t nothing = 0;
	struct entry *entry = &entries[number];

	if (number == 0) {
		belayi_lost(BELAY_LOST_OPERATIONS);
		return 0;
	}
	(void)snprintf(entry->name, sizeof(entry->name), "%s.%s",
		       operation->api, operation->name);
	entry->arguments = count_arguments(operation);
	__atomic_store_n(&entry->operation, operation, __ATOMIC_RELEASE);
	if (!__atomic_compare_exchange_n(operation->number, &nothing, number,
					 false, __ATOMIC_RELEASE,
					 __ATOMIC_ACQUIRE))
		return nothing;
	if (strcmp(operation->api, OWN_API) != 0) {
		publish(number, operation);
		belayi_record_operation(number, entry->name, operation);
	}
	return number;
}

const char *belayi_operation_name(uint32_t number)
{
	return number < BELAY_OPERATIONS_MAX ? entries[number].name : "";
}

uint32_t belayi_operation_arguments(uint32_t number)
{
	return number < BELAY_OPERATIONS_MAX ? entries[number].arguments : 0;
}

void belayi_operations_each(void (*visit)(uint32_t number, const char *name,
					  const struct belay_operation *))
{
	uint32_t last = __atomic_load_n(&used, __ATOMIC_RELAXED);

	/* Not one more: a start would touch the pages of them all. */
	for (uint32_t i = 1; i <= last; i++) {
		const struct belay_operation *operation = __atomic_load_n(
			&entries[i].operation, __ATOMIC_ACQUIRE);

		if (operation && *operation->number == i &&
		    strcmp(operation->api, OWN_API) != 0)
			visit(i, entries[i].name, operation);
	}
}

static void publish_one(uint32_t number, const char *name,
			const struct belay_operation *operation)
{
	(void)name;
	publish(number, operation);
}

void belayi_operations_publish(void)
{
	belayi_operations_each(publish_one);
}
