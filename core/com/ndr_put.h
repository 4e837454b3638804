/* SPDX-License-Identifier: MIT */
/*
 * ndr_put.h - values to a message
 */
#ifndef BELAYI_COM_NDR_PUT_H
#define BELAYI_COM_NDR_PUT_H

#include "ndr.h"
#include "ndr_types.h"

/* How deep pointers may lead to pointers. */
#define BELAYI_DEPTH_MAX 512U

#define BELAYI_WIN32(code) ((HRESULT)(0x80070000U | (code)))

/*
 * struct belayi_writer - one message that is being written
 *
 * capacity:  elements that there is memory for, of an argument that is
 *            conformant; BELAYI_MESSAGE_MAX: the counts say it
 * referents: how many pointers were not NULL
 * status:    why a function returned false
 */
struct belayi_writer {
	struct belayi_buffer *buffer;
	const unsigned char *image;
	uint32_t capacity;
	uint32_t referents;
	uint32_t depth;
	HRESULT status;
};

/*
 * belayi_put() - a value, and what it leads to
 *
 * memory: where it is
 * base:   the struct that it is counted by, or NULL
 *
 * Return: false: see writer->status.
 */
bool belayi_put(struct belayi_writer *writer, const struct belayi_type *type,
		const unsigned char *memory, const unsigned char *base);

/* belayi_put_argument() - the argument of a parameter, which is at `memory` */
bool belayi_put_argument(struct belayi_writer *writer,
			 const struct belayi_param *param,
			 const unsigned char *memory);

#endif
