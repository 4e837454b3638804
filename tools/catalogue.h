/* SPDX-License-Identifier: MIT */
/*
 * catalogue.h - the calls that rules can name: the operations of adapters
 */
#ifndef BELAY_TOOLS_CATALOGUE_H
#define BELAY_TOOLS_CATALOGUE_H

#include <stdbool.h>

#include <belay/rules.h>

/* struct catalogue - starts as {0} */
struct catalogue {
	const struct belay_operation **operations;
	size_t operations_count;
	struct belay_operation **blocks; /* what the operations lie in */
	size_t blocks_count;
};

/*
 * catalogue_add() - loads adapters, and adds their operations and COM's
 *
 * apis:   as adapters_each() has it
 * Return: whether all could be loaded; else it has been said why not
 */
bool catalogue_add(struct catalogue *catalogue, const char *apis);

void catalogue_deinit(struct catalogue *catalogue);

#endif
