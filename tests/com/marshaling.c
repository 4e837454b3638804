/* SPDX-License-Identifier: MIT */
/*
 * marshaling.c - pointers in streams: kinds of packets, and bad streams
 *
 * The object lives in a single-threaded apartment (`home`), where nobody but
 * its thread may touch it, and goes to the multithreaded one (`away`).
 */
#define COBJMACROS

#include <string.h>

#include "check.h"
#include "parcels.h"

/* Where an OBJREF has its IID. */
#define IID_AT 8
#define BYTES_MAX 4096

static struct room home;
static struct room away;

static int open_rooms(void **state)
{
	(void)state;
	counted_register();
	room_open(&home, COINIT_APARTMENTTHREADED);
	room_open(&away, COINIT_MULTITHREADED);
	return 0;
}

static int close_rooms(void **state)
{
	(void)state;
	room_close(&away);
	room_close(&home);
	return counted_alive() ? -1 : 0;
}

#define assert_gone() assert_true(counted_go())

/* A packet that alone keeps its object. */
static void pack_new(struct parcel *parcel, DWORD mshlflags)
{
	parcel->mshctx = MSHCTX_INPROC;
	parcel->mshlflags = mshlflags;
	room_run(&home, parcel_make, parcel);
	room_run(&home, parcel_pack, parcel);
	assert_int_equal(parcel->result, S_OK);
	room_run(&home, parcel_drop, parcel);
	assert_int_equal(counted_alive(), 1);
}

/* --- Kinds of packets ---------------------------------------------------- */

static void a_normal_packet_is_unmarshaled_once(void **state)
{
	struct parcel parcel = {0};

	(void)state;
	pack_new(&parcel, MSHLFLAGS_NORMAL);
	room_run(&away, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&away, parcel_unpack_other, &parcel);
	assert_int_equal(parcel.result, CO_E_OBJNOTCONNECTED);
	assert_null(parcel.other);
	room_run(&away, parcel_throw, &parcel);
	assert_int_equal(parcel.result, CO_E_OBJNOTCONNECTED);
	room_run(&away, parcel_drop, &parcel);
	assert_gone();
	parcel_close(&parcel);
}

static void a_strong_packet_is_unmarshaled_often(void **state)
{
	struct parcel parcel = {0};

	(void)state;
	pack_new(&parcel, MSHLFLAGS_TABLESTRONG);
	for (int i = 0; i < 3; i++) {
		room_run(&away, parcel_unpack, &parcel);
		assert_int_equal(parcel.result, S_OK);
		room_run(&away, parcel_drop, &parcel);
	}
	assert_int_equal(counted_alive(), 1);
	room_run(&away, parcel_throw, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_gone();
	room_run(&away, parcel_throw, &parcel);
	assert_int_equal(parcel.result, CO_E_OBJNOTCONNECTED);
	parcel_close(&parcel);
}

static void a_weak_packet_lets_go_with_the_last_proxy(void **state)
{
	struct parcel parcel = {0};

	(void)state;
	pack_new(&parcel, MSHLFLAGS_TABLEWEAK);
	room_run(&away, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&away, parcel_unpack_other, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&away, parcel_drop, &parcel);
	assert_int_equal(counted_alive(), 1);
	room_run(&away, parcel_drop_other, &parcel);
	assert_gone();
	room_run(&away, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, CO_E_OBJNOTCONNECTED);
	room_run(&away, parcel_throw, &parcel);
	assert_int_equal(parcel.result, S_OK);
	parcel_close(&parcel);
}

static void a_weak_packet_may_be_unmarshaled_at_home(void **state)
{
	struct parcel parcel = {0};

	(void)state;
	pack_new(&parcel, MSHLFLAGS_TABLEWEAK);
	room_run(&home, parcel_unpack, &parcel);
	assert_ptr_equal(parcel.pointer, parcel.counted);
	room_run(&away, parcel_unpack_other, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&away, parcel_drop_other, &parcel);
	room_run(&home, parcel_drop, &parcel);
	room_run(&away, parcel_throw, &parcel);
	assert_gone();
	parcel_close(&parcel);
}

static void what_nobody_unmarshals_is_released(void **state)
{
	static const DWORD kinds[] = {
		MSHLFLAGS_NORMAL,
		MSHLFLAGS_TABLESTRONG,
		MSHLFLAGS_TABLEWEAK,
		MSHLFLAGS_NORMAL | MSHLFLAGS_NOPING,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct parcel parcel = {0};

		pack_new(&parcel, kinds[i]);
		/* Its own apartment releases it at once, another one soon. */
		room_run(i % 2 ? &home : &away, parcel_throw, &parcel);
		assert_int_equal(parcel.result, S_OK);
		assert_gone();
		parcel_close(&parcel);
	}
}

static void the_last_unlock_may_release_the_rest(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC,
				.mshlflags = MSHLFLAGS_TABLEWEAK};

	(void)state;
	room_run(&home, parcel_make, &parcel);
	room_run(&home, parcel_pack, &parcel);
	room_run(&home, parcel_lock, &parcel);
	room_run(&home, parcel_unlock, &parcel);
	assert_int_equal(counted_refs(parcel.counted), 1);
	room_run(&home, parcel_throw, &parcel);
	parcel_close(&parcel);
	room_run(&home, parcel_drop, &parcel);
	assert_int_equal(counted_alive(), 0);
}

