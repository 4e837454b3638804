/* SPDX-License-Identifier: MIT */
/*
 * loader.c - finds policies, and loads each once; what is lent to them
 */
#include "loader.h"

#include <dlfcn.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

/*
 * Policies that several rules name are loaded once. An older one has less than
 * we know, and says so by its size.
 */
static struct {
	const struct belay_policy *exported;
	struct belay_policy policy;
} loaded[BELAY_RULES_MAX];
static uint32_t loaded_count;

/* The members that ABI 1 began with. */
#define POLICY_SIZE_MIN offsetof(struct belay_policy, load)

/* --- What is lent to policies -------------------------------------------- */

static const char *speaker = "policy"; /* whose hook runs; at start only */

static void host_log(const char *text)
{
	belayi_log("%s: %s", speaker, text);
}

static bool host_random(const struct belay_operation *operation, uint32_t at,
			uint64_t random, int32_t *ret_status)
{
	const struct belay_error *errors = belay_operation_errors(operation);
	uint32_t count = 0;

	for (int turn = 0; errors && turn < 2; turn++) {
		uint32_t wanted = count ? (uint32_t)(random % count) : 0;

		if (turn && !count)
			return false;
		count = 0;
		for (const struct belay_error *e = errors; e->name; e++) {
			if (!((e->at ?: BELAY_ERROR_AT_FINISH) & at))
				continue;
			if (turn && count == wanted) {
				*ret_status = e->status;
				return true;
			}
			count++;
		}
	}
	return false;
}

static uint64_t host_now(void)
{
	return belay_clock_pair().ns;
}

static const struct belay_policy_host host = {
	.abi = BELAY_POLICY_ABI,
	.size = sizeof(host),
	.log = host_log,
	.error = belay_error_status,
	.random = host_random,
	.now_ns = host_now,
};

/* --- Policies ------------------------------------------------------------ */

/* Where we are: an installed tree has policies below it, a build tree beside. */
static void *open_beside_us(const char *name, char path[PATH_MAX])
{
	static const char *const places[] = {"belay/policies", "../plugins"};
	Dl_info us;
	const char *slash;
	void *library = NULL;

	if (!dladdr(&host, &us) || !us.dli_fname)
		return NULL;
	slash = strrchr(us.dli_fname, '/');
	for (unsigned int i = 0; slash && !library && i < 2; i++) {
		(void)snprintf(path, PATH_MAX, "%.*s/%s/%s.so",
			       (int)(slash - us.dli_fname), us.dli_fname,
			       places[i], name);
		if (access(path, F_OK) == 0)
			library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	return library;
}

static void *open_in(const char *folders, const char *name, char path[PATH_MAX])
{
	while (folders && *folders) {
		int length = (int)strcspn(folders, ":");

		(void)snprintf(path, PATH_MAX, "%.*s/%s.so", length, folders,
			       name);
		if (length && access(path, F_OK) == 0)
			return dlopen(path, RTLD_NOW | RTLD_LOCAL);
		folders += length + (folders[length] == ':');
	}
	return open_beside_us(name, path);
}

static const struct belay_policy *find(const struct belay_rule *rule,
				       const char *folders)
{
	const char *name = rule->policy.text;
	char path[PATH_MAX] = "";
	const struct belay_policy *policy;
	const char *error;
	void *library;

	(void)dlerror();
	library = strchr(name, '/') ? dlopen(name, RTLD_NOW | RTLD_LOCAL)
				    : open_in(folders, name, path);
	policy = library ? dlsym(library, "belay_policy") : NULL;
	if (!policy) {
		error = dlerror();
		belayi_log("Cannot load a policy: rule=%u, policy=\"%s\", "
			   "error=\"%s\"",
			   rule->number, name,
			   error ? error : "There is none of this name");
		return NULL;
	}
	if (policy->abi != BELAY_POLICY_ABI || policy->size < POLICY_SIZE_MIN) {
		belayi_log("Cannot load a policy: rule=%u, policy=\"%s\", "
			   "abi=%u, expected=%u, size=%u",
			   rule->number, name, policy->abi, BELAY_POLICY_ABI,
			   policy->size);
		return NULL;
	}
	return policy;
}

/*
 * dlopen() gives the same library, and so the same constant, twice.
 * Return: the policy as we know it, or NULL where it cannot work.
 */
static const struct belay_policy *load_once(const struct belay_policy *exported)
{
	struct belay_policy *policy = &loaded[loaded_count].policy;

	for (uint32_t i = 0; i < loaded_count; i++)
		if (loaded[i].exported == exported)
			return &loaded[i].policy;
	memcpy(policy, exported,
	       exported->size < sizeof(*policy) ? exported->size
						: sizeof(*policy));
	speaker = policy->name;
	if (policy->load && !policy->load(&host))
		return NULL;
	loaded[loaded_count++].exported = exported;
	return policy;
}

const struct belay_policy *belayi_loader_get(const struct belay_rule *rule,
					     const char *folders)
{
	const struct belay_policy *exported = find(rule, folders);

	return exported ? load_once(exported) : NULL;
}

void *belayi_loader_config(const struct belay_policy *policy,
			   const struct belay_policy_config *config)
{
	speaker = policy->name;
	return policy->config(config);
}

void belayi_loader_unload(void)
{
	for (uint32_t i = 0; i < loaded_count; i++) {
		speaker = loaded[i].policy.name;
		if (loaded[i].policy.unload)
			loaded[i].policy.unload();
	}
}
