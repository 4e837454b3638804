/* SPDX-License-Identifier: MIT */
/*
 * tracing.c - the tracing module, as `belay trace` uses it
 */
#include "tracing.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "home.h"
#include "say.h"
#include "text.h"
#include "trace.h"

struct tracing {
	const struct belay_trace_module *module;
	struct trace *trace;
	bool whole; /* closing it went well */
	char output[PATH_MAX];
};

static const struct belay_trace_module *load(void)
{
	const struct belay_trace_module *module;
	const char *why = NULL;

	module = home_load("trace.so", BELAY_TRACE_MODULE, &why);
	if (!module) {
		say("Cannot trace: %s", why);
		return NULL;
	}
	if (module->abi == BELAY_TRACE_ABI && module->size >= sizeof(*module))
		return module;
	say("Cannot trace: trace.so is of another version of Belay");
	return NULL;
}

/* The user's state folder: $XDG_STATE_HOME, or ~/.local/state. */
static bool state_folder(char path[PATH_MAX])
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && *state == '/') {
		(void)snprintf(path, PATH_MAX, "%.2000s/belay", state);
		return true;
	}
	if (home && *home == '/') {
		(void)snprintf(path, PATH_MAX, "%.2000s/.local/state/belay",
			       home);
		return true;
	}
	say("Cannot trace: There is no folder for traces, because $HOME is not "
	    "set; say -o DIR");
	return false;
}

static bool make_folders(char *path)
{
	for (char *slash = path + 1; slash;) {
		slash = strchr(slash, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST) {
			say("Cannot trace: path=\"%s\", error=\"%m\"; say -o "
			    "DIR to write elsewhere",
			    path);
			return false;
		}
		if (slash)
			*slash++ = '/';
	}
	return true;
}

static bool choose_output(const char *program, char output[PATH_MAX])
{
	time_t now = time(NULL);
	struct tm tm;
	char when[32];
	size_t used;

	if (!state_folder(output) || !make_folders(output))
		return false;
	(void)strftime(when, sizeof(when), "%Y%m%d-%H%M%S",
		       localtime_r(&now, &tm));
	used = strlen(output);
	(void)snprintf(output + used, PATH_MAX - used, "/%.64s-%s-%d",
		       text_base(program), when, getpid());
	return true;
}

/* The module runs daemons elsewhere: it wants an absolute path. */
static bool make_absolute(const char *given, char output[PATH_MAX])
{
	char here[PATH_MAX] = "";

	if (!*given) {
		say("Option \"--output\" wants a folder, not \"\"");
		return false;
	}
	if (*given != '/' && !getcwd(here, sizeof(here))) {
		say("Cannot trace: path=\".\", error=\"%m\"");
		return false;
	}
	(void)snprintf(output, PATH_MAX, "%.2000s%s%.2000s", here,
		       *here ? "/" : "", given);
	return true;
}

int tracing_open(const struct watch *watch, const char *program,
		 struct tracing **ret_tracing)
{
	struct tracing *tracing = calloc(1, sizeof(*tracing));
	struct trace_options options = {.lossless = watch->lossless};
	int status = SAY_NOT_STARTED;

	if (!tracing)
		abort();
	options.output = tracing->output;
	tracing->module = load();
	if (tracing->module &&
	    (watch->output ? make_absolute(watch->output, tracing->output)
			   : choose_output(program, tracing->output)))
		status = tracing->module->open(&options, &tracing->trace);
	if (status == 0)
		*ret_tracing = tracing;
	else
		free(tracing);
	return status;
}

static int set(const char *name, const char *value, void *data)
{
	variables_set(data, name, value);
	return 0;
}

void tracing_environment(const struct tracing *tracing,
			 struct variables *variables)
{
	variables_set(variables, "BELAY_TRACE", "1");
	(void)tracing->module->environment(tracing->trace, set, variables);
}

const char *tracing_output(const struct tracing *tracing)
{
	return tracing->output;
}

bool tracing_look(struct tracing *tracing)
{
	return tracing->module->look(tracing->trace);
}

uint64_t tracing_close(struct tracing *tracing)
{
	uint64_t discarded = 0;

	tracing->whole =
		tracing->module->close(tracing->trace, &discarded) == 0;
	return discarded;
}

void tracing_free(struct tracing *tracing, bool tell)
{
	char path[PATH_MAX];

	if (tracing && tell && tracing->whole) {
		(void)text_shell(tracing->output, path, sizeof(path));
		say("The trace is in %s: \"belay report %s\" reads it", path,
		    path);
	}
	free(tracing);
}
