/* SPDX-License-Identifier: MIT */
/*
 * ruleset_print.c - what each rule can act on: `belay run -n`
 */
#include <string.h>

#include "ruleset.h"
#include "text.h"

/* A rule is checked against one operation alone: what is wrong then is why. */
static void print_operation(const struct ruleset *set,
			    const struct belay_rule *rule,
			    const struct belay_operation *operation,
			    const char *name, int width, FILE *to)
{
	struct belay_rule_error error;

	if (ruleset_rule_check(set, rule, &operation, 1, &error))
		fprintf(to, "     %-*s  yes\n", width, name);
	else
		fprintf(to, "     %-*s  no: %s\n", width, name, error.what);
}

static void each_operation(const struct ruleset *set,
			   const struct belay_rule *rule, int *width, FILE *to)
{
	const struct catalogue *all = &set->catalogue;
	char name[64];

	for (size_t i = 0; i < all->operations_count; i++) {
		(void)snprintf(name, sizeof(name), "%s.%s",
			       all->operations[i]->api,
			       all->operations[i]->name);
		if (!belay_rule_names(rule, name))
			continue;
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
