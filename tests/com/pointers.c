/* SPDX-License-Identifier: MIT */
/*
 * pointers.c - interface pointers inside messages
 */
#define COBJMACROS

#include <stdlib.h>
#include <string.h>

#include "marshal.h"
#include "ndr.h"
#include "pair.h"

/* A message, and what is done with it in a room. */
struct letter {
	struct parcel parcel;
	struct belayi_buffer buffer;
	size_t used;
};

static void put(void *data)
{
	struct letter *letter = data;

	letter->parcel.result = belayi_marshal_to(&letter->buffer, &IID_ICalc,
						  letter->parcel.pointer);
}

static void take(void *data)
{
	struct letter *letter = data;

	letter->used = 0;
	letter->parcel.pointer = NULL;
	letter->parcel.result = belayi_marshal_from(
		letter->buffer.data, letter->buffer.size, &letter->used,
		&IID_ICalc, (void **)&letter->parcel.pointer);
}

static void discard(void *data)
{
	struct letter *letter = data;

	letter->used = belayi_marshal_discard(letter->buffer.data,
					      letter->buffer.size);
}

/* A message that alone keeps its object. */
static void write_letter(struct letter *letter, void (*make)(void *))
{
	memset(letter, 0, sizeof(*letter));
	room_run(&home, make, &letter->parcel);
	room_run(&home, put, letter);
	assert_int_equal(letter->parcel.result, S_OK);
	room_run(&home, parcel_drop, &letter->parcel);
}

static void a_pointer_is_taken_out_once(void **state)
{
	struct letter letter;

	(void)state;
	write_letter(&letter, parcel_make);
	room_run(&away, take, &letter);
	assert_int_equal(letter.parcel.result, S_OK);
	assert_int_equal(letter.used, letter.buffer.size);
	room_run(&away, parcel_drop, &letter.parcel);
	assert_gone();
	room_run(&away, take, &letter);
	assert_int_equal(letter.parcel.result, CO_E_OBJNOTCONNECTED);
	assert_int_equal(letter.used, letter.buffer.size);
	free(letter.buffer.data);
}

/* Another message's reference is not given away, nor given back. */
static void nor_is_it_where_others_keep_the_object(void **state)
{
	struct letter kept, letter;

	(void)state;
	write_letter(&kept, parcel_make);
	room_run(&away, take, &kept);
	letter = (struct letter){.parcel = kept.parcel};
	room_run(&away, put, &letter);
	room_run(&away, take, &letter);
	room_run(&away, parcel_drop, &letter.parcel);
	room_run(&away, take, &letter);
	assert_int_equal(letter.parcel.result, CO_E_OBJNOTCONNECTED);
	assert_null(letter.parcel.pointer);
	room_run(&away, discard, &letter);
	/* Another interface: the object is asked, and so must be there. */
	kept.parcel.iid = &IID_ICalcMemory;
	room_run(&away, parcel_query, &kept.parcel);
	assert_int_equal(kept.parcel.result, S_OK);
	room_run(&away, parcel_drop_other, &kept.parcel);
	room_run(&away, parcel_drop, &kept.parcel);
	assert_gone();
	free(letter.buffer.data);
	free(kept.buffer.data);
}

static void at_home_it_is_the_object_itself(void **state)
{
	struct letter letter;

	(void)state;
	write_letter(&letter, parcel_make);
	room_run(&home, take, &letter);
	assert_int_equal(letter.parcel.result, S_OK);
	assert_ptr_equal(letter.parcel.pointer, letter.parcel.counted);
	room_run(&home, parcel_drop, &letter.parcel);
	assert_int_equal(counted_alive(), 0);
	free(letter.buffer.data);
}

static void a_pointer_that_nobody_takes_is_given_back(void **state)
{
	void (*const makes[])(void *) = {parcel_make,
					 parcel_make_free_threaded};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct letter letter;

		write_letter(&letter, makes[i]);
		assert_int_equal(counted_alive(), 1);
		room_run(&away, discard, &letter);
		assert_int_equal(letter.used, letter.buffer.size);
		assert_gone();
		room_run(&away, discard, &letter);
		free(letter.buffer.data);
	}
}

