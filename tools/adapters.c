/* SPDX-License-Identifier: MIT */
/*
 * adapters.c - the adapters, loaded to be asked what they know
 */
#include "adapters.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <belay/adapter.h>

#include "home.h"
#include "preload.h"
#include "say.h"

/*
 * What an adapter depends on, by its full path: the adapters need not find it
 * by themselves.
 */
static void load_interposer(void)
{
	static bool loaded;
	char path[PATH_MAX];

	if (loaded)
		return;
	loaded = true;
	(void)dlopen(home_path(HOME_INTERPOSE, "libbelay-interpose.so.0", path),
		     RTLD_NOW | RTLD_LOCAL);
}

/* BELAY=off keeps the interposer from making a call table for this process. */
static void *load(const char *path)
{
	const char *before = getenv("BELAY");
	char *kept = before ? strdup(before) : NULL;
	void *library;

	(void)setenv("BELAY", "off", 1);
	load_interposer();
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (kept)
		(void)setenv("BELAY", kept, 1);
	else
		(void)unsetenv("BELAY");
	free(kept);
	return library;
}

const struct belay_adapter *adapter_load(const char *api, const char *path)
{
	const struct belay_adapter *adapter;
	void *library = load(path);

	adapter = library ? dlsym(library, "belay_adapter") : NULL;
	if (!adapter)
		say("Cannot load the adapter \"%s\": %s", api, dlerror());
	else if (adapter->abi != BELAY_ADAPTER_ABI)
		say("Cannot use the adapter \"%s\": its ABI is %u, ours is %d",
		    api, adapter->abi, BELAY_ADAPTER_ABI);
	else
		return adapter;
	return NULL;
}

struct each {
	bool (*visit)(const struct belay_adapter *adapter, void *data);
	void *data;
	bool good;
};

static bool visit_one(const char *api, const char *path, void *data)
{
	struct each *each = data;
	const struct belay_adapter *adapter = adapter_load(api, path);

	if (adapter)
		return each->visit(adapter, each->data);
	each->good = false;
	return true;
}

bool adapters_each(const char *apis,
		   bool (*visit)(const struct belay_adapter *adapter,
				 void *data),
		   void *data)
{
	struct each each = {.visit = visit, .data = data, .good = true};

	if (!apis)
		preload_apis(visit_one, &each);
	else if (!preload_named(apis, visit_one, &each))
		each.good = false;
	return each.good;
}

struct belay_operation *adapter_operations(const struct belay_adapter *adapter)
{
	struct belay_operation *copies =
		calloc(adapter->operations_count + 1, sizeof(*copies));
	size_t size = adapter->operations_count ? adapter->operations->size : 0;

	if (!copies)
		abort();
	for (uint32_t i = 0; i < adapter->operations_count; i++)
		memcpy(&copies[i], (const char *)adapter->operations + i * size,
		       size < sizeof(*copies) ? size : sizeof(*copies));
	return copies;
}
