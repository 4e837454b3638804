/* SPDX-License-Identifier: MIT */
/*
 * reference_races.c - many threads marshal, unmarshal and release one object
 *
 * Whatever they do at once: identity holds while somebody has it, an object's
 * own thread alone touches it (it aborts otherwise), and nothing is left.
 */
#define COBJMACROS

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "parcels.h"

#define CREW 4
#define BYTES_MAX 256

static struct room home;
static struct room crew[CREW];
static int rounds = 300;

/* What all share: a packet's bytes, and whether the race is over. */
static unsigned char bytes[BYTES_MAX];
static ULONG size;
static uint32_t over;
static uint32_t mistakes;

static void mistake_if(bool wrong)
{
	if (wrong)
		__atomic_add_fetch(&mistakes, 1, __ATOMIC_RELAXED);
}

static void open_crew(DWORD coinit)
{
	counted_register();
	over = 0;
	mistakes = 0;
	room_open(&home, COINIT_APARTMENTTHREADED);
	for (int i = 0; i < CREW; i++)
		room_open(&crew[i], coinit);
}

static void close_crew(void)
{
	for (int i = 0; i < CREW; i++)
		room_close(&crew[i]);
	room_close(&home);
	assert_int_equal(mistakes, 0);
	assert_int_equal(counted_alive(), 0);
}

static void race(void (*work)(void *data))
{
	for (int i = 0; i < CREW; i++)
		room_start(&crew[i], work, &crew[i]);
}

static void finish_race(void)
{
	for (int i = 0; i < CREW; i++)
		room_wait(&crew[i]);
}

/* The object belongs to the thread of `home`. */
static void pack_bound(void *data)
{
	struct parcel *parcel = data;

	parcel->counted = counted_new(true);
	parcel->pointer = (IUnknown *)parcel->counted;
	parcel->mshctx = MSHCTX_INPROC;
	parcel_pack(parcel);
	mistake_if(FAILED(parcel->result));
	(void)IStream_Read(parcel->stream, bytes, BYTES_MAX, &size);
}

/* An own stream: its position is nobody else's. */
static HRESULT unpack(REFIID iid, IUnknown **ret_object)
{
	struct parcel parcel = {.iid = iid};

	if (FAILED(CreateStreamOnHGlobal(NULL, TRUE, &parcel.stream)))
		return E_OUTOFMEMORY;
	(void)IStream_Write(parcel.stream, bytes, size, NULL);
	parcel_unpack(&parcel);
	*ret_object = parcel.pointer;
	parcel_close(&parcel);
	return parcel.result;
}

static IUnknown *identity_of(IUnknown *object)
{
	struct parcel parcel = {.pointer = object};

	parcel_identity(&parcel);
	return SUCCEEDED(parcel.result) ? parcel.other : NULL;
}

/* --- One object, one identity -------------------------------------------- */

static void unpack_twice(void *data)
{
	IUnknown *first, *second;

	(void)data;
	for (int i = 0; i < rounds; i++) {
		if (FAILED(unpack(&IID_ICalc, &first)) ||
		    FAILED(unpack(&IID_ICalcMemory, &second))) {
			mistake_if(true);
			return;
		}
		mistake_if(!identity_of(first));
		mistake_if(identity_of(first) != identity_of(second));
		IUnknown_Release(first);
		mistake_if(!identity_of(second));
		IUnknown_Release(second);
	}
}

static void threads_that_unmarshal_at_once_share_a_proxy(void **state)
{
	const DWORD *coinit = *state;
	struct parcel parcel = {.mshlflags = MSHLFLAGS_TABLESTRONG};

	open_crew(*coinit);
	room_run(&home, pack_bound, &parcel);
	room_run(&home, parcel_drop, &parcel);
	race(unpack_twice);
	finish_race();
	room_run(&crew[0], parcel_throw, &parcel);
	parcel_close(&parcel);
	assert_true(counted_go());
	close_crew();
}

/* --- The last release beside the next marshal ---------------------------- */

static IStream *mailbox[CREW];

