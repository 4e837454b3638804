/* SPDX-License-Identifier: MIT */
/*
 * trace.c - the module that records a run with LTTng: see trace.h
 */
#include "trace.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lttng_daemon.h"
#include "lttng_output.h"
#include "lttng_session.h"
#include "say.h"

struct trace {
	struct daemon daemon;
	struct recording recording;
	bool lossless;
	char output[PATH_MAX];
};

/* Starts recording, and comes back from where the daemon is. */
static bool record(struct trace *trace)
{
	bool recording;

	if (!daemon_open(&trace->daemon))
		return false;
	recording = recording_start(trace->output, trace->lossless,
				    &trace->recording);
	if (daemon_leave(&trace->daemon) && recording)
		return true;
	daemon_close(&trace->daemon);
	return false;
}

static int trace_open(const struct trace_options *options, struct trace **ret)
{
	struct trace *trace = calloc(1, sizeof(*trace));
	bool made = false;

	if (!trace)
		abort();
	trace->lossless = options->lossless;
	(void)snprintf(trace->output, sizeof(trace->output), "%s",
		       options->output);
	if (output_prepare(trace->output, &made)) {
		if (record(trace)) {
			*ret = trace;
			return 0;
		}
		if (made)
			(void)rmdir(trace->output);
	}
	free(trace);
	return SAY_NOT_STARTED;
}

static int trace_environment(const struct trace *trace,
			     int (*set)(const char *name, const char *value,
					void *data),
			     void *data)
{
	const char *home = daemon_home(&trace->daemon);
	int r = 0;

	if (home)
		r = set("LTTNG_HOME", home, data);
	/* LTTng's own list of libraries: half of what a fork costs. */
	if (r == 0 && home)
		r = set("LTTNG_UST_WITHOUT_BADDR_STATEDUMP", "1", data);
	if (r == 0 && trace->lossless)
		r = set("LTTNG_UST_ALLOW_BLOCKING", "1", data);
	return r;
}

/*
 * LTTng gives a buffer up whose events it could not write, for good: nobody
 * would make room in it again.
 */
static bool trace_look(struct trace *trace)
{
	if (output_has_room(trace->output))
		return true;
	say("Tracing ends here, the program goes on: path=\"%s\", "
	    "error=\"No space left on device\"",
	    trace->output);
	if (daemon_enter(&trace->daemon))
		recording_end(&trace->recording);
	(void)daemon_leave(&trace->daemon);
	return false;
}

static int trace_close(struct trace *trace, uint64_t *ret_discarded)
{
	bool there = daemon_enter(&trace->daemon);
	bool complete =
		there && recording_stop(&trace->recording, ret_discarded);

	/* With a daemon of our own, the session ends. */
	if (there && !trace->daemon.pid)
		recording_destroy(&trace->recording);
	(void)daemon_leave(&trace->daemon);
	daemon_close(&trace->daemon);
	if (complete && !output_has_room(trace->output)) {
		say("The trace is incomplete: path=\"%s\", error=\"No space "
		    "left on device\"",
		    trace->output);
		complete = false;
	}
	free(trace);
	return complete ? SAY_OK : SAY_FAILED;
}

extern const struct belay_trace_module belay_trace_module;

__attribute__((visibility("default")))
const struct belay_trace_module belay_trace_module = {
	.abi = BELAY_TRACE_ABI,
	.size = sizeof(struct belay_trace_module),
	.open = trace_open,
	.environment = trace_environment,
	.look = trace_look,
	.close = trace_close,
};
