/* SPDX-License-Identifier: MIT */
/*
 * report_event.c - one event of Belay's provider, out of libbabeltrace2's hands
 *
 * Enumerations are read by their words, as the metadata gives them: a later
 * version may number them otherwise. What it adds is skipped.
 */
#include "report_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 7
#define ENUM_MAX 32
#define PREFIX "belay:"

enum field_type {
	FIELD_UNSIGNED,
	FIELD_SIGNED,
	FIELD_TEXT,
	FIELD_ARGS,
	FIELD_ENUM,
};

/* struct field_spec - a field that is wanted; words: of an enumeration */
struct field_spec {
	const char *name;
	enum field_type type;
	size_t offset;
	const char *const *words;
};

struct kind_spec {
	const char *name;
	struct field_spec fields[FIELDS_MAX + 1];
};

#define WORD2(name, word) word,
#define WORD3(name, word, sentence) word,
static const char *const refusals[] = {"api", "pending", "policy", NULL};
static const char *const parties[] = {BELAY_PARTIES(WORD2) NULL};
static const char *const answers[] = {BELAY_ANSWERS(WORD3) NULL};
static const char *const endings[] = {BELAY_ENDINGS(WORD3) NULL};
static const char *const status_kinds[] = {BELAY_STATUS_KINDS(WORD3) NULL};
#undef WORD2
#undef WORD3

#define AT(member) offsetof(struct event, member)

