/* SPDX-License-Identifier: MIT */
/*
 * adapters.h - the adapters, loaded to be asked what they know
 */
#ifndef BELAY_TOOLS_ADAPTERS_H
#define BELAY_TOOLS_ADAPTERS_H

#include <stdbool.h>

struct belay_adapter;
struct belay_operation;

/*
 * adapter_load() - loads an adapter into this process, for ever
 *
 * It watches nothing here.
 * Return: NULL, and it has been said why.
 */
const struct belay_adapter *adapter_load(const char *api, const char *path);

/*
 * adapters_each() - loads adapters, one after another
 *
 * apis:  names, or paths of adapters, with commas between; NULL for all that
 *        are installed
 * visit: return false to stop
 * Return: whether all could be loaded; else it has been said why not
 */
bool adapters_each(const char *apis,
		   bool (*visit)(const struct belay_adapter *adapter,
				 void *data),
		   void *data);

/*
 * adapter_operations() - its operations, with all the members that we know
 *
 * An adapter may have been built with an older header, in which they had less.
 * Return: as many as the adapter has; free() it.
 */
struct belay_operation *adapter_operations(const struct belay_adapter *adapter);

#endif
