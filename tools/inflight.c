/* SPDX-License-Identifier: MIT */
/*
 * inflight.c - calls in flight, as lines of `belay ps`
 *
 * Their texts come from the programs' files, so all of them are made safe for
 * a terminal.
 */
#include "inflight.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

struct inflight_call {
	uint32_t pid;
	bool live;
	bool served; /* the server's side; id is the client's call */
	enum belay_state state;
	uint64_t id;
	uint64_t caller; /* of a served one */
	uint64_t age_ns;
	char program[32];
	char operation[BELAY_FULL_NAME_MAX];
	char arguments[256];
	char place[256];
	char deadline[TEXT_NUMBER + 8]; /* what is left; "" without one */
	char rules[48];                 /* those that acted, and "held" */
	char server[64];                /* who serves it; "" if nobody */
};

struct cursor {
	char *text;
	size_t size;
};

static void append(struct cursor *cursor, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(struct cursor *cursor, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(cursor->text, cursor->size, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= cursor->size)
		n = cursor->size ? (int)cursor->size - 1 : 0;
	cursor->text += n;
	cursor->size -= (size_t)n;
}

/* The file behind a descriptor, while there is a process to ask. */
static void append_file(struct cursor *cursor, const struct table *table,
			int fd)
{
	char link[64], target[256], safe[256];
	ssize_t n;

	if (!table->live)
		return;
	(void)snprintf(link, sizeof(link), "/proc/%" PRIu32 "/fd/%d",
		       table->head.pid, fd);
	n = readlink(link, target, sizeof(target));
	if (n > 0)
		append(cursor, "<%s>",
		       text_safe(target, (size_t)n, safe, sizeof(safe)));
}

static void append_argument(struct cursor *cursor, const struct table *table,
			    const struct belay_table_argument *argument,
			    uint64_t value)
{
	char name[12];

	append(cursor, "%s=",
	       text_safe(argument->name, sizeof(argument->name), name,
			 sizeof(name)));
	switch (argument->type) {
	case BELAY_ARGUMENT_FD:
		append(cursor, "%d", (int)value);
		append_file(cursor, table, (int)value);
		break;
	case BELAY_ARGUMENT_INT:
	case BELAY_ARGUMENT_OFFSET:
		append(cursor, "%" PRId64, (int64_t)value);
		break;
	case BELAY_ARGUMENT_POINTER:
		append(cursor, "0x%" PRIx64, value);
		break;
	default:
		append(cursor, "%" PRIu64, value);
	}
}

/* A call's text is in its events only; the table holds four numbers. */
static void put_arguments(struct inflight_call *call, const struct table *table,
			  const struct belay_table_operation *operation,
			  const struct belay_slot *slot)
{
	struct cursor cursor = {call->arguments, sizeof(call->arguments)};

	*call->arguments = '\0';
	for (size_t i = 0; operation && i < BELAY_ARGUMENTS_MAX; i++) {
		const struct belay_table_argument *a = &operation->arguments[i];

		if (a->type == BELAY_ARGUMENT_NONE)
			break;
		if (a->type == BELAY_ARGUMENT_TEXT)
			continue;
		if (cursor.text != call->arguments)
			append(&cursor, " ");
		append_argument(&cursor, table, a, slot->args[i]);
	}
}

/*
 * Another user's table names another user's files: they are not opened, what
 * is in them could be made to harm the reader.
 */
static void
put_place(struct inflight_call *call, struct table *table, uint64_t site,
	  void (*describe)(const struct place *place, char *text, size_t size))
{
	struct place place;
	char base[BELAY_PATH_MAX];

	table_place(table, site, &place);
	if (!table->foreign || !place.path[0]) {
		describe(&place, call->place, sizeof(call->place));
		return;
	}
	(void)snprintf(call->place, sizeof(call->place), "%s+0x%" PRIx64,
		       text_safe(text_base(place.path), sizeof(place.path),
				 base, sizeof(base)),
		       place.address);
}

static void put_deadline(struct inflight_call *call, uint64_t deadline_ns)
{
	char left[TEXT_NUMBER];

	*call->deadline = '\0';
	if (!deadline_ns || !call->live)
		return;
	if (deadline_ns > call->age_ns)
		(void)snprintf(call->deadline, sizeof(call->deadline), "in %s",
			       text_duration(deadline_ns - call->age_ns, left));
	else
		strcpy(call->deadline, "over");
}

static void put_rules(struct inflight_call *call, const struct table *table,
		      const struct belay_slot *slot)
{
	struct cursor cursor = {call->rules, sizeof(call->rules)};
	struct belay_acted acted;

	*call->rules = '\0';
	if (!table_acted(table, slot, &acted))
		return;
	for (size_t i = 0; i < acted.count; i++)
		append(&cursor, "%s%u", i ? "," : "", acted.rules[i] + 1U);
	if (acted.held)
		append(&cursor, " held");
}

/* What stands in a line of its own where the client's is not shown. */
static void put_caller(struct inflight_call *call,
		       const struct belay_slot *slot)
{
	call->served = true;
	call->caller = slot->owner;
	(void)snprintf(call->arguments, sizeof(call->arguments),
		       "for process %" PRIu64, slot->owner);
	(void)snprintf(call->server, sizeof(call->server), "thread %" PRIu32,
		       slot->call.thread);
}

static bool add_call(struct table *table, const struct belay_slot *slot,
		     void *data)
{
	struct inflight *inflight = data;
	const struct belay_table_operation *operation;
	struct inflight_call *call;
	char name[BELAY_FULL_NAME_MAX];

	if (inflight->count == inflight->room) {
		inflight->room = inflight->room ? 2 * inflight->room : 64;
		inflight->calls = realloc(inflight->calls,
					  inflight->room * sizeof(*call));
		if (!inflight->calls)
			abort();
	}
	call = &inflight->calls[inflight->count++];
	*call = (struct inflight_call){.id = slot->call.id};
	operation = table_operation(
		table, slot->call.number & ~(unsigned int)BELAY_SLOT_SERVED);
	call->pid = table->head.pid;
	call->live = table->live;
	call->state = belay_word_state(slot->call.word);
	call->age_ns = table_age_ns(table, slot->call.begun);
	(void)text_safe(text_base(table->head.executable),
			sizeof(table->head.executable), call->program,
			sizeof(call->program));
	(void)text_safe(table_operation_name(operation, name), sizeof(name),
			call->operation, sizeof(call->operation));
	if (slot->call.number & BELAY_SLOT_SERVED) {
		put_caller(call, slot);
		put_place(call, table, slot->site, place_describe_method);
		return true;
	}
	put_place(call, table, slot->site, place_describe);
	put_arguments(call, table, operation, slot);
	put_deadline(call, slot->deadline);
	put_rules(call, table, slot);
	return true;
}

void inflight_add(struct inflight *inflight, struct table *table)
{
	table_each(table, add_call, inflight);
}

/* --- Client and server ---------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct inflight_call *left = a, *right = b;

	if (left->id != right->id)
		return left->id < right->id ? -1 : 1;
	/* A client is before its server. */
	if (left->served != right->served)
		return left->served ? 1 : -1;
	return (left->pid > right->pid) - (left->pid < right->pid);
}

