/* SPDX-License-Identifier: MIT */
/*
 * ruleset.c - the rules of a run, read and checked
 *
 * All that is wrong is said, each with its line and a mark below it, as
 * compilers do.
 */
#include "ruleset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy_files.h"
#include "policy_load.h"
#include "say.h"
#include "text.h"
#include "trial.h"

/* What the program's process has room for, too. */
#define TEXT_BYTES (1U << 20)
#define ARENA_BYTES (4U << 20)

#define WRONG_MAX 20    /* so many are told of */
#define LINE_SHOWN 1000 /* of a line, so many bytes */

/* The text of a source, and which rules came from it. */
struct rule_text {
	const char *file; /* NULL: the command line */
	char *text;
	size_t length;
	uint32_t first; /* index of its first rule */
};

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

/* --- What is wrong ------------------------------------------------------- */

static const char *line_of(const struct rule_text *text, uint32_t number,
			   size_t *ret_length)
{
	const char *at = text->text, *end = at + text->length, *next;

	while (--number && (next = memchr(at, '\n', (size_t)(end - at))))
		at = next + 1;
	next = memchr(at, '\n', (size_t)(end - at));
	*ret_length = (size_t)((next ? next : end) - at);
	return at;
}

/* The line as a terminal takes it: a tab is as wide as any other letter. */
static int show_line(const char *line, size_t length, uint32_t column,
		     char shown[LINE_SHOWN])
{
	char plain[LINE_SHOWN] = "";
	int width = 0;

	if (length >= sizeof(plain))
		length = sizeof(plain) - 1;
	for (size_t i = 0; i < length; i++)
		plain[i] = line[i] == '\t' ? ' ' : line[i];
	(void)text_safe(plain, length, shown, LINE_SHOWN);
	for (uint32_t i = 0; i + 1 < column && i < length; i++)
		width += ((unsigned char)line[i] & 0xc0) != 0x80;
	return width;
}

static void say_wrong(const struct rule_text *text, uint32_t line,
		      uint32_t column, const char *what)
{
	char shown[LINE_SHOWN];
	size_t length;
	const char *at = line_of(text, line, &length);
	int width = show_line(at, length, column, shown);

	say("%s:%u:%u: %s\n    %s\n    %*s^", text->file ? text->file : "-p",
	    line, column, what, shown, width, "");
}

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
	say_wrong(text_of(set, rule), rule->line, rule->policy.column, what);
}

/* --- Reading ------------------------------------------------------------- */

static bool read_file(struct rule_text *text)
{
	int fd = open(text->file, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	text->text = malloc(TEXT_BYTES);
	while (fd >= 0 && text->text && text->length < TEXT_BYTES) {
		n = read(fd, text->text + text->length,
			 TEXT_BYTES - text->length);
		if (n <= 0)
			break;
		text->length += (size_t)n;
	}
	if (n == 0) {
		(void)close(fd);
		return true;
	}
	say("Cannot read rules: path=\"%s\", error=\"%s\"", text->file,
	    n > 0 ? "More than 1 MiB of rules" : strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return false;
}

static struct rule_text *add_text(struct ruleset *set,
				  const struct rule_source *source)
{
	struct rule_text *text;

	set->texts =
		realloc(set->texts, (set->texts_count + 1) * sizeof(*text));
	if (!set->texts)
		abort();
	text = &set->texts[set->texts_count++];
	*text = (struct rule_text){.first = set->rules.count};
	if (source->is_file)
		text->file = source->given;
	if (source->is_file && !source->text)
		return read_file(text) ? text : NULL;
	text->text = strdup(source->is_file ? source->text : source->given);
	if (!text->text)
		abort();
	text->length = strlen(text->text);
	return text;
}

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
		say_wrong(text, error.line, error.column, error.what);
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
	const struct rule_text *text;

	make_room(set);
	text = add_text(set, source);
	return text && parse(set, text);
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
		(void)snprintf(use->own, sizeof(use->own), "%.*s",
			       (int)strcspn(text_base(name), "."),
			       text_base(name));
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

bool ruleset_rule_check(const struct ruleset *set,
			const struct belay_rule *rule,
			const struct belay_operation *const *operations,
			size_t count, struct belay_rule_error *ret_error)
{
	const struct policy_use *use = find_use(set, rule);
	const struct belay_policy *policy = use->policy;
	const struct belay_catalogue catalogue = {
		.operations = operations,
		.operations_count = count,
		.policies = &policy,
		.policies_count = 1,
	};

	return belay_rule_check(rule, &catalogue, ret_error);
}

static bool check_rule(struct ruleset *set, const struct belay_rule *rule)
{
	struct belay_rule_error error;
	const struct policy_use *use = find_use(set, rule);
	bool new = use == NULL;

	if (new)
		use = add_use(set, rule->policy.text);
	if (!use->found) {
		say_wrong(text_of(set, rule), rule->line, rule->policy.column,
			  use->why);
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
		say_wrong(text_of(set, rule), rule->line, error.column,
			  error.what);
		return false;
	}
	if (use->wrong == rule)
		say_of_policy(set, rule, use->why);
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
