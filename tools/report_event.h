/* SPDX-License-Identifier: MIT */
/*
 * report_event.h - one event of Belay's provider, out of libbabeltrace2's hands
 *
 * Names, types and places of fields are looked up once for each event class;
 * an event then costs one borrowed field a member that is wanted.
 */
#ifndef BELAY_TOOLS_REPORT_EVENT_H
#define BELAY_TOOLS_REPORT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <babeltrace2/babeltrace.h>

#include <belay/call.h>

/* What `belay report` wants to know; the rest of the provider it skips. */
enum event_kind {
	EVENT_FOREIGN,    /* not of the provider "belay" */
	EVENT_OTHER,      /* Belay's, and of no interest here */
	EVENT_UNREADABLE, /* Belay's name, but not its fields */
	EVENT_BEGIN,
	EVENT_REFUSE,
	EVENT_CANCEL,
	EVENT_COMPLETE,
	EVENT_FINISH,
	EVENT_PROCESS,
	EVENT_OPERATION,
	EVENT_MODULE,
	EVENT_POLICY,
	EVENT_SERVER_ENTER,
	EVENT_SERVER_EXIT,
	EVENT_KINDS
};

/* An enumeration's value that this version of Belay has no name for. */
#define EVENT_STRANGE 255

/* struct event_text - lent until the next event; not terminated */
struct event_text {
	const char *at;
	size_t length;
};

struct event {
	enum event_kind kind;
	uint32_t scope; /* the trace it came from */
	int64_t time;   /* ns; INT64_MIN where there is no clock */
	uint64_t id;
	uint64_t pid;
	uint64_t site;
	uint64_t thread;
	uint64_t base;
	uint64_t start;
	uint64_t end;
	uint64_t start_time;
	uint64_t duration_ns;
	int64_t status;
	int64_t result;
	uint64_t reason; /* enumerations: index of the word */
	uint64_t by;
	uint64_t answer;
	uint64_t outcome;
	uint64_t status_kind;
	uint64_t seed;
	uint64_t rule;
	uint64_t args_count;
	uint64_t args[BELAY_ARGUMENTS_MAX];
	struct event_text operation; /* also the name in `operation` */
	struct event_text text;
	struct event_text path; /* also the name in `process` */
	struct event_text build_id;
	struct event_text arguments;
	struct event_text rules;
	struct event_text action;
};

struct event_classes;

/* event_classes_new() - an empty cache of event classes; NULL: no memory */
struct event_classes *event_classes_new(void);
struct event_classes *event_classes_free(struct event_classes *classes);

/*
 * event_decode() - reads the fields of a bt_event that its kind has
 *
 * Sets kind and those fields; scope and time are the caller's.
 * Return: the kind, which is also in *event.
 */
enum event_kind event_decode(struct event_classes *classes,
			     const bt_event *from, struct event *event);

/*
 * event_classes_fault() - what is wrong with an unreadable class's fields
 *
 * Return: "belay:begin has no unsigned integer id", or NULL where all is well.
 */
const char *event_classes_fault(const struct event_classes *classes);

/* event_may_hold_calls() - whether events of calls may be in such a stream */
bool event_may_hold_calls(const bt_stream_class *stream_class);

#endif
