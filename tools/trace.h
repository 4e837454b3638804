/* SPDX-License-Identifier: MIT */
/*
 * trace.h - the module that records a run with LTTng
 *
 * `belay trace` opens trace.so, so that no other command pays for
 * liblttng-ctl. The module exports one constant, `belay_trace_module`: its
 * abi and size are read before any of its code runs.
 *
 * The order: open, environment, start the program, look while it runs,
 * close. All of
 * it on one thread. What goes wrong is said on stderr, in one line, by the
 * module itself.
 */
#ifndef BELAY_TOOLS_TRACE_H
#define BELAY_TOOLS_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#define BELAY_TRACE_ABI 2

/* The name of the exported constant, for dlsym(). */
#define BELAY_TRACE_MODULE "belay_trace_module"

/*
 * struct trace_options - what to record, and where
 *
 * output:   the folder that becomes the trace, absolute; made when missing,
 *           refused when it is not empty
 * lossless: the program waits for room in the buffers instead of losing
 *           events
 */
struct trace_options {
	const char *output;
	bool lossless;
};

struct trace;

struct belay_trace_module {
	uint32_t abi;
	uint32_t size;

	/*
	 * open() - finds a session daemon, or starts one, and records
	 *
	 * Uses the session daemon that this user can reach. Without one,
	 * starts one of our own, which nobody else sees.
	 *
	 * Return: 0; or the exit status to end with, and it has been said why.
	 */
	int (*open)(const struct trace_options *options, struct trace **ret);

	/*
	 * environment() - the variables that the traced program needs
	 *
	 * set: called for each variable; other than 0 stops, and is returned
	 */
	int (*environment)(const struct trace *trace,
			   int (*set)(const char *name, const char *value,
				      void *data),
			   void *data);

	/*
	 * look() - whether recording can go on; to be called while a program
	 * may wait for room in the buffers
	 *
	 * Return: false: it cannot, it has been said why, and recording has
	 *         ended: nothing holds the program up any more.
	 */
	bool (*look)(struct trace *trace);

	/*
	 * close() - stops recording, waits until all of it is written, and
	 * stops the session daemon if it was ours; frees the trace
	 *
	 * ret_discarded: events that were lost for want of room; written even
	 *                if the rest fails, then with what was known
	 * Return: 0; or an exit status, and it has been said why.
	 */
	int (*close)(struct trace *trace, uint64_t *ret_discarded);
};

#endif
