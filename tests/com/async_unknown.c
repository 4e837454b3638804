/* SPDX-License-Identifier: MIT */
/*
 * async_unknown.c - AsyncIUnknown of proxies
 *
 * Every test runs for both kinds of apartments on either side.
 */
#define COBJMACROS

#include <poll.h>

#include "distant.h"

static void begin_memory(AsyncIUnknown *call)
{
	assert_int_equal(
		AsyncIUnknown_Begin_QueryInterface(call, &IID_ICalcMemory),
		S_OK);
}

static void finish_memory(AsyncIUnknown *call)
{
	void *memory = NULL;

	assert_int_equal(AsyncIUnknown_Finish_QueryInterface(call, &memory),
			 S_OK);
	(void)IUnknown_Release((IUnknown *)memory);
}

static void end(AsyncIUnknown *call)
{
	(void)AsyncIUnknown_Release(call);
	distant_end();
}

/* --- QueryInterface ------------------------------------------------------ */

static void a_query_begins_without_a_wait(void **state)
{
	bool held = distant_hold(state);
	AsyncIUnknown *call = distant_call(&IID_AsyncIUnknown);
	ICalcMemory *memory = NULL;
	void *again = NULL;
	LONG value = 0;

	begin_memory(call);
	if (held)
		assert_int_equal(ask_wait(call, 0), RPC_S_CALLPENDING);
	distant_let_go(held);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	assert_int_equal(
		AsyncIUnknown_Finish_QueryInterface(call, (void **)&memory),
		S_OK);
	assert_int_equal(ICalcMemory_Store(memory, 17), S_OK);
	assert_int_equal(ICalcMemory_Recall(memory, &value), S_OK);
	assert_int_equal(value, 17);
	assert_int_equal(IUnknown_QueryInterface(distant_parcel.pointer,
						 &IID_ICalcMemory, &again),
			 S_OK);
	assert_ptr_equal(again, memory);
	assert_int_equal(distant_parcel.counted->queries, 1);
	(void)ICalcMemory_Release(memory);
	(void)ICalcMemory_Release(memory);
	end(call);
}

static void finish_waits_for_the_answer(void **state)
{
	AsyncIUnknown *call = distant_call(&IID_AsyncIUnknown);
	void *memory = &call;

	(void)state;
	begin_memory(call);
	assert_int_equal(AsyncIUnknown_Finish_QueryInterface(call, NULL),
			 E_POINTER);
	finish_memory(call);
	assert_int_equal(AsyncIUnknown_Finish_QueryInterface(call, &memory),
			 RPC_E_CALL_COMPLETE);
	assert_null(memory);
	end(call);
}

static void a_query_answers_what_QueryInterface_answers(void **state)
{
	const IID *const iids[] = {
		&IID_ICalcMemory,      &IID_ICalc,        &distant_nobodys,
		&counted_unregistered, &IID_AsyncICalc,   &IID_AsyncIUnknown,
		&IID_IUnknown,         &IID_IMultiQI,     &IID_IMarshal,
		&IID_IClientSecurity,  &IID_ICallFactory,
	};
	AsyncIUnknown *call = distant_call(&IID_AsyncIUnknown);

	(void)state;
	for (size_t i = 0; i < sizeof(iids) / sizeof(*iids); i++) {
		void *answer = &call;
		void *expected = &call;
		HRESULT hr;

		assert_int_equal(
			AsyncIUnknown_Begin_QueryInterface(call, iids[i]),
			S_OK);
		hr = AsyncIUnknown_Finish_QueryInterface(call, &answer);
		assert_int_equal(hr,
				 IUnknown_QueryInterface(distant_parcel.pointer,
							 iids[i], &expected));
		assert_ptr_equal(answer, expected);
		assert_int_equal(SUCCEEDED(hr), answer != NULL);
		if (!answer)
			continue;
		(void)IUnknown_Release((IUnknown *)answer);
		(void)IUnknown_Release((IUnknown *)answer);
	}
	end(call);
}

static void a_disconnected_object_is_not_asked(void **state)
{
	AsyncIUnknown *call = distant_call(&IID_AsyncIUnknown);

	(void)state;
	distant_disconnect();
	assert_int_equal(
		AsyncIUnknown_Begin_QueryInterface(call, &IID_ICalcMemory),
		RPC_E_DISCONNECTED);
	assert_int_equal(AsyncIUnknown_Begin_AddRef(call), S_OK);
	(void)AsyncIUnknown_Finish_AddRef(call);
	(void)IUnknown_Release(distant_parcel.pointer);
	end(call);
}

/* --- AddRef, Release ----------------------------------------------------- */

static void references_are_counted_at_once(void **state)
{
	bool held = distant_hold(state);
	AsyncIUnknown *call = distant_call(&IID_AsyncIUnknown);
	ULONG refs = distant_refs();

	assert_int_equal(AsyncIUnknown_Begin_AddRef(call), S_OK);
	assert_int_equal(distant_refs(), refs + 1);
	assert_int_equal(ask_wait(call, 0), S_OK);
	assert_int_equal(AsyncIUnknown_Begin_Release(call), RPC_S_CALLPENDING);
	assert_int_equal(ask_cancel(call, 0), RPC_E_CALL_COMPLETE);
	assert_int_equal(AsyncIUnknown_Finish_AddRef(call), refs + 1);
	assert_int_equal(AsyncIUnknown_Begin_Release(call), S_OK);
	assert_int_equal(distant_refs(), refs);
	assert_int_equal(AsyncIUnknown_Finish_Release(call), refs);
	assert_int_equal(AsyncIUnknown_Finish_Release(call), 0);
	assert_int_equal(distant_refs(), refs);
	end(call);
	distant_let_go(held);
}

