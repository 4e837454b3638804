/* SPDX-License-Identifier: MIT */
/*
 * provider.c - LTTng's provider `belay`, behind the table of provider.h
 *
 * The recorder loads this library, and with it LTTng and its two threads,
 * only when tracing is asked for. It is never unloaded (-z nodelete): LTTng's
 * threads and the recorder's pointer outlive any dlclose().
 *
 * An event that no session records costs one load and one branch. Everything
 * that an event needs beyond its struct is made after that test.
 */
#define LTTNG_UST_TRACEPOINT_DEFINE
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#include "tracepoints.h"

#include <lttng/ust-fork.h>

/*
 * An event larger than a sub-buffer is lost, and 4 KiB is LTTng's smallest:
 * long texts are cut.
 */
#define RULES_MAX 2048
#define FINDING_MAX 512
#define ARGUMENTS_TEXT_MAX 256
#define BUILD_ID_MAX 64

static const char *cut(const char *text, char *buffer, size_t size)
{
	size_t length = text ? strnlen(text, size) : 0;

	if (!text || length < size)
		return text ? text : "";
	memcpy(buffer, text, size - 1);
	buffer[size - 1] = '\0';
	return buffer;
}

static void emit_begin(const struct belay_event_begin *event)
{
	char text[BELAY_TEXT_MAX + 1];
	uint32_t length = event->text_length;

	if (!lttng_ust_tracepoint_enabled(belay, begin))
		return;
	if (length > BELAY_TEXT_MAX)
		length = BELAY_TEXT_MAX;
	if (length)
		memcpy(text, event->text, length);
	text[length] = '\0';
	lttng_ust_do_tracepoint(belay, begin, event, text);
}

static void emit_refuse(const struct belay_event_refuse *event)
{
	lttng_ust_tracepoint(belay, refuse, event);
}

static void emit_cancel(const struct belay_event_cancel *event)
{
	lttng_ust_tracepoint(belay, cancel, event);
}

static void emit_complete(const struct belay_event_complete *event)
{
	lttng_ust_tracepoint(belay, complete, event);
}

static void emit_finish(const struct belay_event_finish *event)
{
	lttng_ust_tracepoint(belay, finish, event);
}

static void emit_policy(const struct belay_event_policy *event)
{
	lttng_ust_tracepoint(belay, policy, event);
}

static void emit_violation(const struct belay_event_violation *event)
{
	char text[FINDING_MAX];

	lttng_ust_tracepoint(belay, violation, event,
			     cut(event->text, text, sizeof(text)));
}

static void emit_server_enter(const struct belay_event_server_enter *event)
{
	lttng_ust_tracepoint(belay, server_enter, event);
}

static void emit_server_exit(const struct belay_event_server_exit *event)
{
	lttng_ust_tracepoint(belay, server_exit, event);
}

static void emit_process(const struct belay_event_process *event)
{
	char rules[RULES_MAX];

	lttng_ust_tracepoint(belay, process, event,
			     cut(event->rules, rules, sizeof(rules)));
}

static const char *type_name(enum belay_argument_type type)
{
	switch (type) {
#define TYPE_CASE(name, word, sentence)                                        \
	case BELAY_ARGUMENT_##name:                                            \
		return word;
		BELAY_ARGUMENT_TYPES(TYPE_CASE)
#undef TYPE_CASE
	}
	return "?";
}

/* "fd:fd size:size offset:offset" */
static void arguments_text(const struct belay_operation *operation, char *text,
			   size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < BELAY_ARGUMENTS_MAX; i++) {
		const struct belay_argument *argument =
			&operation->arguments[i];
		int n;

		if (!argument->name)
			break;
		n = snprintf(text + used, size - used, "%s%s:%s", i ? " " : "",
			     argument->name, type_name(argument->type));
		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
	}
	/* Rather one argument less than half a name. */
	text[used] = '\0';
}

static void emit_operation(const struct belay_event_operation *event)
{
	char arguments[ARGUMENTS_TEXT_MAX];

	if (!lttng_ust_tracepoint_enabled(belay, operation))
		return;
	arguments_text(event->operation, arguments, sizeof(arguments));
	lttng_ust_do_tracepoint(belay, operation, event, arguments);
}

static void emit_module(const struct belay_event_module *event)
{
	static const char digits[] = "0123456789abcdef";
	char build_id[2 * BUILD_ID_MAX + 1];
	size_t n = 0;

	if (!lttng_ust_tracepoint_enabled(belay, module))
		return;
	for (uint32_t i = 0; i < event->build_id_size && i < BUILD_ID_MAX;
	     i++) {
		build_id[n++] = digits[event->build_id[i] >> 4];
		build_id[n++] = digits[event->build_id[i] & 15];
	}
	build_id[n] = '\0';
	lttng_ust_do_tracepoint(belay, module, event, build_id);
}

/*
 * Part of LTTng's binary interface, made for its own preload liblttng-ust-fd,
 * but in no public header.
 */
extern int lttng_ust_safe_close_fd(int fd, int (*next)(int fd));

extern const struct belay_provider belay_provider;

__attribute__((visibility("default")))
const struct belay_provider belay_provider = {
	.abi = BELAY_PROVIDER_ABI,
	.size = sizeof(struct belay_provider),
	.begin = emit_begin,
	.refuse = emit_refuse,
	.cancel = emit_cancel,
	.complete = emit_complete,
	.finish = emit_finish,
	.policy = emit_policy,
	.violation = emit_violation,
	.server_enter = emit_server_enter,
	.server_exit = emit_server_exit,
	.process = emit_process,
	.operation = emit_operation,
	.module = emit_module,
	.before_fork = lttng_ust_before_fork,
	.after_fork_parent = lttng_ust_after_fork_parent,
	.after_fork_child = lttng_ust_after_fork_child,
	.close = lttng_ust_safe_close_fd,
};
