/* SPDX-License-Identifier: MIT */
/*
 * policies.c - reads the rules, and makes the instances of their policies
 *
 * `belay` has tried all of this before it started the program. Rules that
 * were set by hand are trusted: what is wrong with them shows here, in one
 * line, and then none of them acts.
 */
#include "policies.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader.h"
#include "log.h"
#include "modules.h"

#define STATE "rules.state"
#define REPLAY "replay"
#define TEXT_MAX_BYTES (1U << 20)
#define SEED_BY_HAND 1

#define TRACED_BYTES 4000

/* A rule takes some hundred bytes more than its text. */
#define ARENA_BYTES (4U << 20)

struct belayi_policies belayi_policies;

/*
 * Not in memory that was mapped: a leak checker that the program has does not
 * look there, and the instances, which policies allocate, hang here.
 */
static struct belayi_rule rules[BELAY_RULES_MAX];

static struct belay_rules parsed;
static struct belay_arena arena;
static char *texts;

static void *take_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* --- The rules ----------------------------------------------------------- */

static void log_error(const struct belay_rule_error *error)
{
	belayi_log("Wrong rule: file=\"%s\", line=%u, column=%u, error=\"%s\"",
		   error->file ? error->file : "", error->line, error->column,
		   error->what);
}

static bool has_trigger(const struct belay_trigger *t)
{
	return t->chance < UINT64_C(1) << 63 || t->nth || t->every > 1 ||
	       t->first > 1 || t->last != UINT64_MAX || t->step > 1 ||
	       t->from_ns || t->for_ns != UINT64_MAX || t->once;
}

static bool configure(struct belayi_rule *rule, const char *folders)
{
	const struct belay_rule *text = rule->text;
	struct belay_policy_value *values;
	struct belay_policy_config config = {
		.size = sizeof(config),
		.rule = text->number,
		.call = text->call.text,
	};
	struct belay_rule_error error;

	rule->policy = belayi_loader_get(text, folders);
	if (!rule->policy)
		return false;
	rule->has_trigger = has_trigger(&text->trigger);
	rule->is_replayed =
		rule->has_trigger && belayi_policies.state->replaying;
	if (!rule->policy->config)
		return true;
	values = take_memory(sizeof(*values) * BELAY_RULE_ARGUMENTS);
	if (!values)
		return false;
	if (!belay_rule_values(text, rule->policy, values, &error)) {
		log_error(&error);
		return false;
	}
	config.values = values;
	rule->instance = belayi_loader_config(rule->policy, &config);
	return rule->instance != NULL;
}

/* Decimal, or as C has it, without a sign. */
static bool read_number(const char *text, uint64_t *ret_number)
{
	char *end;
	unsigned long long number;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || *end)
		return false;
	*ret_number = number;
	return true;
}

uint64_t belayi_policies_seed(const char *text)
{
	uint64_t seed = SEED_BY_HAND;

	if (text && !read_number(text, &seed))
		belayi_log("Wrong seed, taking %d: BELAY_SEED=\"%s\", "
			   "error=\"It is not a number from 0 to %llu\"",
			   SEED_BY_HAND, text, ULLONG_MAX);
	return seed;
}

/* --- The files ----------------------------------------------------------- */

static void cannot_read(const char *path, const char *error)
{
	belayi_log("Cannot read rules: path=\"%s\", error=\"%s\"", path, error);
}

/* Return: what stands against reading it, or NULL. */
static const char *why_not(int fd, struct stat *ret_file)
{
	if (fd < 0 || fstat(fd, ret_file) < 0)
		return strerror(errno);
	if (S_ISDIR(ret_file->st_mode))
		return strerror(EISDIR);
	if (!S_ISREG(ret_file->st_mode))
		return "It is not a regular file";
	if (ret_file->st_size >= TEXT_MAX_BYTES)
		return "It is larger than 1 MiB";
	return NULL;
}

static char *read_open(int fd, size_t size, size_t *ret_size)
{
	char *text = take_memory(size + 1);
	ssize_t length = text ? read(fd, text, size) : -1;

	if (length < 0)
		return NULL;
	*ret_size = (size_t)length;
	return text;
}

/* Whoever opens a FIFO waits for its writer, unless they say not to. */
static char *read_text(const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat file = {.st_size = 0};
	const char *error = why_not(fd, &file);
	char *text = NULL;

	if (!error) {
		text = read_open(fd, (size_t)file.st_size, ret_size);
		error = text ? NULL : strerror(errno);
	}
	if (error)
		cannot_read(path, error);
	if (fd >= 0)
		(void)close(fd);
	return text;
}

