/* SPDX-License-Identifier: MIT */
/*
 * ruleset_print.c - what each rule can act on: `belay run -n`
 */
#include <string.h>

#include "ruleset.h"
#include "text.h"

/* Of a rule's arguments, what says which errors calls end with. */
struct error_use {
	const char *name; /* the one, or NULL: any that there is */
	bool none;
};

static bool is_named(const struct belay_policy_argument *argument,
		     const char *name)
{
	return strcmp(argument->name, name) == 0;
}

/* Without any effect that is asked for, a policy of errors takes one itself. */
static struct error_use errors_of(const struct belay_rule *rule,
				  const struct belay_policy *policy)
{
	const struct belay_policy_argument *a = policy->arguments;
	struct belay_policy_value values[BELAY_RULE_ARGUMENTS];
	struct error_use use = {0};
	bool takes_errors = false, asks = false;
	struct belay_rule_error error;

	use.none = !a || !belay_rule_values(rule, policy, values, &error);
	for (size_t i = 0; !use.none && a[i].name; i++) {
		const char *text = values[i].text;

		if (a[i].type == BELAY_VALUE_ERROR) {
			takes_errors = true;
			use.name = text;
		} else if (!is_named(&a[i], "at") &&
			   !is_named(&a[i], "force")) {
			asks |= values[i].given || text;
		}
	}
	use.none |= !takes_errors || (asks && !use.name);
	return use;
}

static void print_errors(const struct error_use *use,
			 const struct belay_operation *operation, FILE *to)
{
	const struct belay_error *e = belay_operation_errors(operation);
	const char *before = ": by the seed one of ";

	if (use->none)
		return;
	if (use->name) {
		fprintf(to, ": %s", use->name);
		return;
	}
	for (; e && e->name; e++) {
		if (e->at && !(e->at & BELAY_ERROR_AT_FINISH))
			continue;
		fprintf(to, "%s%s", before, e->name);
		before = " ";
	}
}

/*
 * A rule of this one operation is checked: what is wrong with it is why, and
 * names it.
 */
static void print_operation(const struct ruleset *set,
			    const struct belay_rule *rule,
			    const struct belay_operation *operation,
			    const char *name, int width, FILE *to)
{
	struct belay_rule_error error;
	struct belay_rule alone = *rule;
	struct error_use use;

	alone.call.text = name;
	if (!ruleset_rule_check(set, &alone, &operation, 1, &error)) {
		fprintf(to, "     %-*s  no: %s\n", width, name, error.what);
		return;
	}
	use = errors_of(rule, ruleset_policy(set, rule));
	fprintf(to, "     %-*s  yes", width, name);
	print_errors(&use, operation, to);
	if (operation == &belay_com_operation)
		fputs("; COM's methods are known when the program runs", to);
	fputc('\n', to);
}

/* Of COM's calls a rule may name a single one, which is told as it is. */
static void name_operation(const struct belay_rule *rule,
			   const struct belay_operation *operation,
			   char name[BELAY_FULL_NAME_MAX])
{
	if (operation == &belay_com_operation &&
	    strncmp(rule->call.text, "com.", 4) == 0)
		(void)text_safe(rule->call.text, BELAY_FULL_NAME_MAX - 1, name,
				BELAY_FULL_NAME_MAX);
	else
		(void)snprintf(name, BELAY_FULL_NAME_MAX, "%s.%s",
			       operation->api, operation->name);
}

static void each_operation(const struct ruleset *set,
			   const struct belay_rule *rule, int *width, FILE *to)
{
	const struct catalogue *all = &set->catalogue;
	char name[BELAY_FULL_NAME_MAX];

	for (size_t i = 0; i < all->operations_count; i++) {
		if (!belay_rule_names_operation(rule, all->operations[i]))
			continue;
		name_operation(rule, all->operations[i], name);
		if (to)
			print_operation(set, rule, all->operations[i], name,
					*width, to);
		else if ((int)strlen(name) > *width)
			*width = (int)strlen(name);
	}
}

void ruleset_print(const struct ruleset *set, FILE *to)
{
	char safe[1024];
	int width = 0;

	for (uint32_t i = 0; i < set->rules.count; i++)
		each_operation(set, &set->rules.rules[i], &width, NULL);
	for (uint32_t i = 0; i < set->rules.count; i++) {
		const struct belay_rule *rule = &set->rules.rules[i];

		fprintf(to, "%3u  %s\n", rule->number,
			text_safe(rule->text, strlen(rule->text), safe,
				  sizeof(safe)));
		each_operation(set, rule, &width, to);
		if (!ruleset_is_known(set, rule))
			fputs("     calls that the program brings itself\n",
			      to);
	}
}