static void unlock_and_leave_the_rest(void *data)
{
	struct parcel *parcel = data;

	parcel->result = CoLockObjectExternal(parcel->pointer, FALSE, FALSE);
}

static void the_last_unlock_may_leave_weak_packets(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC,
				.mshlflags = MSHLFLAGS_TABLEWEAK};

	(void)state;
	room_run(&home, parcel_make, &parcel);
	room_run(&home, parcel_pack, &parcel);
	room_run(&home, parcel_lock, &parcel);
	room_run(&home, unlock_and_leave_the_rest, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&home, parcel_drop, &parcel);
	room_run(&away, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&away, parcel_drop, &parcel);
	assert_gone();
	room_run(&away, parcel_throw, &parcel);
	parcel_close(&parcel);
}

static void every_context_of_the_process_is_served(void **state)
{
	static const DWORD contexts[] = {
		MSHCTX_LOCAL,  MSHCTX_NOSHAREDMEM, MSHCTX_DIFFERENTMACHINE,
		MSHCTX_INPROC, MSHCTX_CROSSCTX,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(contexts) / sizeof(*contexts); i++) {
		struct parcel parcel = {.mshctx = contexts[i]};

		room_run(&home, parcel_make, &parcel);
		room_run(&home, parcel_pack, &parcel);
		assert_int_equal(parcel.result, S_OK);
		room_run(&home, parcel_drop, &parcel);
		room_run(&away, parcel_unpack, &parcel);
		assert_int_equal(parcel.result, S_OK);
		room_run(&away, parcel_drop, &parcel);
		parcel_close(&parcel);
		assert_gone();
	}
}

/* --- Refusals ------------------------------------------------------------ */

static void wrong_arguments(void *data)
{
	struct parcel *parcel = data;
	IUnknown *object = parcel->pointer;
	IStream *stream;
	void *ret = &ret;

	parcel->result = S_OK;
	(void)CreateStreamOnHGlobal(NULL, TRUE, &stream);
#define REFUSES(status, call)                                                  \
	do {                                                                   \
		if ((call) != (status))                                        \
			parcel->result = E_FAIL;                               \
	} while (0)
	REFUSES(E_INVALIDARG, CoMarshalInterface(NULL, &IID_ICalc, object,
						 MSHCTX_INPROC, NULL, 0));
	REFUSES(E_INVALIDARG, CoMarshalInterface(stream, NULL, object,
						 MSHCTX_INPROC, NULL, 0));
	REFUSES(E_INVALIDARG, CoMarshalInterface(stream, &IID_ICalc, NULL,
						 MSHCTX_INPROC, NULL, 0));
	REFUSES(E_INVALIDARG,
		CoMarshalInterface(stream, &IID_ICalc, object, 77, NULL, 0));
	REFUSES(E_INVALIDARG, CoMarshalInterface(stream, &IID_ICalc, object,
						 MSHCTX_INPROC, NULL, 3));
	REFUSES(E_NOINTERFACE, CoMarshalInterface(stream, &IID_IStream, object,
						  MSHCTX_INPROC, NULL, 0));
	REFUSES(REGDB_E_IIDNOTREG,
		CoMarshalInterface(stream, &counted_unregistered, object,
				   MSHCTX_INPROC, NULL, 0));
	REFUSES(E_INVALIDARG, CoUnmarshalInterface(NULL, &IID_ICalc, &ret));
	REFUSES(STG_E_READFAULT,
		CoUnmarshalInterface(stream, &IID_ICalc, &ret));
	REFUSES(E_INVALIDARG, CoReleaseMarshalData(NULL));
	REFUSES(STG_E_READFAULT, CoReleaseMarshalData(stream));
	REFUSES(E_INVALIDARG, CoDisconnectObject(NULL, 0));
	REFUSES(E_INVALIDARG, CoLockObjectExternal(NULL, TRUE, FALSE));
#undef REFUSES
	if (ret)
		parcel->result = E_FAIL;
	IStream_Release(stream);
}

