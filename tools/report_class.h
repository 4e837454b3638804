/* SPDX-License-Identifier: MIT */
/*
 * report_class.h - where an event class of Belay's has the fields we want
 */
#ifndef BELAY_TOOLS_REPORT_CLASS_H
#define BELAY_TOOLS_REPORT_CLASS_H

#include "report_event.h"

#define FIELDS_MAX 7
#define ENUM_MAX 32

enum field_type {
	FIELD_UNSIGNED,
	FIELD_SIGNED,
	FIELD_TEXT,
	FIELD_ARGS,
	FIELD_ENUM,
};

/* One wanted field, as this event class has it. */
struct field {
	enum field_type type;
	bool is_signed; /* the trace's integer */
	size_t offset;
	uint64_t index;
	uint64_t length_index;   /* of a text's length; UINT64_MAX: none */
	uint8_t words[ENUM_MAX]; /* value -> index of its word */
};

struct event_class {
	const bt_event_class *class;
	enum event_kind kind;
	uint32_t fields_count;
	struct field fields[FIELDS_MAX];
};

/*
 * event_class_learn() - finds out the kind and the fields of known->class
 *
 * fault: gets what is wrong if the fields are not those that they should be
 */
void event_class_learn(struct event_class *known, char *fault, size_t size);

#endif
