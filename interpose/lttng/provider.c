/* SPDX-License-Identifier: MIT */
/*
 * provider.c - LTTng's provider `belay`, behind the table of provider.h
 *
 * The recorder loads this library, and with it LTTng and its two threads,
 * only when tracing is asked for. It is never unloaded (-z nodelete): LTTng's
 * threads and the recorder's pointer outlive any dlclose().
 *
 * An event that no session records costs one load and one branch. Everything
 * that an event needs beyond its struct is made after that test. The events
 * that every call has are packed: their fields lie in one buffer as the trace
 * will have them, in the order of tracepoints.h, which describes them.
 */
#define LTTNG_UST_TRACEPOINT_DEFINE
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#include "tracepoints.h"

#include <lttng/ust-fork.h>

#include "packed.h"

/*
 * An event larger than a sub-buffer is lost, and 4 KiB is LTTng's smallest:
 * long texts are cut.
 */
#define RULES_MAX 2048
#define FINDING_MAX 512
#define ARGUMENTS_TEXT_MAX 256
#define BUILD_ID_MAX 64
/* Longer names of operations are recorded, too, but not packed. */
#define OPERATION_MAX 128

static const char *cut(const char *text, char *buffer, size_t size)
{
	size_t length = text ? strnlen(text, size) : 0;

	if (!text || length < size)
		return text ? text : "";
	memcpy(buffer, text, size - 1);
	buffer[size - 1] = '\0';
	return buffer;
}

/* The probe that LTTng generated for an event, in this file. */
#define GENERATED(name) lttng_ust__event_probe__belay___##name
#define PACKED_EVENT(name)                                                     \
	{                                                                      \
		.tracepoint = &lttng_ust_tracepoint_belay___##name,            \
		.generated = (void (*)(void))GENERATED(name),                  \
		.call = call_##name,                                           \
	}

/* The fields of `begin` between its two texts, without the arguments. */
struct begin_middle {
	uint64_t key;
	uint64_t site;
	uint32_t thread;
	uint8_t args_length;
} __attribute__((packed));

#define BEGIN_MAX                                                              \
	(sizeof(uint64_t) + OPERATION_MAX + sizeof(struct begin_middle) +      \
	 BELAY_ARGUMENTS_MAX * sizeof(uint64_t) + BELAY_TEXT_MAX + 1)

static char *put(char *to, const void *from, size_t size)
{
	memcpy(to, from, size);
	return to + size;
}

/*
 * libc copies: for a size with a bound the compiler's own way are string
 * instructions, which are slow to start.
 */
static void copy(char *to, const char *from, size_t size)
{
	__asm__("" : "+r"(size));
	memcpy(to, from, size);
}

/* The program may change its text meanwhile: the copy says where it ends. */
static char *put_text(char *to, const struct belay_event_begin *event)
{
	uint32_t length = event->text_length < BELAY_TEXT_MAX
				  ? event->text_length
				  : BELAY_TEXT_MAX;

	to[length] = '\0';
	if (length == 0)
		return to + 1;
	copy(to, event->text, length);
	return to + strlen(to) + 1;
}

/* Returns how many bytes it made, 0 where there are more than it takes. */
static size_t pack_begin(const struct belay_event_begin *event, char *fields)
{
	const struct begin_middle middle = {
		.key = event->key,
		.site = event->site,
		.thread = event->thread,
		.args_length = (uint8_t)event->args_count,
	};
	const char *operation = event->operation ? event->operation : "";
	size_t length = strnlen(operation, OPERATION_MAX);
	char *to = fields;

	if (length == OPERATION_MAX || event->args_count > BELAY_ARGUMENTS_MAX)
		return 0;
	to = put(to, &event->id, sizeof(event->id));
	copy(to, operation, length + 1);
	to = put(to + length + 1, &middle, sizeof(middle));
	for (uint32_t i = 0; i < event->args_count; i++)
		to = put(to, &event->args[i], sizeof(event->args[i]));
	return (size_t)(put_text(to, event) - fields);
}

static void call_begin(const struct lttng_ust_tracepoint_probe *probe,
		       const void *of)
{
	const struct belay_event_begin *event = of;
	char text[BELAY_TEXT_MAX + 1];

	(void)put_text(text, event);
	((__typeof__(&GENERATED(begin)))probe->func)(probe->data, event, text);
}

static void emit_begin(const struct belay_event_begin *event)
{
	static const struct packed_event packed = PACKED_EVENT(begin);
	char fields[BEGIN_MAX];

	if (lttng_ust_tracepoint_enabled(belay, begin))
		packed_record(&packed, event, fields,
			      pack_begin(event, fields));
}

static void emit_refuse(const struct belay_event_refuse *event)
{
	lttng_ust_tracepoint(belay, refuse, event);
}

static void emit_cancel(const struct belay_event_cancel *event)
{
	lttng_ust_tracepoint(belay, cancel, event);
}

/* The fields of `complete`, and of `finish` all but its last. */
struct complete_fields {
	uint64_t id;
	uint8_t outcome;
	int32_t status;
	int64_t result;
	uint64_t duration_ns;
} __attribute__((packed));

static void call_complete(const struct lttng_ust_tracepoint_probe *probe,
			  const void *event)
{
	((__typeof__(&GENERATED(complete)))probe->func)(probe->data, event);
}

static void emit_complete(const struct belay_event_complete *event)
{
	static const struct packed_event packed = PACKED_EVENT(complete);

	if (lttng_ust_tracepoint_enabled(belay, complete)) {
		const struct complete_fields fields = {
			.id = event->id,
			.outcome = (uint8_t)event->ending,
			.status = event->status,
			.result = event->result,
			.duration_ns = event->duration_ns,
		};

		packed_record(&packed, event, &fields, sizeof(fields));
	}
}

struct finish_fields {
	struct complete_fields complete;
	uint64_t lag_ns;
} __attribute__((packed));

static void call_finish(const struct lttng_ust_tracepoint_probe *probe,
			const void *event)
{
	((__typeof__(&GENERATED(finish)))probe->func)(probe->data, event);
}

static void emit_finish(const struct belay_event_finish *event)
{
	static const struct packed_event packed = PACKED_EVENT(finish);

	if (lttng_ust_tracepoint_enabled(belay, finish)) {
		const struct finish_fields fields = {
			.complete.id = event->id,
			.complete.outcome = (uint8_t)event->ending,
			.complete.status = event->status,
			.complete.result = event->result,
			.complete.duration_ns = event->duration_ns,
			.lag_ns = event->lag_ns,
		};

		packed_record(&packed, event, &fields, sizeof(fields));
	}
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
