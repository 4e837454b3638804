/* SPDX-License-Identifier: MIT */
/*
 * objref.c - reads and writes OBJREFs
 */
#define COBJMACROS

#include "objref.h"

#include <stdbool.h>
#include <string.h>

#define SIGNATURE 0x574f454dU /* "MEOW" */
#define STANDARD_SIZE 68      /* up to the bindings */
#define LOCAL_PROTOCOL 0x10   /* NCALRPC */
#define DIGITS 16

/*
 * The words of the bindings: protocol, digits, and four zeros. They end the
 * address, the string bindings, and twice the security bindings, of which
 * there are none.
 */
#define WORDS (1 + DIGITS + 3)
#define SECURITY (WORDS - 1)

_Static_assert(STANDARD_SIZE + 2 * WORDS == BELAYI_OBJREF_MAX,
	       "standard OBJREFs with a packet are the longest");

/* --- Writing ------------------------------------------------------------- */

/* The machine is little-endian, as the format is (see the root meson.build). */
static unsigned char *put(unsigned char *to, const void *value, size_t size)
{
	memcpy(to, value, size);
	return to + size;
}

static unsigned char *put_word(unsigned char *to, uint16_t word)
{
	return put(to, &word, sizeof(word));
}

static unsigned char *put_bindings(unsigned char *to, uint64_t packet)
{
	to = put_word(to, packet ? WORDS : 0);
	to = put_word(to, packet ? SECURITY : 0);
	if (!packet)
		return to;
	to = put_word(to, LOCAL_PROTOCOL);
	for (int shift = 60; shift >= 0; shift -= 4)
		to = put_word(
			to,
			(uint16_t) "0123456789abcdef"[packet >> shift & 0xf]);
	memset(to, 0, 3 * sizeof(uint16_t));
	return to + 3 * sizeof(uint16_t);
}

static unsigned char *put_standard(unsigned char *to,
				   const struct belayi_objref *objref)
{
	to = put(to, &objref->flags, sizeof(objref->flags));
	to = put(to, &objref->references, sizeof(objref->references));
	to = put(to, &objref->oxid, sizeof(objref->oxid));
	to = put(to, &objref->oid, sizeof(objref->oid));
	to = put(to, &objref->ipid, sizeof(objref->ipid));
	return put_bindings(to, objref->packet);
}

static unsigned char *put_custom(unsigned char *to,
				 const struct belayi_objref *objref)
{
	const uint32_t no_extension = 0;

	to = put(to, &objref->clsid, sizeof(objref->clsid));
	to = put(to, &no_extension, sizeof(no_extension));
	return put(to, &objref->size, sizeof(objref->size));
}

size_t belayi_objref_put(const struct belayi_objref *objref,
			 unsigned char bytes[BELAYI_OBJREF_MAX])
{
	const uint32_t signature = SIGNATURE;
	unsigned char *to = bytes;

	to = put(to, &signature, sizeof(signature));
	to = put(to, &objref->kind, sizeof(objref->kind));
	to = put(to, &objref->iid, sizeof(objref->iid));
	if (objref->kind == BELAYI_OBJREF_STANDARD)
		to = put_standard(to, objref);
	else
		to = put_custom(to, objref);
	return (size_t)(to - bytes);
}

/* --- Reading ------------------------------------------------------------- */

static const unsigned char *get(const unsigned char *from, void *value,
				size_t size)
{
	memcpy(value, from, size);
	return from + size;
}

static uint16_t word_at(const unsigned char *words, size_t index)
{
	uint16_t word;

	memcpy(&word, words + 2 * index, sizeof(word));
	return word;
}

static int digit(uint16_t word)
{
	if (word >= '0' && word <= '9')
		return word - '0';
	if (word >= 'a' && word <= 'f')
		return word - 'a' + 10;
	return -1;
}

/* Exactly what put_bindings() writes. Return: false: it is something else. */
static bool get_bindings(const unsigned char *words, uint64_t *ret_packet)
{
	uint64_t packet = 0;

	if (word_at(words, 0) != LOCAL_PROTOCOL)
		return false;
	for (size_t i = 1; i <= DIGITS; i++) {
		int value = digit(word_at(words, i));

		if (value < 0)
			return false;
		packet = packet << 4 | (uint64_t)value;
	}
	for (size_t i = DIGITS + 1; i < WORDS; i++)
		if (word_at(words, i))
			return false;
	*ret_packet = packet;
	return packet;
}

