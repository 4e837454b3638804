/* SPDX-License-Identifier: MIT */
/*
 * report_event.c - one event of Belay's provider, out of libbabeltrace2's hands
 */
#include "report_event.h"

#include <stdlib.h>
#include <string.h>

#include "report_class.h"

/* Open addressing by the class's address; classes live as long as the graph. */
struct event_classes {
	struct event_class **slots;
	size_t size;
	size_t used;
	char fault[160];
};

static size_t hash_of(const struct event_classes *classes,
		      const bt_event_class *class)
{
	return ((uintptr_t) class >> 4) * 0x9e3779b97f4a7c15U >>
	       (64 - __builtin_ctzl(classes->size));
}

struct event_classes *event_classes_new(void)
{
	struct event_classes *classes = calloc(1, sizeof(*classes));

	if (!classes)
		return NULL;
	classes->size = 64;
	classes->slots = calloc(classes->size, sizeof(*classes->slots));
	return classes->slots ? classes : event_classes_free(classes);
}

struct event_classes *event_classes_free(struct event_classes *classes)
{
	if (!classes)
		return NULL;
	for (size_t i = 0; classes->slots && i < classes->size; i++)
		free(classes->slots[i]);
	free(classes->slots);
	free(classes);
	return NULL;
}

const char *event_classes_fault(const struct event_classes *classes)
{
	return classes->fault[0] ? classes->fault : NULL;
}

static void insert(struct event_classes *classes, struct event_class *known)
{
	size_t i = hash_of(classes, known->class);

	while (classes->slots[i])
		i = (i + 1) & (classes->size - 1);
	classes->slots[i] = known;
}

static void grow(struct event_classes *classes)
{
	struct event_class **old = classes->slots;
	size_t size = classes->size;

	classes->slots = calloc(2 * size, sizeof(*classes->slots));
	if (!classes->slots)
		abort();
	classes->size = 2 * size;
	for (size_t i = 0; i < size; i++)
		if (old[i])
			insert(classes, old[i]);
	free(old);
}

static struct event_class *add_class(struct event_classes *classes,
				     const bt_event_class *class)
{
	struct event_class *known = calloc(1, sizeof(*known));

	if (!known)
		abort();
	if (4 * ++classes->used > 3 * classes->size)
		grow(classes);
	known->class = class;
	event_class_learn(known, classes->fault, sizeof(classes->fault));
	insert(classes, known);
	return known;
}

static struct event_class *find_class(struct event_classes *classes,
				      const bt_event_class *class)
{
	size_t i = hash_of(classes, class);

	while (classes->slots[i]) {
		if (classes->slots[i]->class == class)
			return classes->slots[i];
		i = (i + 1) & (classes->size - 1);
	}
	return add_class(classes, class);
}

static uint64_t number_in(const struct field *field, const bt_field *from)
{
	return field->is_signed
		       ? (uint64_t)bt_field_integer_signed_get_value(from)
		       : bt_field_integer_unsigned_get_value(from);
}

/*
 * A text whose length is 0 keeps what the field held before in libbabeltrace2
 * 2.0.4, so the length is asked where there is one.
 */
static struct event_text text_in(const struct field *field,
				 const bt_field *payload, const bt_field *from)
{
	const bt_field *length;

	if (field->length_index != UINT64_MAX) {
		length = bt_field_structure_borrow_member_field_by_index_const(
			payload, field->length_index);
		if (bt_field_integer_unsigned_get_value(length) == 0)
			return (struct event_text){"", 0};
	}
	return (struct event_text){bt_field_string_get_value(from),
				   bt_field_string_get_length(from)};
}

static void args_in(struct event *event, const bt_field *from)
{
	uint64_t count = bt_field_array_get_length(from);

	if (count > BELAY_ARGUMENTS_MAX)
		count = BELAY_ARGUMENTS_MAX;
	event->args_count = count;
	for (uint64_t i = 0; i < count; i++)
		event->args[i] = bt_field_integer_unsigned_get_value(
			bt_field_array_borrow_element_field_by_index_const(from,
									   i));
}

static void decode_field(const struct field *field, const bt_field *payload,
			 struct event *event)
{
	const bt_field *from =
		bt_field_structure_borrow_member_field_by_index_const(
			payload, field->index);
	void *to = (char *)event + field->offset;
	uint64_t value;

	switch (field->type) {
	case FIELD_UNSIGNED:
	case FIELD_SIGNED:
		*(uint64_t *)to = number_in(field, from);
		break;
	case FIELD_ENUM:
		value = number_in(field, from);
		*(uint64_t *)to =
			value < ENUM_MAX ? field->words[value] : EVENT_STRANGE;
		break;
	case FIELD_TEXT:
		*(struct event_text *)to = text_in(field, payload, from);
		break;
	case FIELD_ARGS:
		args_in(event, from);
		break;
	}
}

enum event_kind event_decode(struct event_classes *classes,
			     const bt_event *from, struct event *event)
{
	const struct event_class *known =
		find_class(classes, bt_event_borrow_class_const(from));
	const bt_field *payload;

	event->kind = known->kind;
	if (known->kind < EVENT_BEGIN)
		return known->kind;
	payload = bt_event_borrow_payload_field_const(from);
	for (uint32_t i = 0; i < known->fields_count; i++)
		decode_field(&known->fields[i], payload, event);
	return known->kind;
}
