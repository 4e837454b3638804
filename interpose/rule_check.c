/* SPDX-License-Identifier: MIT */
/*
 * rule_check.c - whether a rule makes sense: what it names is there
 */
#include "rule_check.h"

#include <stdio.h>
#include <string.h>

#include <belay/nearest.h>

#include "rule_parts.h"

void belayi_full_name(const struct belay_operation *operation,
		      char ret_name[BELAYI_FULL_NAME])
{
	(void)snprintf(ret_name, BELAYI_FULL_NAME, "%s.%s", operation->api,
		       operation->name);
}

const struct belay_operation *
belayi_check_named(const struct belayi_check *check, size_t *at)
{
	while (*at < check->catalogue->operations_count) {
		const struct belay_operation *operation =
			check->catalogue->operations[(*at)++];

		if (belay_rule_names_operation(check->rule, operation))
			return operation;
	}
	return NULL;
}

/* --- The call ------------------------------------------------------------ */

#define GLOB "*?["

/* The part before the point, or NULL. */
static const char *api_of(const char *call, char ret_api[BELAYI_FULL_NAME])
{
	size_t length = strcspn(call, ".");

	if (!call[length] || length >= BELAYI_FULL_NAME)
		return NULL;
	memcpy(ret_api, call, length);
	ret_api[length] = '\0';
	return ret_api;
}

/* Calls of a program's own: of no API that is known. */
static bool may_be_own(const struct belayi_check *check)
{
	const struct belay_catalogue *catalogue = check->catalogue;
	const char *call = check->rule->call.text;
	char api[BELAYI_FULL_NAME];

	if (!api_of(call, api))
		return strpbrk(call, GLOB);
	for (size_t i = 0; i < catalogue->operations_count; i++)
		if (strcmp(catalogue->operations[i]->api, api) == 0)
			return false;
	return true;
}

/* "aoi.*": all operations of an API that is written wrong */
static void look_at_apis(const struct belayi_check *check,
			 struct belay_nearest *near,
			 char ret_name[2 * BELAYI_FULL_NAME])
{
	const struct belay_catalogue *catalogue = check->catalogue;
	const char *call = check->rule->call.text;
	char wanted[BELAYI_FULL_NAME];
	struct belay_nearest api = {.wanted = api_of(call, wanted)};
	const char *rest = strchr(call, '.');

	if (!api.wanted || !strpbrk(rest, GLOB))
		return;
	for (size_t i = 0; i < catalogue->operations_count; i++)
		belay_nearest_look(&api, catalogue->operations[i]->api);
	if (!api.name)
		return;
	(void)snprintf(ret_name, 2 * BELAYI_FULL_NAME, "%s%.48s", api.name,
		       rest);
	near->name = ret_name;
}

static bool unknown_call(const struct belayi_check *check)
{
	const struct belay_catalogue *catalogue = check->catalogue;
	const struct belay_word *call = &check->rule->call;
	struct belay_nearest near = {.wanted = call->text};
	struct belayi_list all = {.used = 0};
	char now[BELAYI_FULL_NAME], nearest[2 * BELAYI_FULL_NAME];

	for (size_t i = 0; i < catalogue->operations_count; i++) {
		const char *api = catalogue->operations[i]->api;

		if (strcmp(api, call->text) == 0)
			return belayi_wrong(check->error, call->column,
					    "\"%s\" is an API; its operations "
					    "are \"%s.*\"",
					    api, api);
		belayi_full_name(catalogue->operations[i], now);
		belayi_list_add(&all, now);
		belay_nearest_look(&near, now);
		if (near.name == now)
			near.name = strcpy(nearest, now);
	}
	if (!near.name)
		look_at_apis(check, &near, nearest);
	if (!near.name && catalogue->is_open && may_be_own(check))
		return true;
	return belayi_wrong(check->error, call->column,
			    "\"%.48s\" names no operation%s; there are %s",
			    call->text, belayi_did_you_mean(near.name).text,
			    all.used ? all.text : "none");
}

/* ret_known: whether it names an operation that is known */
static bool check_call(const struct belayi_check *check, bool *ret_known)
{
	size_t at = 0;

	*ret_known = belayi_check_named(check, &at);
	if (!belayi_check_com(check))
		return false;
	return *ret_known || unknown_call(check);
}

/* --- The policy ---------------------------------------------------------- */

/* A path names a policy by the last part, without its ".so". */
static bool is_called(const struct belay_policy *policy, const char *text)
{
	const char *slash = strrchr(text, '/');
	size_t length = strlen(policy->name);

	if (!slash)
		return strcmp(policy->name, text) == 0;
	return strncmp(slash + 1, policy->name, length) == 0 &&
	       strcmp(slash + 1 + length, ".so") == 0;
}

static const struct belay_policy *find_policy(const struct belayi_check *check)
{
	const struct belay_catalogue *catalogue = check->catalogue;
	const struct belay_word *word = &check->rule->policy;
	struct belay_nearest near = {.wanted = word->text};
	struct belayi_list all = {.used = 0};

	for (size_t i = 0; i < catalogue->policies_count; i++) {
		if (is_called(catalogue->policies[i], word->text))
			return catalogue->policies[i];
		belay_nearest_look(&near, catalogue->policies[i]->name);
		belayi_list_add(&all, catalogue->policies[i]->name);
	}
	belayi_say(check->error, word->column,
		   "there is no policy \"%.48s\"%s; there are %s", word->text,
		   belayi_did_you_mean(near.name).text,
		   all.used ? all.text : "none");
	return NULL;
}

/* --- All ----------------------------------------------------------------- */

bool belay_rule_check(const struct belay_rule *rule,
		      const struct belay_catalogue *catalogue,
		      struct belay_rule_error *ret_error)
{
	struct belayi_check check = {rule, catalogue, ret_error};
	struct belay_policy_value values[BELAY_RULE_ARGUMENTS];
	const struct belay_policy *policy;
	bool known;

	belayi_rule_error_at(rule, ret_error);
	if (!check_call(&check, &known))
		return false;
	policy = find_policy(&check);
	if (!policy || !belay_rule_values(rule, policy, values, ret_error))
		return false;
	return !known || (belayi_check_conditions(&check) &&
			  belayi_check_faults(&check, policy, values));
}
