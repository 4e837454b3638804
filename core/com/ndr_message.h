/* SPDX-License-Identifier: MIT */
/*
 * ndr_message.h - what both halves of a call do with a message
 */
#ifndef BELAYI_COM_NDR_MESSAGE_H
#define BELAYI_COM_NDR_MESSAGE_H

#include "ndr_get.h"

/* belayi_reader_init() - begins to read a message */
void belayi_reader_init(struct belayi_reader *reader,
			const struct belayi_buffer *buffer, bool is_reply);

/* belayi_get_value() - what a method returned, extended to 64 bits */
bool belayi_get_value(struct belayi_reader *reader,
		      const struct belayi_procedure *procedure,
		      uint64_t *value);

/* belayi_get_end() - whether that was all, and all counts are as told */
bool belayi_get_end(struct belayi_reader *reader);

/*
 * belayi_discard() - gives back the interface pointers in a message
 *
 * skip: how many of the first were taken out of it before
 */
void belayi_discard(const struct belayi_procedure *procedure,
		    const struct belayi_buffer *buffer, bool is_reply,
		    uint32_t skip);

#endif
