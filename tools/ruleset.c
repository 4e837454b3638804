/* SPDX-License-Identifier: MIT */
/*
 * ruleset.c - the rules of a run, read and checked
 *
 * All that is wrong is said, not only what comes first.
 */
#include "ruleset.h"

#include <stdlib.h>
#include <string.h>

#include <belay/nearest.h>

#include "array.h"
#include "policy_files.h"
#include "policy_load.h"
#include "rule_text.h"
#include "text.h"
#include "trial.h"

/* What the program's process has room for, too. */
#define ARENA_BYTES (4U << 20)

#define WRONG_MAX 20 /* so many are told of */

/*
 * A policy that rules name; only one that can be used is loaded. Of a file,
 * its own name is what stands before ".so", whatever it says itself.
 */
struct policy_use {
	const char *name;
	char own[64];
	struct belay_policy *policy;
	const struct belay_rule *wrong; /* that it does not take */
	bool found;
	char path[PATH_MAX];
	char why[POLICY_WHY];
};

static const struct rule_text *text_of(const struct ruleset *set,
				       const struct belay_rule *rule)
{
	size_t index = (size_t)(rule - set->rules.rules), i = set->texts_count;

	while (i > 1 && set->texts[i - 1].first > index)
		i--;
	return &set->texts[i - 1];
}

static void say_of_policy(const struct ruleset *set,
			  const struct belay_rule *rule, const char *why)
{
	char what[POLICY_WHY + 128];

	(void)snprintf(what, sizeof(what), "policy \"%s\" %s",
		       rule->policy.text, why);
	rule_text_wrong(text_of(set, rule), rule->line, rule->policy.column,
			what);
}

/* --- Reading ------------------------------------------------------------- */

/* Takes out the lines up to a wrong one, which has been told of. */
static void blank(char *text, size_t length, uint32_t lines)
{
	for (size_t i = 0; i < length && lines; i++)
		if (text[i] == '\n')
			lines--;
		else
			text[i] = ' ';
}

/* The parser stops where a rule is wrong; we want to know of all. */
static bool parse(struct ruleset *set, const struct rule_text *text)
{
	char *left = malloc(text->length + 1);
	struct belay_rule_error error;
	unsigned int wrong = 0;

	if (!left)
		abort();
	memcpy(left, text->text, text->length);
	while (wrong < WRONG_MAX &&
	       !belay_rules_parse(&set->rules, left, text->length, text->file,
				  &set->arena, &error)) {
		rule_text_wrong(text, error.line, error.column, error.what);
		blank(left, text->length, error.line);
		wrong++;
	}
	free(left);
	return wrong == 0;
}

static void make_room(struct ruleset *set)
{
	if (set->rules.rules)
		return;
	set->rules.rules = calloc(BELAY_RULES_MAX, sizeof(struct belay_rule));
	set->arena.memory = malloc(ARENA_BYTES);
	set->arena.size = ARENA_BYTES;
	if (!set->rules.rules || !set->arena.memory)
		abort();
}

bool ruleset_read(struct ruleset *set, const struct rule_source *source)
{
	struct rule_text *text;

	make_room(set);
	set->texts = array_grow(set->texts, set->texts_count, sizeof(*text));
	text = &set->texts[set->texts_count++];
	*text = (struct rule_text){.first = set->rules.count};
	return rule_text_read(source, text) && parse(set, text);
}

/* --- Policies ------------------------------------------------------------ */

static bool names(const struct belay_rule *rule, const char *policy)
{
	return strcmp(rule->policy.text, policy) == 0;
}

static void try(const struct ruleset *set, struct policy_use *use)
{
	const struct belay_rule **rules =
		calloc(set->rules.count + 1, sizeof(const void *));
	struct trial trial = {
		.path = use->path,
		.name = use->name,
		.rules = rules,
	};

	if (!rules)
		abort();
	for (uint32_t i = 0; i < set->rules.count; i++)
		if (names(&set->rules.rules[i], use->name))
			rules[trial.rules_count++] = &set->rules.rules[i];
	trial_run(&trial);
	use->wrong = trial.wrong;
	if (!trial.good)
		strcpy(use->why, trial.why);
	free(rules);
}

/* Finds it, tries it, and only then loads it. */
static struct policy_use *add_use(struct ruleset *set, const char *name)
{
	struct policy_use *use = &set->uses[set->uses_count++];
	const char *base;
	size_t length;

	*use = (struct policy_use){.name = name};
	use->found = policy_find(set->folders, name, use->path);
	if (!use->found) {
		policy_missing(set->folders, name, use->why, sizeof(use->why));
		return use;
	}
	try(set, use);
	if (!*use->why || use->wrong)
		use->policy = policy_load(use->path, use->why);
	if (use->policy) {
		base = text_base(name);
		length = strlen(base);
		if (length > 3 && strcmp(base + length - 3, ".so") == 0)
			length -= 3;
		(void)snprintf(use->own, sizeof(use->own), "%.*s", (int)length,
			       base);
		use->policy->name = use->own;
	}
	return use;
}

static struct policy_use *find_use(const struct ruleset *set,
				   const struct belay_rule *rule)
{
	for (size_t i = 0; i < set->uses_count; i++)
		if (names(rule, set->uses[i].name))
			return &set->uses[i];
	return NULL;
}

/* --- Checking ------------------------------------------------------------ */

const struct belay_policy *ruleset_policy(const struct ruleset *set,
					  const struct belay_rule *rule)
{
	return find_use(set, rule)->policy;
}