static void the_last_release_waits_for_nobody(void **state)
{
	bool held = distant_hold(state);
	AsyncIUnknown *call = distant_call(&IID_AsyncIUnknown);

	assert_int_equal(AsyncIUnknown_Begin_Release(call), S_OK);
	distant_parcel.pointer = NULL;
	assert_int_equal(AsyncIUnknown_Release(call), 0);
	if (held)
		assert_int_equal(counted_alive(), 1);
	distant_let_go(held);
}

/* --- Calls that come to nothing ------------------------------------------ */

static void a_call_object_makes_one_call_at_a_time(void **state)
{
	AsyncIUnknown *call = distant_call(&IID_AsyncIUnknown);
	ULONG refs = distant_refs();

	(void)state;
	begin_memory(call);
	assert_int_equal(
		AsyncIUnknown_Begin_QueryInterface(call, &distant_nobodys),
		RPC_S_CALLPENDING);
	assert_int_equal(AsyncIUnknown_Begin_AddRef(call), RPC_S_CALLPENDING);
	assert_int_equal(AsyncIUnknown_Begin_Release(call), RPC_S_CALLPENDING);
	assert_int_equal(AsyncIUnknown_Finish_AddRef(call), 0);
	assert_int_equal(AsyncIUnknown_Finish_Release(call), 0);
	assert_int_equal(distant_refs(), refs);
	finish_memory(call);
	end(call);
}

static void a_query_can_be_cancelled(void **state)
{
	bool held = distant_hold(state);
	AsyncIUnknown *call = distant_call(&IID_AsyncIUnknown);
	void *memory = &call;

	if (held) {
		begin_memory(call);
		assert_int_equal(ask_cancel(call, 0), S_OK);
		assert_int_equal(ask_wait(call, 0), S_OK);
		assert_int_equal(AsyncIUnknown_Begin_AddRef(call),
				 RPC_S_CALLPENDING);
		assert_int_equal(
			AsyncIUnknown_Finish_QueryInterface(call, &memory),
			RPC_E_CALL_CANCELED);
		assert_null(memory);
	}
	/* It can be used again, also while the old question is out. */
	begin_memory(call);
	distant_let_go(held);
	finish_memory(call);
	end(call);
}

static void an_abandoned_query_leaves_nothing(void **state)
{
	bool held = distant_hold(state);
	AsyncIUnknown *call = distant_call(&IID_AsyncIUnknown);

	begin_memory(call);
	(void)AsyncIUnknown_Release(call);
	(void)IUnknown_Release(distant_parcel.pointer);
	distant_let_go(held);
}

static void an_answer_that_nobody_wants_leaves_nothing(void **state)
{
	AsyncIUnknown *call = distant_call(&IID_AsyncIUnknown);

	(void)state;
	begin_memory(call);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	end(call);
}

/* --- Creation ------------------------------------------------------------ */

static void a_call_object_has_what_all_have(void **state)
{
	const IID *const lacks[] = {
		&IID_ICalc,
		&IID_AsyncICalc,
		&IID_ICallFactory,
		&distant_nobodys,
		NULL,
	};

	(void)state;
	distant_check_faces(&IID_AsyncIUnknown, lacks);
	distant_end();
}

static void its_handle_tells_the_answer(void **state)
{
	bool held = distant_hold(state);
	AsyncIUnknown *call = distant_call(&IID_AsyncIUnknown);
	struct pollfd look = {.events = POLLIN};
	HANDLE event;

	assert_int_equal(ask_handle(call, &event), S_OK);
	begin_memory(call);
	look.fd = (int)(intptr_t)event;
	if (held)
		assert_int_equal(poll(&look, 1, 0), 0);
	distant_let_go(held);
	assert_int_equal(poll(&look, 1, 60000), 1);
	end(call);
}

struct visit {
	AsyncIUnknown *call;
	HRESULT begun;
	HRESULT finished;
	void *object;
};

static void use_elsewhere(void *data)
{
	struct visit *visit = data;

	visit->begun = AsyncIUnknown_Begin_AddRef(visit->call);
	visit->object = data;
	visit->finished = AsyncIUnknown_Finish_QueryInterface(visit->call,
							      &visit->object);
}

static void it_is_good_in_its_apartment_only(void **state)
{
	struct visit visit = {.call = distant_call(&IID_AsyncIUnknown)};

	(void)state;
	room_run(&distant_home, use_elsewhere, &visit);
	assert_int_equal(visit.begun, RPC_E_WRONG_THREAD);
	assert_int_equal(visit.finished, RPC_E_WRONG_THREAD);
	assert_null(visit.object);
	(void)AsyncIUnknown_Release(visit.call);
	distant_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISTANT_TESTS(a_query_begins_without_a_wait),
		DISTANT_TESTS(finish_waits_for_the_answer),
		DISTANT_TESTS(a_query_answers_what_QueryInterface_answers),
		DISTANT_TESTS(a_disconnected_object_is_not_asked),
		DISTANT_TESTS(references_are_counted_at_once),
		DISTANT_TESTS(the_last_release_waits_for_nobody),
		DISTANT_TESTS(a_call_object_makes_one_call_at_a_time),
		DISTANT_TESTS(a_query_can_be_cancelled),
		DISTANT_TESTS(an_abandoned_query_leaves_nothing),
		DISTANT_TESTS(an_answer_that_nobody_wants_leaves_nothing),
		DISTANT_TESTS(a_call_object_has_what_all_have),
		DISTANT_TESTS(its_handle_tells_the_answer),
		DISTANT_TESTS(it_is_good_in_its_apartment_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
