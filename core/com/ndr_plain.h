/* SPDX-License-Identifier: MIT */
/*
 * ndr_plain.h - methods whose arguments are numbers, and nothing else
 *
 * Most methods of most interfaces: each [in] is passed by value, each [out] is
 * a number that the caller has room for. Where each stands in a message is
 * known when the interface is registered, so nothing is interpreted.
 */
#ifndef BELAYI_COM_NDR_PLAIN_H
#define BELAYI_COM_NDR_PLAIN_H

#include "format.h"
#include "ndr.h"

/* struct belayi_plain_number - one number in a message */
struct belayi_plain_number {
	uint16_t slot; /* in the image */
	uint16_t at;   /* in the message */
	uint8_t size;
	uint8_t code; /* FC_ */
};

/* struct belayi_plain_side - a request or a reply */
struct belayi_plain_side {
	uint16_t count;
	uint16_t size; /* of the message */
	const struct belayi_plain_number *numbers;
};

/* struct belayi_plain - the value that is returned stands last in a reply */
struct belayi_plain {
	struct belayi_plain_side in;
	struct belayi_plain_side out;
	uint16_t value_at;
};

/*
 * belayi_plain_make() - sees whether a procedure is plain
 *
 * The procedure is complete but for its member `plain`. Return: false where
 * there is no memory.
 */
bool belayi_plain_make(struct belayi_store *store,
		       struct belayi_procedure *procedure);

/*
 * The four directions of ndr.h, for a procedure that is plain. false: nothing
 * was done, and the way for all others says what is wrong.
 */
bool belayi_plain_put_in(const struct belayi_plain *plain, const void *image,
			 struct belayi_buffer *buffer);
bool belayi_plain_get_in(const struct belayi_procedure *procedure,
			 const struct belayi_buffer *buffer,
			 struct belayi_frame *frame);
bool belayi_plain_put_out(const struct belayi_procedure *procedure,
			  const struct belayi_frame *frame,
			  struct belayi_buffer *buffer);
bool belayi_plain_get_out(const struct belayi_procedure *procedure,
			  const void *image, const struct belayi_buffer *buffer,
			  uint64_t *ret_value);

#endif
