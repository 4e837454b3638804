/* SPDX-License-Identifier: MIT */
/*
 * report_class.c - where an event class of Belay's has the fields we want
 *
 * Enumerations are read by their words, as the metadata gives them: a later
 * version may number them otherwise. What it adds is skipped.
 */
#include "report_class.h"

#include <stdio.h>
#include <string.h>

#define PREFIX "belay:"

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
			    {"start_time", FIELD_UNSIGNED, AT(start_time)},
			    {"seed", FIELD_UNSIGNED, AT(seed)},
			    {"rules", FIELD_TEXT, AT(rules)}}},
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
	[EVENT_POLICY] = {"policy",
			  {{"id", FIELD_UNSIGNED, AT(id)},
			   {"rule", FIELD_UNSIGNED, AT(rule)},
			   {"action", FIELD_TEXT, AT(action)}}},
	[EVENT_SERVER_ENTER] = {"server_enter",
				{{"id", FIELD_UNSIGNED, AT(id)},
				 {"operation", FIELD_TEXT, AT(operation)},
				 {"site", FIELD_UNSIGNED, AT(site)},
				 {"thread", FIELD_UNSIGNED, AT(thread)},
				 {"pid", FIELD_UNSIGNED, AT(pid)}}},
	[EVENT_SERVER_EXIT] = {"server_exit",
			       {{"id", FIELD_UNSIGNED, AT(id)},
				{"status", FIELD_SIGNED, AT(status)},
				{"duration_ns", FIELD_UNSIGNED,
				 AT(duration_ns)}}},
};

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

void event_class_learn(struct event_class *known, char *fault, size_t size)
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
		(void)snprintf(fault, size,
			       PREFIX
			       "%s has no field %s of the type it should be",
			       specs[known->kind].name, spec->name);
		known->kind = EVENT_UNREADABLE;
		return;
	}
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
