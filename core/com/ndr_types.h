/* SPDX-License-Identifier: MIT */
/*
 * ndr_types.h - what the format strings say, as data
 *
 * format*.c makes these of the strings when an interface is registered, and
 * refuses what they cannot say. ndr_put*.c, ndr_get*.c and ndr_release.c walk
 * over them. They never change.
 *
 * Each procedure has types of its own, even where two use one string: counts
 * refer to the arguments of one procedure.
 */
#ifndef BELAYI_COM_NDR_TYPES_H
#define BELAYI_COM_NDR_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/objbase.h>
#include <belay/com/rpcndr.h>

#include "interface.h"

enum belayi_shape {
	BELAYI_SCALAR,
	BELAYI_STRUCT,
	BELAYI_ARRAY,
	BELAYI_STRING,
	BELAYI_POINTER,
	BELAYI_UNION,
	BELAYI_INTERFACE,
};

/* How many counts of a procedure refer to its arguments, at most. */
#define BELAYI_COUNTS_MAX 64

/* How many fields of a struct may count or select something before them. */
#define BELAYI_LATE_FIELDS 8

/* Where a count stands. */
enum belayi_where {
	BELAYI_NOWHERE, /* there is none */
	BELAYI_CONSTANT,
	BELAYI_FIELD, /* relative to the struct that it is about */
	BELAYI_IMAGE, /* relative to the image */
};

/*
 * struct belayi_count - size_is, length_is, switch_is, iid_is
 *
 * where:      BELAYI_NOWHERE in those that are not there
 * code:       the FC_ code of the number
 * operation:  FC_ code of what is done with it, or 0
 * offset:     see where; of a constant its value; of an expression in a struct
 *             what its routine takes off
 * number:     of a count in the image: which one it is of the procedure's
 * late_in, late_out: a request or a reply has it behind what it counts
 * eval:       FC_CALLBACK's routine
 * procedure:  that eval is about, in the image
 * record:     that eval is about, in a struct
 */
struct belayi_count {
	uint8_t where;
	uint8_t code;
	uint8_t operation;
	uint8_t number;
	uint8_t late_in;
	uint8_t late_out;
	int32_t offset;
	EXPR_EVAL eval;
	const struct belayi_procedure *procedure;
	const struct belayi_type *record;
};

struct belayi_type;

/* is_late: the number that counts or selects it is behind it */
struct belayi_field {
	uint32_t offset;
	bool is_late;
	const struct belayi_type *type;
};

struct belayi_arm {
	uint32_t tag;
	const struct belayi_type *type; /* NULL: an empty one */
};

/*
 * struct belayi_type - one type
 *
 * alignment, size: in memory; the size of what is conformant is without the
 *                 elements that are counted
 * wire_alignment: in a message
 * least:          the fewest bytes it has in a message
 * is_flat:        in a message as in memory, without a gap
 * is_conformant:  a count stands in front of it in a message
 * has_pointers:   something that it leads to comes behind it
 * has_interfaces: there may be interface pointers among that
 */
struct belayi_type {
	uint8_t shape;
	uint8_t code; /* a scalar's FC_ code */
	uint8_t alignment;
	uint8_t wire_alignment;
	bool is_flat;
	bool is_conformant;
	bool has_pointers;
	bool has_interfaces;
	uint32_t size;
	uint32_t least;
	union {
		/* tail: the array that ends it, unless the last field has it */
		struct {
			const struct belayi_field *fields;
			uint32_t fields_count;
			const struct belayi_type *tail;
		} record;
		/* count: where size is NOWHERE */
		struct {
			const struct belayi_type *element;
			uint32_t count;
			struct belayi_count size;
			struct belayi_count length;
		} array;
		/* capacity: in characters, 0 where it is conformant */
		struct {
			uint32_t width;
			uint32_t capacity;
			struct belayi_count size;
		} string;
		struct {
			const struct belayi_type *pointee;
			bool is_ref;
		} pointer;
		/*
		 * arms_offset: in memory; is_encapsulated: the tag is in front
		 * fallback:    where no arm fits: its type is NULL for an empty
		 *              one; has_fallback: there is one
		 */
		struct {
			const struct belayi_type *discriminant;
			struct belayi_count tag;
			const struct belayi_arm *arms;
			const struct belayi_type *fallback;
			uint32_t arms_count;
			uint32_t arms_offset;
			uint8_t arms_alignment;
			bool has_fallback;
			bool is_encapsulated;
		} choice;
		struct {
			IID iid;
			struct belayi_count which;
		} interface_of;
	};
};

/* Bits of belayi_param.flags. */
#define BELAYI_PARAM_IN 1U
#define BELAYI_PARAM_OUT 2U
/* The slot is a pointer to the type, else the slot itself is of the type. */
#define BELAYI_PARAM_INDIRECT 4U
/* The method takes it by value. */
#define BELAYI_PARAM_BY_VALUE 8U
/* Indirect, and the slot may be NULL: a message says first whether it is. */
#define BELAYI_PARAM_UNIQUE 16U

struct belayi_param {
	const struct belayi_type *type;
	uint16_t offset; /* in the image */
	uint16_t flags;
};

/*
 * struct belayi_mirror - what a pointer leads to, copied into the image
 *
 * type:    of what is conformant without the elements
 * from:    the pointer's slot
 * is_late: copied when it is looked at; else before Begin_ returns
 */
struct belayi_mirror {
	const struct belayi_type *type;
	uint16_t from;
	uint16_t to;
	uint16_t size;
	bool is_late;
};

/* belayi_scalar_type() - the type of an FC_ code; NULL: it is no number */
const struct belayi_type *belayi_scalar_type(unsigned int code);

static inline bool belayi_is_in(const struct belayi_param *param)
{
	return param->flags & BELAYI_PARAM_IN;
}

static inline bool belayi_is_out(const struct belayi_param *param)
{
	return param->flags & BELAYI_PARAM_OUT;
}

/*
 * The array or string at the end of what is conformant, and the memory of the
 * struct that it ends; memory may be NULL.
 */
const struct belayi_type *belayi_tail_of(const struct belayi_type *type,
					 const unsigned char **memory);

/* Where that array or string begins in a value's memory. */
const unsigned char *belayi_tail_memory(const struct belayi_type *type,
					const unsigned char *memory);

/* Bytes of an element that is counted by a conformance. */
static inline uint32_t belayi_unit_of(const struct belayi_type *tail)
{
	return tail->shape == BELAYI_STRING ? tail->string.width
					    : tail->array.element->size;
}

#endif
