/* SPDX-License-Identifier: MIT */
/*
 * ruleset.h - the rules of a run: read, checked, and as the session has them
 */
#ifndef BELAY_TOOLS_RULESET_H
#define BELAY_TOOLS_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <belay/rules.h>

#include "catalogue.h"

/* struct rule_source - one -p or -P of the command line, or a record */
struct rule_source {
	const char *given; /* a rule, or a file's name */
	const char *text;  /* of the file, where it was read before, or NULL */
	bool is_file;
};

struct rule_text;
struct policy_use;

/*
 * struct ruleset - starts as {0}
 *
 * folders: where policies are looked for, see policy_files.h
 */
struct ruleset {
	struct belay_rules rules;
	struct belay_arena arena;
	struct rule_text *texts; /* one of each source */
	size_t texts_count;
	struct policy_use *uses; /* the policies that rules name */
	size_t uses_count;
	struct catalogue catalogue;
	char *folders;
};

/*
 * ruleset_read() - takes the rules of a source apart
 *
 * Return: false if any is wrong, and of each it has been said what.
 */
bool ruleset_read(struct ruleset *set, const struct rule_source *source);

/* ruleset_policy() - the policy of a rule of a checked set */
const struct belay_policy *ruleset_policy(const struct ruleset *set,
					  const struct belay_rule *rule);

/*
 * ruleset_rule_check() - whether a rule makes sense with these operations
 *
 * Its policy can be used.
 */
bool ruleset_rule_check(const struct ruleset *set,
			const struct belay_rule *rule,
			const struct belay_operation *const *operations,
			size_t count, struct belay_rule_error *ret_error);

/*
 * ruleset_check() - whether all of them make sense, and their policies work
 *
 * apis: as adapters_each() has it
 * path: folders of policies, as policy_folders() has it
 * Return: false if any is wrong, and of each it has been said what.
 */
bool ruleset_check(struct ruleset *set, const char *apis, const char *path);

/* ruleset_is_known() - whether a rule names operations of an API that is known */
bool ruleset_is_known(const struct ruleset *set, const struct belay_rule *rule);

/* ruleset_print() - what each rule of a checked set can act on */
void ruleset_print(const struct ruleset *set, FILE *to);

/*
 * ruleset_text() - the rules, one a line, as any folder understands them
 *
 * Return: free() it.
 */
char *ruleset_text(const struct ruleset *set);

void ruleset_deinit(struct ruleset *set);

#endif
