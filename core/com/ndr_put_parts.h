/* SPDX-License-Identifier: MIT */
/*
 * ndr_put_parts.h - what the files that write messages share
 *
 * ndr_put.c says which kind of type a value is; what is written of each kind
 * stands in ndr_put_arrays.c and ndr_put_structs.c. Others use ndr_put.h.
 *
 * base: the struct that a value is counted by, or NULL
 *
 * Return: false: see writer->status.
 */
#ifndef BELAYI_COM_NDR_PUT_PARTS_H
#define BELAYI_COM_NDR_PUT_PARTS_H

#include "ndr_put.h"

static inline bool belayi_put_fail(struct belayi_writer *writer, HRESULT status)
{
	writer->status = status;
	return false;
}

/* belayi_put_room() - bytes at the next multiple of `alignment`, a power of 2 */
unsigned char *belayi_put_room(struct belayi_writer *writer, size_t alignment,
			       size_t size);

bool belayi_put_number(struct belayi_writer *writer, uint32_t number);
bool belayi_put_bytes(struct belayi_writer *writer, size_t alignment,
		      const void *from, size_t size);
bool belayi_put_scalar(struct belayi_writer *writer,
		       const struct belayi_type *type,
		       const unsigned char *memory);

/* belayi_put_conformance() - the count that stands in front of what has one */
bool belayi_put_conformance(struct belayi_writer *writer,
			    const struct belayi_type *type,
			    const unsigned char *memory,
			    const unsigned char *base);

/* belayi_put_body() - first what a value consists of */
bool belayi_put_body(struct belayi_writer *writer,
		     const struct belayi_type *type,
		     const unsigned char *memory, const unsigned char *base);
bool belayi_put_string(struct belayi_writer *writer,
		       const struct belayi_type *type,
		       const unsigned char *memory, const unsigned char *base);
bool belayi_put_array(struct belayi_writer *writer,
		      const struct belayi_type *type,
		      const unsigned char *memory, const unsigned char *base);
bool belayi_put_struct(struct belayi_writer *writer,
		       const struct belayi_type *type,
		       const unsigned char *memory);
bool belayi_put_union(struct belayi_writer *writer,
		      const struct belayi_type *type,
		      const unsigned char *memory, const unsigned char *base);

/* belayi_put_pointees() - then what it leads to */
bool belayi_put_pointees(struct belayi_writer *writer,
			 const struct belayi_type *type,
			 const unsigned char *memory,
			 const unsigned char *base);
bool belayi_put_array_pointees(struct belayi_writer *writer,
			       const struct belayi_type *type,
			       const unsigned char *memory,
			       const unsigned char *base);
bool belayi_put_struct_pointees(struct belayi_writer *writer,
				const struct belayi_type *type,
				const unsigned char *memory);
bool belayi_put_union_pointees(struct belayi_writer *writer,
			       const struct belayi_type *type,
			       const unsigned char *memory,
			       const unsigned char *base);

#endif
