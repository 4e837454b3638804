/* SPDX-License-Identifier: MIT */
/*
 * ndr_buffer.c - messages' memory
 */
#include <stdlib.h>

#include "ndr.h"

/* With what malloc adds, one cache line: most messages are that short. */
#define SMALLEST ((size_t)56)

static bool grow(struct belayi_buffer *buffer, size_t size)
{
	size_t capacity = buffer->capacity ? buffer->capacity : SMALLEST;
	unsigned char *data;

	if (size > BELAYI_MESSAGE_MAX)
		return false;
	while (capacity < size)
		capacity *= 2;
	data = realloc(buffer->data, capacity);
	if (!data)
		return false;
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

unsigned char *belayi_buffer_reserve(struct belayi_buffer *buffer, size_t size)
{
	size_t at = buffer->size;

	if ((size > buffer->capacity - at || !buffer->data) &&
	    (size > BELAYI_MESSAGE_MAX || !grow(buffer, at + size)))
		return NULL;
	buffer->size = at + size;
	return buffer->data + at;
}

void belayi_buffer_deinit(struct belayi_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct belayi_buffer){.data = NULL};
}