static void put_server(struct inflight_call *call,
		       const struct inflight_call *server)
{
	struct cursor cursor = {call->server, sizeof(call->server)};
	char age[TEXT_NUMBER];

	if (server->pid != call->pid)
		append(&cursor, "process %" PRIu32 " ", server->pid);
	append(&cursor, "%s, %s", server->server,
	       text_duration(server->age_ns, age));
}

/*
 * A call whose client is shown, too, is one line: the client's, which tells who
 * serves it. An id is used twice only in two boots: then callers differ.
 */
static void join(struct inflight *inflight)
{
	size_t kept = 0;

	qsort(inflight->calls, inflight->count, sizeof(*inflight->calls),
	      by_id);
	for (size_t i = 0; i < inflight->count; i++) {
		struct inflight_call *call = &inflight->calls[i];
		struct inflight_call *before =
			kept ? &inflight->calls[kept - 1] : NULL;

		if (call->served && before && before->id == call->id &&
		    !before->served && before->pid == call->caller) {
			put_server(before, call);
			continue;
		}
		inflight->calls[kept++] = *call;
	}
	inflight->count = kept;
}

/* --- The lines ------------------------------------------------------------ */

static int by_process_and_age(const void *a, const void *b)
{
	const struct inflight_call *left = a, *right = b;

	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	return (left->age_ns < right->age_ns) - (left->age_ns > right->age_ns);
}

