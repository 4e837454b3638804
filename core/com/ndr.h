/* SPDX-License-Identifier: MIT */
/*
 * ndr.h - arguments to messages and back
 *
 * The transfer syntax is NDR 2.0 (DCE 1.1 RPC, chapter 14), little-endian,
 * with what COM adds to it: interface pointers. A message is a buffer that
 * begins at a multiple of 16 and holds the arguments only.
 *
 * One call, the four directions:
 *
 *      client                                  server
 *      belayi_ndr_put_in()    -- request -->   belayi_ndr_get_in()
 *                                              belayi_invoke()
 *      belayi_ndr_get_out()   <-- reply ---    belayi_ndr_put_out()
 *                                              belayi_ndr_free()
 *
 * Rules
 *
 *  (A) A message is never trusted: whatever its bytes are, reading it gives
 *      well-formed arguments or fails with RPC_X_BAD_STUB_DATA (as HRESULT).
 *      It may come from another process.
 *  (B) What stands in a message as it does in memory is not copied: [in]
 *      arguments of the server point into the request, which must stay as it
 *      is until belayi_ndr_free().
 *  (C) Memory follows COM's rules. What an [in] pointer leads to belongs to
 *      the caller. What an [out] or [in,out] argument leads to (not the
 *      argument's own storage) is CoTaskMemAlloc()'s, and belongs to whoever
 *      has the argument.
 *  (D) A failure leaves nothing behind: no memory, no reference.
 *  (E) Flat calls (numbers, strings, arrays of numbers) allocate nothing once
 *      the buffers have grown.
 */
#ifndef BELAYI_COM_NDR_H
#define BELAYI_COM_NDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <belay/com/objbase.h>

struct belayi_procedure;

/*
 * One message has at most this many bytes, and so have all values that are read
 * of one in memory. (The fuzzer has a smaller one, or it would only fill memory.)
 */
#ifndef BELAYI_MESSAGE_MAX
#define BELAYI_MESSAGE_MAX ((size_t)1 << 30)
#endif

/*
 * struct belayi_buffer - a message; kept from call to call
 *
 * All zero is an empty one. data is malloc()'s, so aligned to 16.
 */
struct belayi_buffer {
	unsigned char *data;
	size_t size;
	size_t capacity;
};

/*
 * belayi_buffer_reserve() - appends bytes that the caller then writes
 *
 * Return: where they are, until the next one is reserved; NULL: no memory, or
 *         more than BELAYI_MESSAGE_MAX.
 */
unsigned char *belayi_buffer_reserve(struct belayi_buffer *buffer, size_t size);

/* belayi_buffer_deinit() - frees its memory; it is an empty one again */
void belayi_buffer_deinit(struct belayi_buffer *buffer);

/*
 * struct belayi_frame - one call's arguments on the server; kept as buffers are
 *
 * All zero is a new one. From belayi_ndr_get_in() to belayi_ndr_free() it
 * belongs to a call.
 *
 * image: the arguments
 * value: what the method returned, extended to 8 bytes as an argument is
 */
struct belayi_frame {
	unsigned char *image;
	uint64_t value;
	struct belayi_chunk *chunk; /* the arena: ndr_arena.h */
	size_t used;
	struct belayi_gift *gifts;
};

/* belayi_frame_deinit() - frees its memory; not within a call */
void belayi_frame_deinit(struct belayi_frame *frame);

/*
 * belayi_image_mirror() - fills the slots of an image that are the runtime's
 *
 * For whoever makes an image, before belayi_ndr_put_in(); what the closures
 * hand over (vtables.h) has been filled. They keep what is looked for after
 * Begin_, when the program's own [in] arguments may be gone.
 */
void belayi_image_mirror(const struct belayi_procedure *procedure, void *image);

/*
 * belayi_ndr_put_in() - client: the [in] and [in,out] arguments to a request
 *
 * buffer: becomes the request, whatever it held
 *
 * Return: S_OK; RPC_X_NULL_REF_POINTER, RPC_X_ENUM_VALUE_OUT_OF_RANGE,
 *         RPC_S_INVALID_BOUND, RPC_S_INVALID_TAG (as HRESULTs): arguments that
 *         contradict the interface; E_INVALIDARG: nested too deeply;
 *         E_OUTOFMEMORY; what belayi_marshal_to() returns.
 */
HRESULT belayi_ndr_put_in(const struct belayi_procedure *procedure,
			  const void *image, struct belayi_buffer *buffer);

/*
 * belayi_ndr_get_in() - server: a request to arguments
 *
 * [out] arguments get storage, all zero.
 *
 * Return: S_OK, and the frame is to be freed; RPC_X_BAD_STUB_DATA (as
 *         HRESULT), E_OUTOFMEMORY, what belayi_marshal_from() returns: the
 *         frame is as before, and interface pointers in the request that were
 *         not taken out yet have been given back.
 */
HRESULT belayi_ndr_get_in(const struct belayi_procedure *procedure,
			  const struct belayi_buffer *buffer,
			  struct belayi_frame *frame);

/*
 * belayi_ndr_put_out() - server: results to a reply
 *
 * A method may have changed what counts its arguments, but not beyond the memory
 * that belayi_ndr_get_in() made: that is RPC_S_INVALID_BOUND. Only what pointers
 * lead to can be replaced by something larger.
 *
 * Return: as of belayi_ndr_put_in(). The frame is still to be freed.
 */
HRESULT belayi_ndr_put_out(const struct belayi_procedure *procedure,
			   struct belayi_frame *frame,
			   struct belayi_buffer *buffer);

/* belayi_ndr_free() - server: gives back all that the arguments lead to */
void belayi_ndr_free(const struct belayi_procedure *procedure,
		     struct belayi_frame *frame);

/*
 * belayi_ndr_get_out() - client: a reply to the [out] and [in,out] arguments
 *
 * What an [in,out] argument led to before is freed, as (C) says.
 *
 * Return: S_OK, and *ret_value is what the method returned (0: void); else, as
 *         of belayi_ndr_get_in(), [out] arguments are all zero, and [in,out]
 *         ones that lead to anything are as they were.
 */
HRESULT belayi_ndr_get_out(const struct belayi_procedure *procedure,
			   void *image, const struct belayi_buffer *buffer,
			   uint64_t *ret_value);

/* belayi_ndr_zero_out() - client: what [out] arguments are after a failure */
void belayi_ndr_zero_out(const struct belayi_procedure *procedure, void *image);

/*
 * belayi_ndr_discard_in() - a request that nobody will read
 * belayi_ndr_discard_out() - a reply that nobody will read
 *
 * Gives back the interface pointers in it. Not after belayi_ndr_get_in() or
 * belayi_ndr_get_out(), whatever they returned.
 */
void belayi_ndr_discard_in(const struct belayi_procedure *procedure,
			   const struct belayi_buffer *buffer);
void belayi_ndr_discard_out(const struct belayi_procedure *procedure,
			    const struct belayi_buffer *buffer);

#endif