static void wrong_arguments_are_refused(void **state)
{
	struct parcel parcel = {0};

	(void)state;
	room_run(&home, parcel_make, &parcel);
	room_run(&home, wrong_arguments, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_int_equal(counted_refs(parcel.counted), 1);
	room_run(&home, parcel_drop, &parcel);
}

static void outside_of_com_nothing_is_marshaled(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC};

	(void)state;
	parcel_make(&parcel);
	parcel_pack(&parcel);
	assert_int_equal(parcel.result, CO_E_NOTINITIALIZED);
	parcel_throw(&parcel);
	assert_int_equal(parcel.result, CO_E_NOTINITIALIZED);
	parcel_unpack_other(&parcel);
	assert_int_equal(parcel.result, CO_E_NOTINITIALIZED);
	parcel_disconnect(&parcel);
	assert_int_equal(parcel.result, CO_E_NOTINITIALIZED);
	parcel_lock(&parcel);
	assert_int_equal(parcel.result, CO_E_NOTINITIALIZED);
	parcel_drop(&parcel);
	parcel_close(&parcel);
}

/* --- Bad streams --------------------------------------------------------- */

static uint32_t read_all(const struct parcel *parcel, unsigned char *bytes)
{
	ULONG size;

	parcel_rewind(parcel);
	assert_int_equal(IStream_Read(parcel->stream, bytes, BYTES_MAX, &size),
			 S_OK);
	return size;
}

/* A stream of those bytes only, and what unmarshaling it says. */
static HRESULT unpack_bytes(const unsigned char *bytes, uint32_t size)
{
	struct parcel parcel = {0};

	assert_int_equal(CreateStreamOnHGlobal(NULL, TRUE, &parcel.stream),
			 S_OK);
	assert_int_equal(IStream_Write(parcel.stream, bytes, size, NULL), S_OK);
	room_run(&away, parcel_unpack, &parcel);
	if (SUCCEEDED(parcel.result))
		room_run(&away, parcel_drop, &parcel);
	parcel_close(&parcel);
	return parcel.result;
}

static void a_truncated_stream_is_refused(void **state)
{
	unsigned char bytes[BYTES_MAX];
	struct parcel parcel = {0};
	uint32_t size;

	(void)state;
	pack_new(&parcel, MSHLFLAGS_NORMAL);
	size = read_all(&parcel, bytes);
	for (uint32_t part = 0; part < size; part++)
		assert_int_equal(unpack_bytes(bytes, part), STG_E_READFAULT);
	/* And the packet is as good as new. */
	assert_int_equal(unpack_bytes(bytes, size), S_OK);
	parcel_close(&parcel);
	assert_gone();
}

static void a_stream_with_a_changed_bit_is_refused(void **state)
{
	unsigned char bytes[BYTES_MAX];
	struct parcel parcel = {0};
	uint32_t size;

	(void)state;
	pack_new(&parcel, MSHLFLAGS_TABLESTRONG);
	size = read_all(&parcel, bytes);
	for (uint32_t bit = 0; bit < 8 * size; bit++) {
		HRESULT result;

		bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
		result = unpack_bytes(bytes, size);
		bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
		/* The count of references and the flag for pings say nothing. */
		if (bit / 8 >= 24 && bit / 8 < 32)
			continue;
		assert_true(result == RPC_E_INVALID_OBJREF ||
			    result == CO_E_OBJNOTCONNECTED ||
			    result == STG_E_READFAULT ||
			    result == REGDB_E_CLASSNOTREG);
	}
	room_run(&away, parcel_throw, &parcel);
	assert_int_equal(parcel.result, S_OK);
	parcel_close(&parcel);
	assert_gone();
}

static void a_made_up_stream_names_nothing(void **state)
{
	unsigned char bytes[BYTES_MAX];
	struct parcel parcel = {0};
	uint32_t size;

	(void)state;
	pack_new(&parcel, MSHLFLAGS_TABLESTRONG);
	size = read_all(&parcel, bytes);
	/* Another interface than the stub's: no pointer of the wrong type. */
	memcpy(bytes + IID_AT, &IID_ICalcMemory, sizeof(IID));
	assert_int_equal(unpack_bytes(bytes, size), RPC_E_INVALID_OBJREF);
	memcpy(bytes + IID_AT, &IID_ICalc, sizeof(IID));
	/* Without a packet, as in a message: streams have one. */
	bytes[64] = bytes[65] = bytes[66] = bytes[67] = 0;
	assert_int_equal(unpack_bytes(bytes, 68), CO_E_OBJNOTCONNECTED);
	room_run(&home, parcel_throw, &parcel);
	parcel_close(&parcel);
	assert_gone();
}