static void widen(int *width, const char *text)
{
	if ((int)strlen(text) > *width)
		*width = (int)strlen(text);
}

static char *program_text(const struct inflight_call *call, char text[48])
{
	(void)snprintf(text, 48, "%s%s", call->program,
		       call->live ? "" : " (dead)");
	return text;
}

/* The columns' widths; 0: a column that no call needs. */
struct widths {
	int program;
	int operation;
	int deadline;
	int rules;
	int server;
	int arguments;
};

static struct widths measure(const struct inflight *inflight)
{
	struct widths widths = {.program = 7, .operation = 9, .arguments = 9};
	char name[48];

	for (size_t i = 0; i < inflight->count; i++) {
		const struct inflight_call *call = &inflight->calls[i];

		widen(&widths.program, program_text(call, name));
		widen(&widths.operation, call->operation);
		widen(&widths.deadline, call->deadline);
		widen(&widths.rules, call->rules);
		widen(&widths.server, call->server);
		widen(&widths.arguments, call->arguments);
	}
	if (widths.deadline)
		widen(&widths.deadline, "DEADLINE");
	if (widths.rules)
		widen(&widths.rules, "RULES");
	if (widths.server)
		widen(&widths.server, "SERVED BY");
	return widths;
}

static void print_optional(const char *text, int width, FILE *to)
{
	if (width)
		fprintf(to, "%-*s  ", width, text);
}

void inflight_print(struct inflight *inflight, FILE *to)
{
	char name[48], age[TEXT_NUMBER];
	struct widths widths;

	if (!inflight->count)
		return;
	join(inflight);
	widths = measure(inflight);
	qsort(inflight->calls, inflight->count, sizeof(*inflight->calls),
	      by_process_and_age);
	fprintf(to, "%7s  %-*s  %-*s  %-10s  %9s  ", "PID", widths.program,
		"PROGRAM", widths.operation, "OPERATION", "STATE", "AGE");
	print_optional("DEADLINE", widths.deadline, to);
	print_optional("RULES", widths.rules, to);
	print_optional("SERVED BY", widths.server, to);
	fprintf(to, "%-*s  %s\n", widths.arguments, "ARGUMENTS", "BEGUN AT");
	for (size_t i = 0; i < inflight->count; i++) {
		const struct inflight_call *call = &inflight->calls[i];

		fprintf(to, "%7" PRIu32 "  %-*s  %-*s  %-10s  %9s  ", call->pid,
			widths.program, program_text(call, name),
			widths.operation, call->operation,
			call->served ? "SERVED" : belay_state_name(call->state),
			text_duration(call->age_ns, age));
		print_optional(call->deadline, widths.deadline, to);
		print_optional(call->rules, widths.rules, to);
		print_optional(call->server, widths.server, to);
		fprintf(to, "%-*s  %s\n", widths.arguments, call->arguments,
			call->place);
	}
}

void inflight_deinit(struct inflight *inflight)
{
	free(inflight->calls);
	*inflight = (struct inflight){0};
}