/* As a reply that a policy held: whoever gives it back is in no apartment. */
static void a_thread_outside_of_com_gives_back_too(void **state)
{
	void (*const makes[])(void *) = {parcel_make,
					 parcel_make_free_threaded};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct letter letter;

		write_letter(&letter, makes[i]);
		discard(&letter);
		assert_int_equal(letter.used, letter.buffer.size);
		assert_gone();
		free(letter.buffer.data);
	}
}

static void a_free_threaded_object_goes_as_itself(void **state)
{
	struct letter letter;

	(void)state;
	write_letter(&letter, parcel_make_free_threaded);
	room_run(&away, take, &letter);
	assert_int_equal(letter.parcel.result, S_OK);
	assert_int_equal(letter.used, letter.buffer.size);
	assert_ptr_equal(letter.parcel.pointer, letter.parcel.counted);
	room_run(&away, parcel_drop, &letter.parcel);
	free(letter.buffer.data);
}

static void a_proxy_goes_as_what_it_stands_for(void **state)
{
	struct letter letter = {0};
	IUnknown *proxy;

	(void)state;
	parcel_send(&letter.parcel, &home, &away);
	proxy = letter.parcel.pointer;
	room_run(&away, put, &letter);
	assert_int_equal(letter.parcel.result, S_OK);
	room_run(&home, take, &letter);
	assert_ptr_equal(letter.parcel.pointer, letter.parcel.counted);
	room_run(&home, parcel_drop, &letter.parcel);
	letter.parcel.pointer = proxy;
	room_run(&away, parcel_drop, &letter.parcel);
	assert_gone();
	free(letter.buffer.data);
}

static void a_changed_message_is_refused(void **state)
{
	struct letter letter;

	(void)state;
	write_letter(&letter, parcel_make);
	for (size_t bit = 0; bit < 8 * letter.buffer.size; bit++) {
		/* The count of references and flags say nothing. */
		if (bit / 8 >= 32 && bit / 8 < 40)
			continue;
		letter.buffer.data[bit / 8] ^= (unsigned char)(1U << bit % 8);
		room_run(&away, take, &letter);
		letter.buffer.data[bit / 8] ^= (unsigned char)(1U << bit % 8);
		assert_null(letter.parcel.pointer);
		assert_true(letter.parcel.result == RPC_E_INVALID_OBJREF ||
			    letter.parcel.result == CO_E_OBJNOTCONNECTED);
	}
	room_run(&away, take, &letter);
	assert_int_equal(letter.parcel.result, S_OK);
	room_run(&away, parcel_drop, &letter.parcel);
	assert_gone();
	free(letter.buffer.data);
}

static void a_cut_message_is_refused(void **state)
{
	struct letter letter;
	size_t size;

	(void)state;
	write_letter(&letter, parcel_make);
	size = letter.buffer.size;
	for (letter.buffer.size = 0; letter.buffer.size < size;
	     letter.buffer.size++) {
		/* Memory of that size alone: a sanitizer sees what is read. */
		struct letter cut = letter;

		cut.buffer.data = malloc(cut.buffer.size + !cut.buffer.size);
		memcpy(cut.buffer.data, letter.buffer.data, cut.buffer.size);
		room_run(&away, take, &cut);
		assert_int_equal(cut.parcel.result, RPC_E_INVALID_OBJREF);
		room_run(&away, discard, &cut);
		assert_int_equal(cut.used, 0);
		free(cut.buffer.data);
	}
	room_run(&away, discard, &letter);
	assert_int_equal(letter.used, size);
	assert_gone();
	free(letter.buffer.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOMS(a_pointer_is_taken_out_once),
		IN_ROOMS(nor_is_it_where_others_keep_the_object),
		IN_ROOMS(at_home_it_is_the_object_itself),
		IN_ROOMS(a_pointer_that_nobody_takes_is_given_back),
		IN_ROOMS(a_thread_outside_of_com_gives_back_too),
		IN_ROOMS(a_free_threaded_object_goes_as_itself),
		IN_ROOMS(a_proxy_goes_as_what_it_stands_for),
		IN_ROOMS(a_changed_message_is_refused),
		IN_ROOMS(a_cut_message_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
