/* SPDX-License-Identifier: MIT */
/*
 * marshaling.c - pointers in streams, and what packets do
 *
 * The object lives in a single-threaded apartment (`home`), where nobody but
 * its thread may touch it, and goes to the multithreaded one (`away`).
 */
#define COBJMACROS

#include "pair.h"

/* A packet that alone keeps its object. */
static void pack_new(struct parcel *parcel, DWORD mshlflags)
{
	parcel->mshctx = MSHCTX_INPROC;
	parcel->mshlflags = mshlflags;
	parcel_pack_new(parcel, &home);
	assert_int_equal(parcel->result, S_OK);
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

/* Home's object has a weak packet, and is locked. */
static void pack_weak_and_lock(struct parcel *parcel)
{
	*parcel = (struct parcel){.mshctx = MSHCTX_INPROC,
				  .mshlflags = MSHLFLAGS_TABLEWEAK};
	room_run(&home, parcel_make, parcel);
	room_run(&home, parcel_pack, parcel);
	room_run(&home, parcel_lock, parcel);
}

static void the_last_unlock_may_release_the_rest(void **state)
{
	struct parcel parcel;

	(void)state;
	pack_weak_and_lock(&parcel);
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
	struct parcel parcel;

	(void)state;
	pack_weak_and_lock(&parcel);
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

		parcel_pack_new(&parcel, &home);
		assert_int_equal(parcel.result, S_OK);
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
	unsigned char bytes[PARCEL_BYTES_MAX];
	struct parcel parcel = {0};

	(void)state;
	room_run(&home, parcel_make, &parcel);
	room_run(&home, marshal_by_object, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_true(parcel_read(&parcel, bytes) <= parcel.refs);
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
	unsigned char bytes[PARCEL_BYTES_MAX];
	struct parcel parcel = {.mshctx = MSHCTX_INPROC};

	(void)state;
	room_run(&home, parcel_make, &parcel);
	room_run(&home, ask_size, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&home, parcel_pack, &parcel);
	assert_true(parcel_read(&parcel, bytes) <= parcel.refs);
	room_run(&home, parcel_throw, &parcel);
	room_run(&home, parcel_drop, &parcel);
	parcel_close(&parcel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOMS(a_normal_packet_is_unmarshaled_once),
		IN_ROOMS(a_strong_packet_is_unmarshaled_often),
		IN_ROOMS(a_weak_packet_lets_go_with_the_last_proxy),
		IN_ROOMS(a_weak_packet_may_be_unmarshaled_at_home),
		IN_ROOMS(what_nobody_unmarshals_is_released),
		IN_ROOMS(the_last_unlock_may_release_the_rest),
		IN_ROOMS(the_last_unlock_may_leave_weak_packets),
		IN_ROOMS(every_context_of_the_process_is_served),
		IN_ROOMS(wrong_arguments_are_refused),
		IN_ROOMS(outside_of_com_nothing_is_marshaled),
		IN_ROOMS(an_object_goes_to_another_thread_in_two_calls),
		IN_ROOMS(the_standard_marshaler_writes_what_all_can_read),
		IN_ROOMS(no_packet_is_longer_than_was_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