static void *map_file(int folder, const char *name, int protection,
		      size_t *ret_size)
{
	int flags = protection & PROT_WRITE ? O_RDWR : O_RDONLY;
	int fd = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC);
	struct stat file;
	void *map = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &file) == 0 && file.st_size > 0)
		map = mmap(NULL, (size_t)file.st_size, protection, MAP_SHARED,
			   fd, 0);
	(void)close(fd);
	*ret_size = (size_t)file.st_size;
	return map == MAP_FAILED ? NULL : map;
}

static bool is_state(const struct belay_rules_state *state, size_t size)
{
	return size >= sizeof(*state) && state->magic == BELAY_RULES_MAGIC &&
	       state->layout == BELAY_LAYOUT && state->size == size &&
	       state->entries <=
		       (size - sizeof(*state)) / sizeof(state->list[0]);
}

/* By hand, or where the session has none: it is only this process's. */
static struct belay_rules_state *private_state(uint64_t seed)
{
	size_t size = sizeof(struct belay_rules_state) +
		      BELAY_RULES_LOG * sizeof(struct belay_rule_entry);
	struct belay_rules_state *state = take_memory(size);

	if (!state)
		return NULL;
	state->seed = seed;
	state->began_ns = belay_clock_pair().ns;
	state->entries = BELAY_RULES_LOG;
	return state;
}

static void load_state(const struct belayi_rules_source *source)
{
	struct belayi_policies *all = &belayi_policies;
	size_t size = 0;

	if (source->folder >= 0)
		all->state = map_file(source->folder, STATE,
				      PROT_READ | PROT_WRITE, &size);
	if (all->state && !is_state(all->state, size)) {
		belayi_log("Not the state of rules: path=\"" STATE "\"");
		all->state = NULL;
	}
	if (!all->state)
		all->state = private_state(source->seed);
	all->seed = source->seed;
	/* An empty one cannot be mapped, and nothing fires. */
	if (all->state && all->state->replaying) {
		all->replay =
			map_file(source->folder, REPLAY, PROT_READ, &size);
		all->replay_count =
			all->replay ? size / sizeof(*all->replay) : 0;
	}
}

static bool parse(const struct belayi_rules_source *source)
{
	struct belay_rule_error error;
	size_t size = 0;

	texts = read_text(source->path, &size);
	if (!texts)
		return false;
	parsed.rules = take_memory(sizeof(struct belay_rule) * BELAY_RULES_MAX);
	arena.memory = take_memory(ARENA_BYTES);
	arena.size = ARENA_BYTES;
	if (!parsed.rules || !arena.memory)
		return false;
	if (belay_rules_parse(&parsed, texts, size, source->path, &arena,
			      &error)) {
		/* Traced events carry what is left. */
		if (size > TRACED_BYTES)
			texts[TRACED_BYTES] = '\0';
		return true;
	}
	log_error(&error);
	return false;
}

/* A rule for other executables would only cost this one time. */
static bool is_for_us(const struct belay_rule *rule)
{
	const char *path = belayi_executable();
	const char *slash = strrchr(path, '/');

	for (uint32_t i = 0; i < rule->conditions_count; i++) {
		const struct belay_condition *c = &rule->conditions[i];
		bool base;

		if (strcmp(c->name.text, "exe") != 0)
			continue;
		base = belay_condition_text(c, slash ? slash + 1 : path);
		if (c->negated ? !base || !belay_condition_text(c, path)
			       : !base && !belay_condition_text(c, path))
			return false;
	}
	return true;
}

static bool make_rules(const struct belayi_rules_source *source)
{
	struct belayi_policies *all = &belayi_policies;

	all->rules = rules;
	all->by_thread = take_memory(sizeof(uint64_t) * BELAYI_THREADS *
				     (BELAY_RULES_MAX + 1));
	if (!all->by_thread || !all->state)
		return false;
	for (uint32_t i = 0; i < parsed.count; i++) {
		struct belayi_rule *rule = &all->rules[all->count];

		if (!is_for_us(&parsed.rules[i]))
			continue;
		rule->text = &parsed.rules[i];
		rule->state = &all->state->rules[rule->text->number - 1];
		if (!configure(rule, source->folders)) {
			all->count = 0;
			return false;
		}
		all->count++;
	}
	return true;
}

bool belayi_policies_load(const struct belayi_rules_source *source)
{
	if (!parse(source))
		return false;
	load_state(source);
	return make_rules(source);
}

const char *belayi_policies_texts(void)
{
	return belayi_policies.count ? texts : "";
}

uint64_t belayi_policies_elapsed(void)
{
	return belay_clock_pair().ns - belayi_policies.state->began_ns;
}
