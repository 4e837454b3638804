/* SPDX-License-Identifier: MIT */
/*
 * format.c - format strings to types: pointers, interfaces, and which kind of
 * type it is
 */
#include "format.h"

#include <stdlib.h>
#include <string.h>

#include "ndr_codes.h"

struct belayi_stored {
	struct belayi_stored *next;
	uint64_t unused;
	unsigned char memory[];
};

const char belayi_no_memory[] = "out of memory";

void *belayi_store_take(struct belayi_store *store, size_t size)
{
	struct belayi_stored *stored = calloc(1, sizeof(*stored) + size);

	if (!stored)
		return NULL;
	stored->next = store->first;
	store->first = stored;
	return stored->memory;
}

void belayi_store_deinit(struct belayi_store *store)
{
	while (store->first) {
		struct belayi_stored *next = store->first->next;

		free(store->first);
		store->first = next;
	}
}

void *belayi_refuse(struct belayi_format *format, const char *why)
{
	if (!format->why)
		format->why = why;
	return NULL;
}

static bool refused(struct belayi_format *format, const char *why)
{
	(void)belayi_refuse(format, why);
	return false;
}

/* --- Pointers and interfaces --------------------------------------------- */

static bool is_string(unsigned int code)
{
	return code == FC_C_CSTRING || code == FC_C_WSTRING;
}

/*
 * A simple pointer is followed by a number or a string, another one by how
 * far its type is away.
 */
static bool pointer(struct belayi_format *format, int32_t at,
		    struct belayi_type *type, const struct belayi_owner *owner)
{
	const unsigned char *string = format->strings + at;
	const struct belayi_owner beyond = {owner->record, 0};

	if (string[0] == FC_FP)
		return refused(format, "full pointers ([ptr]) are not "
				       "supported: use [unique]");
	type->shape = BELAYI_POINTER;
	type->size = type->alignment = sizeof(void *);
	type->least = type->wire_alignment = 4;
	type->has_pointers = true;
	type->pointer.is_ref = string[0] == FC_RP;
	if (!(string[1] & FC_SIMPLE_POINTER))
		type->pointer.pointee = belayi_format_type(
			format, at + 2 + belayi_offset_at(string + 2), &beyond);
	else if (is_string(string[2]))
		type->pointer.pointee =
			belayi_format_type(format, at + 2, &beyond);
	else
		type->pointer.pointee = belayi_scalar_type(string[2]);
	return type->pointer.pointee ||
	       refused(format, "a pointer to an unknown type");
}

static bool interface_pointer(struct belayi_format *format, int32_t at,
			      struct belayi_type *type,
			      const struct belayi_owner *owner)
{
	const unsigned char *string = format->strings + at;

	type->shape = BELAYI_INTERFACE;
	type->size = type->alignment = sizeof(void *);
	type->least = type->wire_alignment = 4;
	type->has_pointers = true;
	type->has_interfaces = true;
	if (string[1] == FC_CONSTANT_IID) {
		memcpy(&type->interface_of.iid, string + 2, sizeof(IID));
		return true;
	}
	if (string[1] != FC_PAD)
		return refused(format, "an interface pointer without an IID");
	return belayi_format_count(format, at + 2, &type->interface_of.which,
				   owner, true);
}

/* --- Which kind it is ---------------------------------------------------- */

static bool unsupported(struct belayi_format *format, unsigned int code)
{
	switch (code) {
	case FC_TRANSMIT_AS:
	case FC_REPRESENT_AS:
		return refused(format, "[transmit_as] and [represent_as] are "
				       "not supported");
	case FC_BIND_CONTEXT:
		return refused(format, "context handles are not supported");
	case FC_USER_MARSHAL:
		return refused(format, "[wire_marshal] and [user_marshal] "
				       "types are not supported");
	case FC_PIPE:
		return refused(format, "pipes are not supported");
	case FC_RANGE:
		return refused(format, "[range] is not supported");
	default:
		return refused(format, "its type is not supported");
	}
}

static bool fill(struct belayi_format *format, int32_t at,
		 struct belayi_type *type, const struct belayi_owner *owner)
{
	unsigned int code = format->strings[at];

	switch (code) {
	case FC_RP:
	case FC_UP:
	case FC_OP:
	case FC_FP:
		return pointer(format, at, type, owner);
	case FC_STRUCT:
	case FC_PSTRUCT:
	case FC_CSTRUCT:
	case FC_CPSTRUCT:
	case FC_CVSTRUCT:
	case FC_BOGUS_STRUCT:
		return belayi_format_struct(format, at, type);
	case FC_CARRAY:
	case FC_CVARRAY:
	case FC_SMFARRAY:
	case FC_LGFARRAY:
	case FC_SMVARRAY:
	case FC_LGVARRAY:
	case FC_BOGUS_ARRAY:
		return belayi_format_array(format, at, type, owner);
	case FC_C_CSTRING:
	case FC_C_WSTRING:
	case FC_CSTRING:
	case FC_WSTRING:
		return belayi_format_string(format, at, type, owner);
	case FC_ENCAPSULATED_UNION:
	case FC_NON_ENCAPSULATED_UNION:
		return belayi_format_union(format, at, type, owner);
	case FC_IP:
		return interface_pointer(format, at, type, owner);
	default:
		return unsupported(format, code);
	}
}

static struct belayi_known *find(struct belayi_format *format, int32_t at,
				 const struct belayi_owner *owner)
{
	struct belayi_known *known = format->known;

	while (known &&
	       (known->at != at || known->owner.record != owner->record ||
		known->owner.shift != owner->shift))
		known = known->next;
	return known;
}

static struct belayi_known *make(struct belayi_format *format, int32_t at,
				 const struct belayi_owner *owner)
{
	struct belayi_known *known;

	if (at < 0)
		return belayi_refuse(format, "its format string is damaged");
	known = belayi_store_take(&format->scratch, sizeof(*known));
	if (!known)
		return belayi_refuse(format, belayi_no_memory);
	*known = (struct belayi_known){.next = format->known,
				       .at = at,
				       .owner = *owner,
				       .is_open = true};
	known->type = belayi_store_take(format->kept, sizeof(*known->type));
	if (!known->type)
		return belayi_refuse(format, belayi_no_memory);
	format->known = known;
	if (!fill(format, at, known->type, owner))
		return NULL;
	known->is_open = false;
	return known;
}

static struct belayi_known *known_type(struct belayi_format *format, int32_t at,
				       const struct belayi_owner *owner)
{
	/* A struct is the owner of what is in it, whoever owns the struct. */
	static const struct belayi_owner nobody = {NULL, 0};
	struct belayi_known *known;

	if (at >= 0 && format->strings[at] >= FC_STRUCT &&
	    format->strings[at] <= FC_BOGUS_STRUCT)
		owner = &nobody;
	known = find(format, at, owner);
	return known ? known : make(format, at, owner);
}

const struct belayi_type *belayi_format_type(struct belayi_format *format,
					     int32_t at,
					     const struct belayi_owner *owner)
{
	struct belayi_known *known = known_type(format, at, owner);

	return known ? known->type : NULL;
}

const struct belayi_type *
belayi_format_embedded(struct belayi_format *format, int32_t at,
		       const struct belayi_owner *owner)
{
	struct belayi_known *known = known_type(format, at, owner);

	if (known && known->is_open)
		return belayi_refuse(format, "a type contains itself");
	return known ? known->type : NULL;
}
