/* SPDX-License-Identifier: MIT */
/*
 * operations.h - the kinds of call that this process has used
 */
#ifndef BELAYI_OPERATIONS_H
#define BELAYI_OPERATIONS_H

#include "process.h"

/* belayi_operation_number() - its number, from 1; 0: there are too many */
uint32_t belayi_operation_register(const struct belay_operation *operation);

static inline uint32_t
belayi_operation_number(const struct belay_operation *operation)
{
	uint32_t number = __atomic_load_n(operation->number, __ATOMIC_ACQUIRE);

	return __builtin_expect(number != 0, 1)
		       ? number
		       : belayi_operation_register(operation);
}

/* belayi_operation_name() - "aio.read"; "" for a number that nobody has */
const char *belayi_operation_name(uint32_t number);

/* belayi_operation_arguments() - how many arguments its calls have */
uint32_t belayi_operation_arguments(uint32_t number);

/* belayi_operations_publish() - writes all into a new table */
void belayi_operations_publish(void);

/* belayi_operations_each() - visits all that are published */
void belayi_operations_each(void (*visit)(uint32_t number, const char *name,
					  const struct belay_operation *));

#endif
