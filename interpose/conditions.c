/* SPDX-License-Identifier: MIT */
/*
 * conditions.c - whether a rule's conditions fit a call
 *
 * Names mean something else at each operation, so they are looked up once for
 * a site. What the site alone decides is decided there; the rest is asked of
 * each call, and what costs a system call only where a rule names it.
 */
#include "conditions.h"

#include <errno.h>
#include <execinfo.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "modules.h"

#define FRAMES 64
#define THREAD_NAME 16

static int find_argument(const struct belay_operation *operation,
			 const char *name)
{
	for (int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
		if (operation->arguments[i].name &&
		    strcmp(operation->arguments[i].name, name) == 0)
			return i;
	return -1;
}

static int find_descriptor(const struct belay_operation *operation)
{
	for (int i = 0; i < BELAY_ARGUMENTS_MAX; i++)
		if (operation->arguments[i].name &&
		    operation->arguments[i].type == BELAY_ARGUMENT_FD)
			return i;
	return -1;
}

static int find_derived(const struct belay_operation *operation,
			const char *name)
{
	if (operation->size <= offsetof(struct belay_operation, derive) ||
	    !operation->derived || !operation->derive)
		return -1;
	for (int i = 0; operation->derived[i]; i++)
		if (strcmp(operation->derived[i], name) == 0)
			return i;
	return -1;
}

static enum belayi_subject subject_of_all(const char *name)
{
	static const struct {
		const char *name;
		enum belayi_subject subject;
	} subjects[] = {
		{"caller", BELAYI_CALLER},
		{"stack", BELAYI_STACK},
		{"thread", BELAYI_THREAD},
		{"exe", BELAYI_EXE},
	};

	for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
		if (strcmp(name, subjects[i].name) == 0)
			return subjects[i].subject;
	return BELAYI_NOWHERE;
}

/* Of every text that is equal to, or like, the value; 0: there is none. */
static char first_letter(const struct belay_condition *condition)
{
	char first = condition->value.text[0];

	if (condition->relation == BELAY_IS_LIKE && strchr("*?[\\", first))
		return 0;
	return first;
}

struct belayi_bound
belayi_condition_bind(const struct belay_condition *condition,
		      const struct belay_operation *operation)
{
	const char *name = condition->name.text;
	struct belayi_bound bound = {
		.condition = condition,
		.negated = condition->negated,
	};
	int index = find_argument(operation, name);

	if (index >= 0) {
		bound.subject =
			operation->arguments[index].type == BELAY_ARGUMENT_TEXT
				? BELAYI_TEXT
				: BELAYI_ARGUMENT;
	} else if ((index = find_derived(operation, name)) >= 0) {
		bound.subject = BELAYI_DERIVED;
	} else if (strcmp(name, "path") == 0 &&
		   (index = find_descriptor(operation)) >= 0) {
		bound.subject = BELAYI_PATH;
	} else {
		bound.subject = subject_of_all(name);
	}
	bound.index = index < 0 ? 0 : (unsigned int)index;
	bound.first = first_letter(condition);
	belay_condition_range(condition, &bound.least, &bound.most);
	return bound;
}

/* Of a path, the whole or its last part. */
static bool fits_path(const struct belay_condition *condition, const char *path)
{
	const char *slash = strrchr(path, '/');
	bool whole = belay_condition_text(condition, path);
	bool last = belay_condition_text(condition, slash ? slash + 1 : path);

	return condition->negated ? whole && last : whole || last;
}

static const char *module_path(const void *address)
{
	const struct belayi_module *module =
		belayi_module(belayi_module_note(address));

	return module ? module->path : "";
}

bool belayi_condition_site(const struct belayi_bound *bound, const void *site)
{
	switch (bound->subject) {
	case BELAYI_NOWHERE:
		return false;
	case BELAYI_CALLER:
		return fits_path(bound->condition, module_path(site));
	case BELAYI_EXE:
		return fits_path(bound->condition, belayi_executable());
	default:
		return true;
	}
}

static bool fits_descriptor(const struct belay_condition *condition, int fd)
{
	char link[32];
	char path[PATH_MAX];
	int saved = errno;
	ssize_t length;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	errno = saved;
	if (length < 0)
		return belay_condition_text(condition, NULL);
	path[length] = '\0';
	return fits_path(condition, path);
}

static bool fits_thread(const struct belay_condition *condition)
{
	char name[THREAD_NAME] = "";
	int saved = errno;

	(void)prctl(PR_GET_NAME, name, 0, 0, 0);
	errno = saved;
	return belay_condition_text(condition, name);
}

/* The first frames are our own. */
static bool fits_stack(const struct belay_condition *condition)
{
	struct belay_condition plain = *condition;
	void *frames[FRAMES];
	int saved = errno;
	int count = backtrace(frames, FRAMES);
	bool found = false;

	plain.negated = false;
	for (int i = 0; i < count && !found; i++)
		found = fits_path(&plain, module_path(frames[i]));
	errno = saved;
	return found != condition->negated;
}

static bool fits_derived(const struct belayi_bound *bound,
			 const struct belay_begin *begin)
{
	char space[BELAY_DERIVED_MAX];
	int saved = errno;
	bool fits = belay_condition_text(
		bound->condition,
		begin->operation->derive(begin, bound->index, space));

	errno = saved;
	return fits;
}

BELAYI_EACH_CALL bool belayi_condition_asks(const struct belayi_bound *bound,
					    const struct belay_begin *begin)
{
	const struct belay_condition *condition = bound->condition;

	switch (bound->subject) {
	case BELAYI_TEXT:
		return belay_condition_text(condition, begin->text);
	case BELAYI_DERIVED:
		return fits_derived(bound, begin);
	case BELAYI_PATH:
		return fits_descriptor(condition,
				       (int)begin->args[bound->index]);
	case BELAYI_THREAD:
		return fits_thread(condition);
	case BELAYI_STACK:
		return fits_stack(condition);
	default:
		return true;
	}
}

void belayi_conditions_prepare(void)
{
	void *frame;

	(void)backtrace(&frame, 1);
}