static size_t get_standard(const unsigned char *bytes, size_t size,
			   struct belayi_objref *objref)
{
	const unsigned char *from = bytes + BELAYI_OBJREF_HEAD;
	const unsigned char *bindings = bytes + STANDARD_SIZE;
	uint16_t words;

	if (size < STANDARD_SIZE)
		return STANDARD_SIZE;
	words = word_at(bindings - 4, 0);
	if (words && words != WORDS)
		return 0;
	if (word_at(bindings - 4, 1) != (words ? SECURITY : 0))
		return 0;
	if (size < STANDARD_SIZE + 2U * words)
		return STANDARD_SIZE + 2U * words;
	from = get(from, &objref->flags, sizeof(objref->flags));
	from = get(from, &objref->references, sizeof(objref->references));
	from = get(from, &objref->oxid, sizeof(objref->oxid));
	from = get(from, &objref->oid, sizeof(objref->oid));
	(void)get(from, &objref->ipid, sizeof(objref->ipid));
	if (objref->flags & ~BELAYI_OBJREF_NOPING)
		return 0;
	if (words && !get_bindings(bindings, &objref->packet))
		return 0;
	return STANDARD_SIZE + 2U * words;
}

static size_t get_custom(const unsigned char *bytes, size_t size,
			 struct belayi_objref *objref)
{
	const unsigned char *from = bytes + BELAYI_OBJREF_HEAD;
	uint32_t extension;

	if (size < BELAYI_OBJREF_CUSTOM_SIZE)
		return BELAYI_OBJREF_CUSTOM_SIZE;
	from = get(from, &objref->clsid, sizeof(objref->clsid));
	from = get(from, &extension, sizeof(extension));
	(void)get(from, &objref->size, sizeof(objref->size));
	return extension ? 0 : BELAYI_OBJREF_CUSTOM_SIZE;
}

size_t belayi_objref_get(const unsigned char *bytes, size_t size,
			 struct belayi_objref *ret_objref)
{
	const unsigned char *from = bytes;
	uint32_t signature;

	if (size < BELAYI_OBJREF_HEAD)
		return BELAYI_OBJREF_HEAD;
	memset(ret_objref, 0, sizeof(*ret_objref));
	from = get(from, &signature, sizeof(signature));
	from = get(from, &ret_objref->kind, sizeof(ret_objref->kind));
	(void)get(from, &ret_objref->iid, sizeof(ret_objref->iid));
	if (signature != SIGNATURE)
		return 0;
	if (ret_objref->kind == BELAYI_OBJREF_STANDARD)
		return get_standard(bytes, size, ret_objref);
	if (ret_objref->kind == BELAYI_OBJREF_CUSTOM)
		return get_custom(bytes, size, ret_objref);
	return 0;
}

/* --- Streams ------------------------------------------------------------- */

HRESULT belayi_stream_read(IStream *stream, void *bytes, uint32_t size)
{
	ULONG got = 0;
	HRESULT result;

	if (!size)
		return S_OK;
	result = IStream_Read(stream, bytes, size, &got);
	if (FAILED(result))
		return result;
	return got == size ? S_OK : STG_E_READFAULT;
}

HRESULT belayi_stream_write(IStream *stream, const void *bytes, uint32_t size)
{
	ULONG written = 0;
	HRESULT result;

	if (!size)
		return S_OK;
	result = IStream_Write(stream, bytes, size, &written);
	if (FAILED(result))
		return result;
	return written == size ? S_OK : STG_E_MEDIUMFULL;
}

HRESULT belayi_objref_read(IStream *stream, struct belayi_objref *ret_objref)
{
	unsigned char bytes[BELAYI_OBJREF_MAX];
	size_t size = 0;
	size_t need = BELAYI_OBJREF_HEAD;

	while (need > size) {
		HRESULT result = belayi_stream_read(stream, bytes + size,
						    (uint32_t)(need - size));

		if (FAILED(result))
			return result;
		size = need;
		need = belayi_objref_get(bytes, size, ret_objref);
	}
	return need ? S_OK : RPC_E_INVALID_OBJREF;
}

HRESULT belayi_objref_write(IStream *stream, const struct belayi_objref *objref)
{
	unsigned char bytes[BELAYI_OBJREF_MAX];
	size_t size = belayi_objref_put(objref, bytes);

	return belayi_stream_write(stream, bytes, (uint32_t)size);
}