bool ruleset_rule_check(const struct ruleset *set,
			const struct belay_rule *rule,
			const struct belay_operation *const *operations,
			size_t count, struct belay_rule_error *ret_error)
{
	const struct belay_policy *policy = ruleset_policy(set, rule);
	const struct belay_catalogue catalogue = {
		.operations = operations,
		.operations_count = count,
		.policies = &policy,
		.policies_count = 1,
		.is_open = true,
	};

	return belay_rule_check(rule, &catalogue, ret_error);
}

bool ruleset_is_known(const struct ruleset *set, const struct belay_rule *rule)
{
	const struct catalogue *all = &set->catalogue;

	for (size_t i = 0; i < all->operations_count; i++)
		if (belay_rule_names_operation(rule, all->operations[i]))
			return true;
	return false;
}

/* "comm.ICalc.Add": of an API whose calls only the program knows */
static void put_hint(const struct ruleset *set, const char *call, char *hint,
		     size_t size)
{
	const struct catalogue *all = &set->catalogue;
	const char *rest = strchr(call, '.');
	char api[32];
	struct belay_nearest near = {.wanted = api};

	*hint = '\0';
	if (!rest || rest - call >= (ptrdiff_t)sizeof(api))
		return;
	(void)snprintf(api, sizeof(api), "%.*s", (int)(rest - call), call);
	for (size_t i = 0; i < all->operations_count; i++)
		belay_nearest_look(&near, all->operations[i]->api);
	if (near.name)
		(void)snprintf(hint, size, " (did you mean \"%s%.48s\"?)",
			       near.name, rest);
}

static void warn_if_unknown(const struct ruleset *set,
			    const struct belay_rule *rule)
{
	char what[256], hint[96];

	if (ruleset_is_known(set, rule))
		return;
	put_hint(set, rule->call.text, hint, sizeof(hint));
	(void)snprintf(what, sizeof(what),
		       "\"%.48s\" names no operation of the APIs that are "
		       "watched%s, only calls that the program brings itself",
		       rule->call.text, hint);
	rule_text_warn(text_of(set, rule), rule->line, rule->call.column, what);
}

static bool check_rule(struct ruleset *set, const struct belay_rule *rule)
{
	struct belay_rule_error error;
	const struct policy_use *use = find_use(set, rule);
	bool new = use == NULL;

	if (new)
		use = add_use(set, rule->policy.text);
	if (!use->found) {
		rule_text_wrong(text_of(set, rule), rule->line,
				rule->policy.column, use->why);
		return false;
	}
	/* Of a policy that does not work, once is enough. */
	if (!use->policy) {
		if (new)
			say_of_policy(set, rule, use->why);
		return false;
	}
	if (!ruleset_rule_check(set, rule, set->catalogue.operations,
				set->catalogue.operations_count, &error)) {
		rule_text_wrong(text_of(set, rule), rule->line, error.column,
				error.what);
		return false;
	}
	if (use->wrong == rule)
		say_of_policy(set, rule, use->why);
	else
		warn_if_unknown(set, rule);
	return use->wrong != rule;
}

bool ruleset_check(struct ruleset *set, const char *apis, const char *path)
{
	unsigned int wrong = 0;

	set->folders = policy_folders(path);
	if (!set->folders || !catalogue_add(&set->catalogue, apis))
		return false;
	set->uses = calloc(set->rules.count + 1, sizeof(*set->uses));
	if (!set->uses)
		abort();
	for (uint32_t i = 0; i < set->rules.count && wrong < WRONG_MAX; i++)
		wrong += !check_rule(set, &set->rules.rules[i]);
	return wrong == 0;
}

/* --- What is made of them ------------------------------------------------ */

/* Where a word of a rule ends, as it is written, quotes and all. */
static const char *word_end(const char *at)
{
	char quote = '\0';

	for (; *at && (quote || (*at != ' ' && *at != '\t')); at++)
		if (quote == '"' && *at == '\\' && at[1])
			at++;
		else if (*at == quote)
			quote = '\0';
		else if (!quote && (*at == '\'' || *at == '"'))
			quote = *at;
	return at;
}

/* In quotes, as the grammar has them. */
static void write_path(const char *path, FILE *to)
{
	fputc('"', to);
	for (; *path; path++) {
		if (*path == '"' || *path == '\\')
			fputc('\\', to);
		fputc(*path, to);
	}
	fputc('"', to);
}

static void write_rule(const struct ruleset *set, const struct belay_rule *rule,
		       FILE *to)
{
	const char *policy =
		rule->text + (rule->policy.column - rule->call.column);
	const struct policy_use *use = find_use(set, rule);

	if (use && strchr(rule->policy.text, '/')) {
		fprintf(to, "%.*s", (int)(policy - rule->text), rule->text);
		write_path(use->path, to);
		fprintf(to, "%s\n", word_end(policy));
	} else {
		fprintf(to, "%s\n", rule->text);
	}
}

char *ruleset_text(const struct ruleset *set)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		abort();
	for (uint32_t i = 0; i < set->rules.count; i++)
		write_rule(set, &set->rules.rules[i], to);
	if (fclose(to) != 0)
		abort();
	return text;
}

void ruleset_deinit(struct ruleset *set)
{
	for (size_t i = 0; i < set->texts_count; i++)
		free(set->texts[i].text);
	for (size_t i = 0; i < set->uses_count; i++)
		free(set->uses[i].policy);
	catalogue_deinit(&set->catalogue);
	free(set->texts);
	free(set->uses);
	free(set->rules.rules);
	free(set->arena.memory);
	free(set->folders);
	*set = (struct ruleset){0};
}