static const struct kind_spec specs[EVENT_KINDS] = {
	[EVENT_BEGIN] = {"begin",
			 {{"id", FIELD_UNSIGNED, AT(id)},
			  {"operation", FIELD_TEXT, AT(operation)},
			  {"site", FIELD_UNSIGNED, AT(site)},
			  {"args", FIELD_ARGS, AT(args)},
			  {"text", FIELD_TEXT, AT(text)}}},
	[EVENT_REFUSE] = {"refuse",
			  {{"id", FIELD_UNSIGNED, AT(id)},
			   {"operation", FIELD_TEXT, AT(operation)},
			   {"reason", FIELD_ENUM, AT(reason), refusals},
			   {"status", FIELD_SIGNED, AT(status)}}},
	[EVENT_CANCEL] = {"cancel",
			  {{"id", FIELD_UNSIGNED, AT(id)},
			   {"by", FIELD_ENUM, AT(by), parties},
			   {"answer", FIELD_ENUM, AT(answer), answers},
			   {"status", FIELD_SIGNED, AT(status)}}},
	[EVENT_COMPLETE] = {"complete", {{"id", FIELD_UNSIGNED, AT(id)}}},
	[EVENT_FINISH] = {"finish",
			  {{"id", FIELD_UNSIGNED, AT(id)},
			   {"outcome", FIELD_ENUM, AT(outcome), endings},
			   {"status", FIELD_SIGNED, AT(status)},
			   {"result", FIELD_SIGNED, AT(result)},
			   {"duration_ns", FIELD_UNSIGNED, AT(duration_ns)}}},
	[EVENT_PROCESS] = {"process",
			   {{"name", FIELD_TEXT, AT(path)},
			    {"pid", FIELD_UNSIGNED, AT(pid)},
			    {"start_time", FIELD_UNSIGNED, AT(start_time)}}},
	[EVENT_OPERATION] = {"operation",
			     {{"name", FIELD_TEXT, AT(operation)},
			      {"status_kind", FIELD_ENUM, AT(status_kind),
			       status_kinds},
			      {"arguments", FIELD_TEXT, AT(arguments)}}},
	[EVENT_MODULE] = {"module",
			  {{"pid", FIELD_UNSIGNED, AT(pid)},
			   {"base", FIELD_UNSIGNED, AT(base)},
			   {"start", FIELD_UNSIGNED, AT(start)},
			   {"end", FIELD_UNSIGNED, AT(end)},
			   {"path", FIELD_TEXT, AT(path)},
			   {"build_id", FIELD_TEXT, AT(build_id)}}},
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

/* The index of a member, or UINT64_MAX. */
static uint64_t member_index(const bt_field_class *structure, const char *name)
{
	uint64_t n = bt_field_class_structure_get_member_count(structure);

	for (uint64_t i = 0; i < n; i++)
		if (strcmp(bt_field_class_structure_member_get_name(
				   bt_field_class_structure_borrow_member_by_index_const(
					   structure, i)),
			   name) == 0)
			return i;
	return UINT64_MAX;
}

static const bt_field_class *member_class(const bt_field_class *structure,
					  uint64_t index)
{
	return bt_field_class_structure_member_borrow_field_class_const(
		bt_field_class_structure_borrow_member_by_index_const(structure,
								      index));
}

static void map_unsigned(struct field *field, const bt_field_class *class,
			 const char *word, uint8_t number)
{
	const bt_field_class_enumeration_unsigned_mapping *mapping =
		bt_field_class_enumeration_unsigned_borrow_mapping_by_label_const(
			class, word);
	uint64_t value;

	if (!mapping)
		return;
	value = bt_integer_range_unsigned_get_lower(
		bt_integer_range_set_unsigned_borrow_range_by_index_const(
			bt_field_class_enumeration_unsigned_mapping_borrow_ranges_const(
				mapping),
			0));
	if (value < ENUM_MAX)
		field->words[value] = number;
}

static void map_signed(struct field *field, const bt_field_class *class,
		       const char *word, uint8_t number)
{
	const bt_field_class_enumeration_signed_mapping *mapping =
		bt_field_class_enumeration_signed_borrow_mapping_by_label_const(
			class, word);
	int64_t value;

	if (!mapping)
		return;
	value = bt_integer_range_signed_get_lower(
		bt_integer_range_set_signed_borrow_range_by_index_const(
			bt_field_class_enumeration_signed_mapping_borrow_ranges_const(
				mapping),
			0));
	if (value >= 0 && value < ENUM_MAX)
		field->words[value] = number;
}

static void map_words(struct field *field, const bt_field_class *class,
		      const char *const *words)
{
	memset(field->words, EVENT_STRANGE, sizeof(field->words));
	for (uint8_t i = 0; words[i]; i++)
		if (field->is_signed)
			map_signed(field, class, words[i], i);
		else
			map_unsigned(field, class, words[i], i);
}

static bool is_kind_of(bt_field_class_type type, bt_field_class_type parent)
{
	return (type & parent) == parent;
}

/* Whether the trace's type of a field is one that we can read. */
static bool fits(const struct field_spec *spec, const bt_field_class *class)
{
	bt_field_class_type type = bt_field_class_get_type(class);

	switch (spec->type) {
	case FIELD_UNSIGNED:
	case FIELD_SIGNED:
		return is_kind_of(type, BT_FIELD_CLASS_TYPE_INTEGER);
	case FIELD_ENUM:
		return is_kind_of(type, BT_FIELD_CLASS_TYPE_ENUMERATION);
	case FIELD_TEXT:
		return type == BT_FIELD_CLASS_TYPE_STRING;
	default:
		return is_kind_of(type, BT_FIELD_CLASS_TYPE_ARRAY) &&
		       is_kind_of(
			       bt_field_class_get_type(
				       bt_field_class_array_borrow_element_field_class_const(
					       class)),
			       BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER);
	}
}

static bool find_field(const struct field_spec *spec,
		       const bt_field_class *payload, struct field *field)
{
	const bt_field_class *class;
	char length[64];

	*field = (struct field){.type = spec->type, .offset = spec->offset};
	field->index = member_index(payload, spec->name);
	if (field->index == UINT64_MAX)
		return false;
	class = member_class(payload, field->index);
	if (!fits(spec, class))
		return false;
	field->is_signed = is_kind_of(bt_field_class_get_type(class),
				      BT_FIELD_CLASS_TYPE_SIGNED_INTEGER);
	(void)snprintf(length, sizeof(length), "_%s_length", spec->name);
	field->length_index = member_index(payload, length);
	if (field->length_index != UINT64_MAX &&
	    !is_kind_of(bt_field_class_get_type(
				member_class(payload, field->length_index)),
			BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER))
		field->length_index = UINT64_MAX;
	if (spec->type == FIELD_ENUM)
		map_words(field, class, spec->words);
	return true;
}

static enum event_kind kind_of(const char *name)
{
	if (!name || strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0)
		return EVENT_FOREIGN;
	for (enum event_kind kind = EVENT_BEGIN; kind < EVENT_KINDS; kind++)
		if (strcmp(name + sizeof(PREFIX) - 1, specs[kind].name) == 0)
			return kind;
	return EVENT_OTHER;
}

static void learn(struct event_classes *classes, struct event_class *known)
{
	const bt_field_class *payload =
		bt_event_class_borrow_payload_field_class_const(known->class);
	const struct field_spec *spec;

	known->kind = kind_of(bt_event_class_get_name(known->class));
	if (known->kind < EVENT_BEGIN)
		return;
	for (spec = specs[known->kind].fields; spec->name; spec++) {
		if (payload &&
		    find_field(spec, payload,
			       &known->fields[known->fields_count])) {
			known->fields_count++;
			continue;
		}
		(void)snprintf(classes->fault, sizeof(classes->fault),
			       PREFIX
			       "%s has no field %s of the type it should be",
			       specs[known->kind].name, spec->name);
		known->kind = EVENT_UNREADABLE;
		return;
	}
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
	learn(classes, known);
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

bool event_may_hold_calls(const bt_stream_class *stream_class)
{
	uint64_t n = bt_stream_class_get_event_class_count(stream_class);
	const bt_event_class *class;

	for (uint64_t i = 0; i < n; i++) {
		class = bt_stream_class_borrow_event_class_by_index_const(
			stream_class, i);
		if (kind_of(bt_event_class_get_name(class)) >= EVENT_BEGIN)
			return true;
	}
	return false;
}