static void collect(void *data)
{
	IStream **box = &mailbox[(struct room *)data - crew];
	IUnknown *object;
	IStream *stream;

	for (;;) {
		bool last = __atomic_load_n(&over, __ATOMIC_ACQUIRE);

		stream = __atomic_exchange_n(box, NULL, __ATOMIC_ACQ_REL);
		if (stream) {
			mistake_if(FAILED(CoGetInterfaceAndReleaseStream(
				stream, &IID_ICalc, (void **)&object)));
			IUnknown_Release(object);
		} else if (last) {
			return;
		}
	}
}

static void post_letters(void *data)
{
	struct counted *counted = counted_new(true);
	IStream *none = NULL;
	IStream *stream;

	(void)data;
	for (int i = 0; i < rounds * CREW; i++) {
		mistake_if(FAILED(CoMarshalInterThreadInterfaceInStream(
			&IID_ICalc, (IUnknown *)counted, &stream)));
		/* Where the box is full the packet comes home. */
		if (!__atomic_compare_exchange_n(
			    &mailbox[i % CREW], &none, stream, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
			none = NULL;
			(void)CoReleaseMarshalData(stream);
			IStream_Release(stream);
		}
		/* What the others released last arrives here. */
		(void)belay_apartment_dispatch();
	}
	ICalcMemory_Release(&counted->calc);
	__atomic_store_n(&over, 1, __ATOMIC_RELEASE);
}

static void the_last_release_and_the_next_marshal_meet(void **state)
{
	const DWORD *coinit = *state;

	open_crew(*coinit);
	race(collect);
	room_run(&home, post_letters, NULL);
	finish_race();
	assert_true(counted_go());
	close_crew();
}

/* --- Disconnecting beside everything ------------------------------------- */

static void use(void *data)
{
	IUnknown *object, *other;
	HRESULT result;

	(void)data;
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		result = unpack(&IID_ICalc, &object);
		mistake_if(FAILED(result) && result != CO_E_OBJNOTCONNECTED &&
			   result != RPC_E_DISCONNECTED);
		if (FAILED(result))
			return;
		result = IUnknown_QueryInterface(object, &IID_ICalcMemory,
						 (void **)&other);
		mistake_if(FAILED(result) && result != RPC_E_DISCONNECTED);
		if (SUCCEEDED(result))
			IUnknown_Release(other);
		IUnknown_Release(object);
	}
}

static void users_meet_a_disconnect(void **state)
{
	const DWORD *coinit = *state;

	open_crew(*coinit);
	for (int i = 0; i < rounds / 10; i++) {
		struct parcel parcel = {.mshlflags = MSHLFLAGS_TABLESTRONG};

		room_run(&home, pack_bound, &parcel);
		race(use);
		room_run(&home, parcel_disconnect, &parcel);
		finish_race();
		room_run(&home, parcel_throw, &parcel);
		room_run(&home, parcel_drop, &parcel);
		parcel_close(&parcel);
		assert_true(counted_go());
	}
	close_crew();
}

static void users_meet_the_end_of_the_apartment(void **state)
{
	const DWORD *coinit = *state;

	open_crew(*coinit);
	for (int i = 0; i < rounds / 10; i++) {
		struct parcel parcel = {.mshlflags = MSHLFLAGS_TABLESTRONG};
		struct room third;

		room_open(&third, COINIT_APARTMENTTHREADED);
		room_run(&third, pack_bound, &parcel);
		room_run(&third, parcel_drop, &parcel);
		race(use);
		room_close(&third);
		finish_race();
		room_run(&home, parcel_throw, &parcel);
		parcel_close(&parcel);
		assert_int_equal(counted_alive(), 0);
	}
	close_crew();
}

static DWORD single = COINIT_APARTMENTTHREADED;
static DWORD multi = COINIT_MULTITHREADED;

#define TESTS(name)                                                            \
	{#name " (one apartment)", name, NULL, NULL, &multi},                  \
	{                                                                      \
#name " (an apartment each)", name, NULL, NULL, &single        \
	}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		TESTS(threads_that_unmarshal_at_once_share_a_proxy),
		TESTS(the_last_release_and_the_next_marshal_meet),
		TESTS(users_meet_a_disconnect),
		TESTS(users_meet_the_end_of_the_apartment),
	};

	if (count > 1)
		rounds = (int)strtol(arguments[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
