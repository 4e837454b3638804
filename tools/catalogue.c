/* SPDX-License-Identifier: MIT */
/*
 * catalogue.c - the calls that rules can name: the operations of adapters
 */
#include "catalogue.h"

#include <stdlib.h>

#include <belay/adapter.h>

#include "adapters.h"
#include "array.h"

static void add_operation(struct catalogue *catalogue,
			  const struct belay_operation *operation)
{
	size_t count = catalogue->operations_count++;

	catalogue->operations = array_grow(catalogue->operations, count,
					   sizeof(*catalogue->operations));
	catalogue->operations[count] = operation;
}

static bool add_adapter(const struct belay_adapter *adapter, void *data)
{
	struct catalogue *catalogue = data;
	struct belay_operation *block = adapter_operations(adapter);

	catalogue->blocks =
		array_grow(catalogue->blocks, catalogue->blocks_count,
			   sizeof(*catalogue->blocks));
	catalogue->blocks[catalogue->blocks_count++] = block;
	for (uint32_t i = 0; i < adapter->operations_count; i++)
		add_operation(catalogue, &block[i]);
	return true;
}

bool catalogue_add(struct catalogue *catalogue, const char *apis)
{
	if (!adapters_each(apis, add_adapter, catalogue))
		return false;
	/* Seen in any program that has them, without an adapter. */
	add_operation(catalogue, &belay_com_operation);
	return true;
}

void catalogue_deinit(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->blocks_count; i++)
		free(catalogue->blocks[i]);
	free(catalogue->operations);
	free(catalogue->blocks);
	*catalogue = (struct catalogue){0};
}
