/* SPDX-License-Identifier: MIT */
/*
 * policies.c - reads the rules, loads their policies, makes the instances
 *
 * `belay` has tried all of this before it started the program. Rules that
 * were set by hand are trusted: what is wrong with them shows here, in one
 * line, and then none of them acts.
 */
#include "policies.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "modules.h"

#define STATE "rules.state"
#define REPLAY "replay"
#define TEXT_MAX_BYTES (1U << 20)

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

static void *take_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* --- What is lent to policies -------------------------------------------- */

static const char *speaker = "policy"; /* whose hook runs; at start only */

static void host_log(const char *text)
{
	belayi_log("%s: %s", speaker, text);
}

static bool host_random(const struct belay_operation *operation, uint32_t at,
			uint64_t random, int32_t *ret_status)
{
	const struct belay_error *errors = operation->errors;
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
	const struct belay_policy *exported;
	struct belay_policy_value *values;
	struct belay_policy_config config = {
		.size = sizeof(config),
		.rule = text->number,
		.call = text->call.text,
	};
	struct belay_rule_error error;

	exported = find(text, folders);
	rule->policy = exported ? load_once(exported) : NULL;
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
	speaker = rule->policy->name;
	rule->instance = rule->policy->config(&config);
	return rule->instance != NULL;
}

/* --- The files ----------------------------------------------------------- */

static char *read_text(const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat file;
	char *text = NULL;

	if (fd >= 0 && fstat(fd, &file) == 0) {
		if (file.st_size >= TEXT_MAX_BYTES)
			errno = EFBIG;
		else
			text = take_memory((size_t)file.st_size + 1);
	}
	if (text) {
		ssize_t length = read(fd, text, (size_t)file.st_size);

		*ret_size = length > 0 ? (size_t)length : 0;
	}
	if (fd >= 0)
		(void)close(fd);
	if (!text)
		belayi_log("Cannot read rules: path=\"%s\", error=\"%s\"", path,
			   strerror(errno));
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

void belayi_policies_unload(void)
{
	for (uint32_t i = 0; i < loaded_count; i++) {
		speaker = loaded[i].policy.name;
		if (loaded[i].policy.unload)
			loaded[i].policy.unload();
	}
}

const char *belayi_policies_texts(void)
{
	return belayi_policies.count ? texts : "";
}

uint64_t belayi_policies_elapsed(void)
{
	return belay_clock_pair().ns - belayi_policies.state->began_ns;
}
