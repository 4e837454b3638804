/* SPDX-License-Identifier: MIT */
/*
 * ndr_release.c - gives back what values lead to
 *
 * What contradicts itself (a count that is negative, a tag without an arm) or
 * leads too deep is left alone: better a leak than a wild pointer.
 */
#include "ndr_release.h"

#include <stdlib.h>

#include "ndr.h"
#include "ndr_counts.h"
#include "ndr_put.h"
#include "ndr_scalars.h"

struct releaser {
	const unsigned char *image;
	uint32_t capacity; /* of what no pointer leads to */
	uint32_t depth;
};

static void release(struct releaser *releaser, const struct belayi_type *type,
		    unsigned char *memory, const unsigned char *base);

static void release_struct(struct releaser *releaser,
			   const struct belayi_type *type,
			   unsigned char *memory)
{
	/* What is computed may be behind a pointer before it. */
	if (type->record.tail)
		release(releaser, type->record.tail, memory + type->size,
			memory);
	for (uint32_t i = type->record.fields_count; i; i--)
		release(releaser, type->record.fields[i - 1].type,
			memory + type->record.fields[i - 1].offset, memory);
}

/* Return: false: nobody knows how many there are. */
static bool narrow(const struct releaser *releaser,
		   const struct belayi_count *count, const unsigned char *base,
		   int64_t *length)
{
	int64_t value;

	if (count->where == BELAYI_NOWHERE)
		return true;
	if (!belayi_count_value(count, releaser->image, base, &value))
		return false;
	if (value < *length)
		*length = value;
	return true;
}

/* A method may have raised the counts of memory that has not grown. */
static void release_array(struct releaser *releaser,
			  const struct belayi_type *type, unsigned char *memory,
			  const unsigned char *base)
{
	int64_t length = type->array.count;

	if (type->array.size.where != BELAYI_NOWHERE)
		length = releaser->depth ? INT64_MAX : releaser->capacity;
	if (!narrow(releaser, &type->array.size, base, &length) ||
	    !narrow(releaser, &type->array.length, base, &length) ||
	    length > (int64_t)BELAYI_MESSAGE_MAX)
		return;
	for (; length > 0; length--, memory += type->array.element->size)
		release(releaser, type->array.element, memory, base);
}

static void release_union(struct releaser *releaser,
			  const struct belayi_type *type, unsigned char *memory,
			  const unsigned char *base)
{
	const struct belayi_type *arm;
	int64_t tag;
	bool found;

	if (type->choice.is_encapsulated)
		tag = belayi_load(type->choice.discriminant->code, memory);
	else if (!belayi_count_value(&type->choice.tag, releaser->image, base,
				     &tag))
		return;
	arm = belayi_arm_of(type, tag, &found);
	if (arm)
		release(releaser, arm, memory + type->choice.arms_offset, base);
}

static void release_pointer(struct releaser *releaser,
			    const struct belayi_type *type,
			    unsigned char *memory, const unsigned char *base)
{
	unsigned char *to = *(unsigned char **)memory;

	if (!to || releaser->depth >= BELAYI_DEPTH_MAX)
		return;
	releaser->depth++;
	release(releaser, type->pointer.pointee, to, base);
	releaser->depth--;
	*(void **)memory = NULL;
	free(to);
}

static void release_interface(unsigned char *memory)
{
	IUnknown *object = *(IUnknown **)memory;

	*(void **)memory = NULL;
	if (object)
		object->lpVtbl->Release(object);
}

static void release(struct releaser *releaser, const struct belayi_type *type,
		    unsigned char *memory, const unsigned char *base)
{
	if (!type->has_pointers)
		return;
	switch (type->shape) {
	case BELAYI_STRUCT:
		release_struct(releaser, type, memory);
		break;
	case BELAYI_ARRAY:
		release_array(releaser, type, memory, base);
		break;
	case BELAYI_UNION:
		release_union(releaser, type, memory, base);
		break;
	case BELAYI_POINTER:
		release_pointer(releaser, type, memory, base);
		break;
	case BELAYI_INTERFACE:
		release_interface(memory);
		break;
	default:
		break;
	}
}

void belayi_release(const struct belayi_type *type, const unsigned char *image,
		    unsigned char *memory, uint32_t capacity)
{
	struct releaser releaser = {image, capacity, 0};

	release(&releaser, type, memory, NULL);
}
