/* SPDX-License-Identifier: MIT */
/*
 * ndr_get_parts.h - what the files that read messages share
 *
 * ndr_get.c says which kind of type a value is; what is read of each kind stands
 * in ndr_get_arrays.c and ndr_get_structs.c, and what pointers lead to in
 * ndr_get_pointees.c. Others use ndr_get.h.
 *
 * base: the struct that a value is counted by, or NULL
 *
 * Return: false: see reader->status.
 */
#ifndef BELAYI_COM_NDR_GET_PARTS_H
#define BELAYI_COM_NDR_GET_PARTS_H

#include "ndr_get.h"
#include "ndr_put.h"

static inline bool belayi_get_fail(struct belayi_reader *reader, HRESULT status)
{
	reader->status = status;
	return false;
}

static inline bool belayi_get_bad(struct belayi_reader *reader)
{
	return belayi_get_fail(reader, BELAYI_WIN32(RPC_X_BAD_STUB_DATA));
}

static inline size_t belayi_get_left(const struct belayi_reader *reader)
{
	return (size_t)(reader->end - reader->at);
}

/* belayi_get_bytes() - bytes at the next multiple of `alignment`, a power of 2 */
const unsigned char *belayi_get_bytes(struct belayi_reader *reader,
				      size_t alignment, size_t size);

bool belayi_get_number(struct belayi_reader *reader, uint32_t *ret_number);
bool belayi_get_scalar(struct belayi_reader *reader,
		       const struct belayi_type *type, unsigned char *memory);

/*
 * belayi_get_body() - first what a value consists of, into memory
 *
 * A conformance stands before it, and has been read.
 */
bool belayi_get_body(struct belayi_reader *reader,
		     const struct belayi_type *type, unsigned char *memory,
		     const unsigned char *base);
bool belayi_get_string(struct belayi_reader *reader,
		       const struct belayi_type *type, unsigned char *memory);
bool belayi_get_array(struct belayi_reader *reader,
		      const struct belayi_type *type, unsigned char *memory,
		      const unsigned char *base);
bool belayi_get_struct(struct belayi_reader *reader,
		       const struct belayi_type *type, unsigned char *memory);
bool belayi_get_union(struct belayi_reader *reader,
		      const struct belayi_type *type, unsigned char *memory,
		      const unsigned char *base);

/* belayi_get_pointees() - then what it leads to */
bool belayi_get_pointees(struct belayi_reader *reader,
			 const struct belayi_type *type, unsigned char *memory,
			 const unsigned char *base);
bool belayi_get_pointee(struct belayi_reader *reader,
			const struct belayi_type *type, unsigned char *memory,
			const unsigned char *base);
bool belayi_get_interface(struct belayi_reader *reader,
			  const struct belayi_type *type,
			  unsigned char *memory);
bool belayi_get_array_pointees(struct belayi_reader *reader,
			       const struct belayi_type *type,
			       unsigned char *memory,
			       const unsigned char *base);
bool belayi_get_struct_pointees(struct belayi_reader *reader,
				const struct belayi_type *type,
				unsigned char *memory);
bool belayi_get_union_pointees(struct belayi_reader *reader,
			       const struct belayi_type *type,
			       unsigned char *memory,
			       const unsigned char *base);

/*
 * belayi_get_anew() - a value, wherever it is, and what it leads to
 *
 * in_heap: in memory of CoTaskMemAlloc(); else in the message or in the arena
 */
bool belayi_get_anew(struct belayi_reader *reader,
		     const struct belayi_type *type, const unsigned char *base,
		     bool in_heap, unsigned char **ret_memory);
bool belayi_get_new_string(struct belayi_reader *reader,
			   const struct belayi_type *type, bool in_heap,
			   unsigned char **ret_memory);
bool belayi_get_new_array(struct belayi_reader *reader,
			  const struct belayi_type *type,
			  const unsigned char *base, bool in_heap,
			  unsigned char **ret_memory);

/* belayi_get_is_count() - whether a count is what the message says, as far as
 * that is known yet */
bool belayi_get_is_count(struct belayi_reader *reader,
			 const struct belayi_count *count,
			 const unsigned char *base, int64_t told);

/* belayi_get_is_size() - whether the conformance that was read is it */
bool belayi_get_is_size(struct belayi_reader *reader,
			const struct belayi_type *tail,
			const unsigned char *base);

/* belayi_get_count_of() - a count, once what it is about has been read */
bool belayi_get_count_of(struct belayi_reader *reader,
			 const struct belayi_count *count,
			 const unsigned char *base, int64_t *ret_value);

#endif
