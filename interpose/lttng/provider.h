/* SPDX-License-Identifier: MIT */
/*
 * provider.h - the table of functions that a tracepoint provider offers
 *
 * libbelay-lttng.so exports one constant of it, `belay_provider`. The
 * recorder holds a pointer to it, NULL without tracing; nothing else of the
 * interposer knows LTTng. Every function takes one struct, lent for the call.
 * All but the fork functions may be called on any thread, at once.
 */
#ifndef BELAY_PROVIDER_H
#define BELAY_PROVIDER_H

#include <signal.h>

#include <belay/call.h>

#define BELAY_PROVIDER_ABI 1

struct belay_event_begin {
	uint64_t id;
	const char *operation; /* "aio.read" */
	uint64_t key;
	uint64_t site;
	uint32_t thread;
	uint32_t args_count;
	const uint64_t *args;
	const char *text;     /* not terminated */
	uint32_t text_length; /* at most BELAY_TEXT_MAX */
};

/* Why a Begin was turned down. */
#define BELAY_REFUSALS(X)                                                      \
	X(API, "api")                                                          \
	X(PENDING, "pending")                                                  \
	X(POLICY, "policy")

enum belay_refusal {
#define BELAY_REFUSAL_VALUE(name, word) BELAY_REFUSED_BY_##name,
	BELAY_REFUSALS(BELAY_REFUSAL_VALUE)
#undef BELAY_REFUSAL_VALUE
};

struct belay_event_refuse {
	uint64_t id; /* of the refused or the pending call */
	const char *operation;
	enum belay_refusal reason;
	int32_t status;
};

struct belay_event_cancel {
	uint64_t id;
	uint64_t turn;
	enum belay_party by;
	enum belay_answer answer;
	int32_t status;
};

struct belay_event_complete {
	uint64_t id;
	enum belay_ending ending;
	int32_t status;
	int64_t result;
	uint64_t duration_ns; /* since begin */
};

struct belay_event_finish {
	uint64_t id;
	enum belay_ending ending;
	int32_t status;
	int64_t result;
	uint64_t duration_ns; /* since begin */
	uint64_t lag_ns;      /* since complete; 0 if that was not seen */
};

struct belay_event_policy {
	uint64_t id;
	const char *policy;
	uint32_t rule; /* its number, from 1 */
	const char *action;
	uint64_t value;
};

struct belay_event_violation {
	uint64_t id;
	const char *check;
	const char *operation;
	uint64_t site;
	const char *text;
};

struct belay_event_server_enter {
	uint64_t caller;
	uint64_t id;
	const char *operation;
	uint64_t site;
	uint32_t thread;
	uint32_t pid; /* that serves it */
};

struct belay_event_server_exit {
	uint64_t caller;
	uint64_t id;
	int32_t status;
	uint64_t duration_ns;
	uint32_t pid;
};

struct belay_event_process {
	const char *name; /* path of the executable */
	uint32_t pid;
	uint64_t start_time; /* field 22 of /proc/PID/stat */
	uint64_t seed;
	const char *rules;
};

struct belay_event_operation {
	uint32_t pid;
	uint32_t number;
	const char *name; /* "aio.read" */
	const struct belay_operation *operation;
};

struct belay_event_module {
	uint32_t pid;
	uint64_t base;
	uint64_t start;
	uint64_t end;
	const char *path;
	const uint8_t *build_id;
	uint32_t build_id_size;
};

struct belay_provider {
	uint32_t abi;
	uint32_t size;
	void (*begin)(const struct belay_event_begin *event);
	void (*refuse)(const struct belay_event_refuse *event);
	void (*cancel)(const struct belay_event_cancel *event);
	void (*complete)(const struct belay_event_complete *event);
	void (*finish)(const struct belay_event_finish *event);
	void (*policy)(const struct belay_event_policy *event);
	void (*violation)(const struct belay_event_violation *event);
	void (*server_enter)(const struct belay_event_server_enter *event);
	void (*server_exit)(const struct belay_event_server_exit *event);
	void (*process)(const struct belay_event_process *event);
	void (*operation)(const struct belay_event_operation *event);
	void (*module)(const struct belay_event_module *event);
	/* Around fork(), on the thread that forks. */
	void (*before_fork)(sigset_t *ret_signals);
	void (*after_fork_parent)(sigset_t *signals);
	void (*after_fork_child)(sigset_t *signals);
	/*
	 * Closes a descriptor with `next`, unless it is the tracer's own: then
	 * -1, errno EBADF.
	 */
	int (*close)(int fd, int (*next)(int fd));
};

#endif
