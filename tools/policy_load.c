/* SPDX-License-Identifier: MIT */
/*
 * policy_load.c - loads a policy, and looks at what it exports
 *
 * ABI and size are read before any of its hooks could run; that the loader runs
 * its constructors cannot be helped.
 */
#include "policy_load.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <belay/rules.h>

/* The members that ABI 1 began with. */
#define SIZE_MIN offsetof(struct belay_policy, load)

static bool is_word(const char *text)
{
	return text && *text &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")];
}

/* Return: what is wrong with the table, or NULL. */
static const char *wrong_in(const struct belay_policy *policy)
{
	const struct belay_policy_argument *a = policy->arguments;
	unsigned int n = 0;

	if (!is_word(policy->name))
		return "has a name that is no word";
	for (; a && a->name; a++) {
		if (n++ == BELAY_RULE_ARGUMENTS)
			return "has too many arguments";
		if (!is_word(a->name))
			return "has an argument whose name is no word";
		if ((unsigned int)a->type > BELAY_VALUE_ERROR)
			return "has an argument of an unknown type";
		if (a->type == BELAY_VALUE_CHOICE && !a->choices)
			return "has an argument without its choices";
	}
	return NULL;
}

static struct belay_policy *copy_of(const struct belay_policy *from)
{
	struct belay_policy *copy = calloc(1, sizeof(*copy));

	if (!copy)
		abort();
	memcpy(copy, from,
	       from->size < sizeof(*copy) ? from->size : sizeof(*copy));
	return copy;
}

static struct belay_policy *look_at(const struct belay_policy *found,
				    char why[POLICY_WHY])
{
	struct belay_policy *copy;
	const char *wrong;

	if (found->abi != BELAY_POLICY_ABI) {
		(void)snprintf(why, POLICY_WHY,
			       "has ABI %u; this version of Belay has %d",
			       found->abi, BELAY_POLICY_ABI);
		return NULL;
	}
	if (found->size < SIZE_MIN) {
		(void)snprintf(why, POLICY_WHY,
			       "says that its size is %u: it is none",
			       found->size);
		return NULL;
	}
	copy = copy_of(found);
	wrong = wrong_in(copy);
	if (!wrong)
		return copy;
	(void)snprintf(why, POLICY_WHY, "%s", wrong);
	free(copy);
	return NULL;
}

struct belay_policy *policy_load(const char *path, char why[POLICY_WHY])
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct belay_policy *found =
		library ? dlsym(library, "belay_policy") : NULL;

	if (found)
		return look_at(found, why);
	if (library)
		(void)snprintf(why, POLICY_WHY,
			       "is none: it does not export \"belay_policy\"");
	else
		(void)snprintf(why, POLICY_WHY, "cannot be loaded: %s",
			       dlerror());
	return NULL;
}