/* --- The short way between two threads ----------------------------------- */

static void send_between_threads(void *data)
{
	struct parcel *parcel = data;

	parcel->result = CoMarshalInterThreadInterfaceInStream(
		&IID_ICalc, parcel->pointer, &parcel->stream);
}

static void receive_between_threads(void *data)
{
	struct parcel *parcel = data;

	parcel->result = CoGetInterfaceAndReleaseStream(
		parcel->stream, &IID_ICalcMemory, (void **)&parcel->pointer);
	parcel->stream = NULL;
}

static void an_object_goes_to_another_thread_in_two_calls(void **state)
{
	struct parcel parcel = {0};

	(void)state;
	room_run(&home, parcel_make, &parcel);
	room_run(&home, send_between_threads, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&home, parcel_drop, &parcel);
	/* As another interface than it was sent. */
	room_run(&away, receive_between_threads, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&away, parcel_drop, &parcel);
	assert_gone();
}

/* --- The standard marshaler as an object --------------------------------- */

static void marshal_by_object(void *data)
{
	struct parcel *parcel = data;
	IMarshal *marshal;
	CLSID clsid;
	DWORD size = 0;

	parcel->result = CoGetStandardMarshal(&IID_ICalc, parcel->pointer,
					      MSHCTX_INPROC, NULL, 0, &marshal);
	if (FAILED(parcel->result))
		return;
	(void)CreateStreamOnHGlobal(NULL, TRUE, &parcel->stream);
	(void)IMarshal_GetUnmarshalClass(marshal, &IID_ICalc, NULL,
					 MSHCTX_INPROC, NULL, 0, &clsid);
	(void)IMarshal_GetMarshalSizeMax(marshal, &IID_ICalc, NULL,
					 MSHCTX_INPROC, NULL, 0, &size);
	parcel->result =
		IMarshal_MarshalInterface(marshal, parcel->stream, &IID_ICalc,
					  NULL, MSHCTX_INPROC, NULL, 0);
	parcel->refs = size;
	IMarshal_Release(marshal);
}

static void the_standard_marshaler_writes_what_all_can_read(void **state)
{
	unsigned char bytes[BYTES_MAX];
	struct parcel parcel = {0};

	(void)state;
	room_run(&home, parcel_make, &parcel);
	room_run(&home, marshal_by_object, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_true(read_all(&parcel, bytes) <= parcel.refs);
	room_run(&home, parcel_drop, &parcel);
	room_run(&away, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&away, parcel_drop, &parcel);
	parcel_close(&parcel);
	assert_gone();
}

static void ask_size(void *data)
{
	struct parcel *parcel = data;

	parcel->result =
		CoGetMarshalSizeMax(&parcel->refs, &IID_ICalc, parcel->pointer,
				    MSHCTX_INPROC, NULL, 0);
}

static void no_packet_is_longer_than_was_said(void **state)
{
	unsigned char bytes[BYTES_MAX];
	struct parcel parcel = {.mshctx = MSHCTX_INPROC};

	(void)state;
	room_run(&home, parcel_make, &parcel);
	room_run(&home, ask_size, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&home, parcel_pack, &parcel);
	assert_true(read_all(&parcel, bytes) <= parcel.refs);
	room_run(&home, parcel_throw, &parcel);
	room_run(&home, parcel_drop, &parcel);
	parcel_close(&parcel);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, open_rooms, close_rooms)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_normal_packet_is_unmarshaled_once),
		TEST(a_strong_packet_is_unmarshaled_often),
		TEST(a_weak_packet_lets_go_with_the_last_proxy),
		TEST(a_weak_packet_may_be_unmarshaled_at_home),
		TEST(what_nobody_unmarshals_is_released),
		TEST(the_last_unlock_may_release_the_rest),
		TEST(the_last_unlock_may_leave_weak_packets),
		TEST(every_context_of_the_process_is_served),
		TEST(wrong_arguments_are_refused),
		TEST(outside_of_com_nothing_is_marshaled),
		TEST(a_truncated_stream_is_refused),
		TEST(a_stream_with_a_changed_bit_is_refused),
		TEST(a_made_up_stream_names_nothing),
		TEST(an_object_goes_to_another_thread_in_two_calls),
		TEST(the_standard_marshaler_writes_what_all_can_read),
		TEST(no_packet_is_longer_than_was_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
