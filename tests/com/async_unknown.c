/* SPDX-License-Identifier: MIT */
/*
 * async_unknown.c - AsyncIUnknown of proxies
 *
 * The test's own thread is the client. Every test runs for both kinds of
 * apartments on either side.
 */
#define COBJMACROS

#include <poll.h>

#include "ask.h"
#include "check.h"
#include "parcels.h"

struct pair {
	DWORD home;
	DWORD away;
};

static const struct pair sta_mta = {COINIT_APARTMENTTHREADED,
				    COINIT_MULTITHREADED};
static const struct pair mta_sta = {COINIT_MULTITHREADED,
				    COINIT_APARTMENTTHREADED};

static const IID nobodys = {0x0BADBEEF, 1, 2, {3}};

static struct room home;
static struct parcel parcel; /* `pointer` is the client's */
static sem_t is_held;
static sem_t busy;

static int open_home(void **state)
{
	const struct pair *pair = *state;

	counted_register();
	room_open(&home, pair->home);
	if (FAILED(CoInitializeEx(NULL, pair->away)))
		return -1;
	parcel = (struct parcel){0};
	room_run(&home, parcel_make, &parcel);
	room_run(&home, parcel_pack, &parcel);
	room_run(&home, parcel_drop, &parcel);
	parcel_unpack(&parcel);
	if (parcel.result != S_OK || sem_init(&is_held, 0, 0))
		return -1;
	return sem_init(&busy, 0, 0);
}

static int close_home(void **state)
{
	bool gone = comes_true(counted_gone, NULL);

	(void)state;
	CoUninitialize();
	room_close(&home);
	parcel_close(&parcel);
	(void)sem_destroy(&is_held);
	(void)sem_destroy(&busy);
	return gone ? 0 : -1;
}

/* --- The object's thread has other things to do -------------------------- */

static void wait_busy(void *data)
{
	(void)data;
	(void)sem_post(&is_held);
	while (sem_wait(&busy))
		;
}

/* In the MTA others serve it: only an STA's object can be held back. */
static bool hold_home(void **state)
{
	const struct pair *pair = *state;

	if (pair->home != COINIT_APARTMENTTHREADED)
		return false;
	room_start(&home, wait_busy, NULL);
	while (sem_wait(&is_held))
		;
	return true;
}

static void let_home_go(bool held)
{
	if (!held)
		return;
	assert_int_equal(sem_post(&busy), 0);
	room_wait(&home);
}

/* --- Call objects -------------------------------------------------------- */

static HRESULT create(IUnknown *outer, REFIID iid, void **ret_call)
{
	ICallFactory *factory = AS(parcel.pointer, ICallFactory);
	HRESULT hr = ICallFactory_CreateCall(factory, &IID_AsyncIUnknown, outer,
					     iid, (IUnknown **)ret_call);

	(void)ICallFactory_Release(factory);
	return hr;
}

static AsyncIUnknown *make_call(void)
{
	AsyncIUnknown *call = NULL;

	assert_int_equal(create(NULL, &IID_AsyncIUnknown, (void **)&call),
			 S_OK);
	return call;
}

static ULONG count_refs(void)
{
	(void)IUnknown_AddRef(parcel.pointer);
	return IUnknown_Release(parcel.pointer);
}

/*
 * The client's last reference. Who answered a call may still hold the call
 * object for a moment; close_home() sees that nothing is left.
 */
static void end_pointer(void)
{
	parcel_drop(&parcel);
}

/* --- QueryInterface ------------------------------------------------------ */

static void a_query_begins_without_a_wait(void **state)
{
	bool held = hold_home(state);
	AsyncIUnknown *call = make_call();
	ICalcMemory *memory = NULL;
	void *again = NULL;
	LONG value = 0;

	assert_int_equal(
		AsyncIUnknown_Begin_QueryInterface(call, &IID_ICalcMemory),
		S_OK);
	if (held)
		assert_int_equal(ask_wait(call, 0), RPC_S_CALLPENDING);
	let_home_go(held);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	assert_int_equal(
		AsyncIUnknown_Finish_QueryInterface(call, (void **)&memory),
		S_OK);
	assert_int_equal(ICalcMemory_Store(memory, 17), S_OK);
	assert_int_equal(ICalcMemory_Recall(memory, &value), S_OK);
	assert_int_equal(value, 17);
	assert_int_equal(IUnknown_QueryInterface(parcel.pointer,
						 &IID_ICalcMemory, &again),
			 S_OK);
	assert_ptr_equal(again, memory);
	assert_int_equal(parcel.counted->queries, 1);
	(void)ICalcMemory_Release(memory);
	(void)ICalcMemory_Release(memory);
	(void)AsyncIUnknown_Release(call);
	end_pointer();
}

static void finish_waits_for_the_answer(void **state)
{
	AsyncIUnknown *call = make_call();
	void *memory = NULL;

	(void)state;
	assert_int_equal(
		AsyncIUnknown_Begin_QueryInterface(call, &IID_ICalcMemory),
		S_OK);
	assert_int_equal(AsyncIUnknown_Finish_QueryInterface(call, NULL),
			 E_POINTER);
	assert_int_equal(AsyncIUnknown_Finish_QueryInterface(call, &memory),
			 S_OK);
	(void)IUnknown_Release((IUnknown *)memory);
	assert_int_equal(AsyncIUnknown_Finish_QueryInterface(call, &memory),
			 RPC_E_CALL_COMPLETE);
	assert_null(memory);
	(void)AsyncIUnknown_Release(call);
	end_pointer();
}

static void a_query_answers_what_QueryInterface_answers(void **state)
{
	const IID *const iids[] = {
		&IID_ICalcMemory,      &IID_ICalc,        &nobodys,
		&counted_unregistered, &IID_AsyncICalc,   &IID_AsyncIUnknown,
		&IID_IUnknown,         &IID_IMultiQI,     &IID_IMarshal,
		&IID_IClientSecurity,  &IID_ICallFactory,
	};
	AsyncIUnknown *call = make_call();

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
				 IUnknown_QueryInterface(parcel.pointer,
							 iids[i], &expected));
		assert_ptr_equal(answer, expected);
		assert_int_equal(SUCCEEDED(hr), answer != NULL);
		if (!answer)
			continue;
		(void)IUnknown_Release((IUnknown *)answer);
		(void)IUnknown_Release((IUnknown *)answer);
	}
	(void)AsyncIUnknown_Release(call);
	end_pointer();
}

static void a_disconnected_object_is_not_asked(void **state)
{
	AsyncIUnknown *call = make_call();
	IUnknown *proxy = parcel.pointer;

	(void)state;
	parcel.pointer = (IUnknown *)parcel.counted;
	room_run(&home, parcel_disconnect, &parcel);
	parcel.pointer = proxy;
	assert_int_equal(
		AsyncIUnknown_Begin_QueryInterface(call, &IID_ICalcMemory),
		RPC_E_DISCONNECTED);
	assert_int_equal(AsyncIUnknown_Begin_AddRef(call), S_OK);
	(void)AsyncIUnknown_Finish_AddRef(call);
	(void)IUnknown_Release(proxy);
	(void)AsyncIUnknown_Release(call);
	end_pointer();
}

/* --- AddRef, Release ----------------------------------------------------- */

static void references_are_counted_at_once(void **state)
{
	bool held = hold_home(state);
	AsyncIUnknown *call = make_call();
	ULONG refs = count_refs();

	assert_int_equal(AsyncIUnknown_Begin_AddRef(call), S_OK);
	assert_int_equal(count_refs(), refs + 1);
	assert_int_equal(ask_wait(call, 0), S_OK);
	assert_int_equal(AsyncIUnknown_Begin_Release(call), RPC_S_CALLPENDING);
	assert_int_equal(ask_cancel(call, 0), RPC_E_CALL_COMPLETE);
	assert_int_equal(AsyncIUnknown_Finish_AddRef(call), refs + 1);
	assert_int_equal(AsyncIUnknown_Begin_Release(call), S_OK);
	assert_int_equal(count_refs(), refs);
	assert_int_equal(AsyncIUnknown_Finish_Release(call), refs);
	assert_int_equal(AsyncIUnknown_Finish_Release(call), 0);
	assert_int_equal(count_refs(), refs);
	(void)AsyncIUnknown_Release(call);
	end_pointer();
	let_home_go(held);
}

static void the_last_release_waits_for_nobody(void **state)
{
	bool held = hold_home(state);
	AsyncIUnknown *call = make_call();

	assert_int_equal(AsyncIUnknown_Begin_Release(call), S_OK);
	parcel.pointer = NULL;
	assert_int_equal(AsyncIUnknown_Release(call), 0);
	if (held)
		assert_int_equal(counted_alive(), 1);
	let_home_go(held);
}

/* --- Calls that come to nothing ------------------------------------------ */

static void a_call_object_makes_one_call_at_a_time(void **state)
{
	AsyncIUnknown *call = make_call();
	ULONG refs = count_refs();
	void *memory;

	(void)state;
	assert_int_equal(
		AsyncIUnknown_Begin_QueryInterface(call, &IID_ICalcMemory),
		S_OK);
	assert_int_equal(AsyncIUnknown_Begin_QueryInterface(call, &nobodys),
			 RPC_S_CALLPENDING);
	assert_int_equal(AsyncIUnknown_Begin_AddRef(call), RPC_S_CALLPENDING);
	assert_int_equal(AsyncIUnknown_Begin_Release(call), RPC_S_CALLPENDING);
	assert_int_equal(AsyncIUnknown_Finish_AddRef(call), 0);
	assert_int_equal(AsyncIUnknown_Finish_Release(call), 0);
	assert_int_equal(count_refs(), refs);
	assert_int_equal(AsyncIUnknown_Finish_QueryInterface(call, &memory),
			 S_OK);
	(void)IUnknown_Release((IUnknown *)memory);
	(void)AsyncIUnknown_Release(call);
	end_pointer();
}

static void a_query_can_be_cancelled(void **state)
{
	bool held = hold_home(state);
	AsyncIUnknown *call = make_call();
	void *memory = &call;

	if (held) {
		assert_int_equal(AsyncIUnknown_Begin_QueryInterface(
					 call, &IID_ICalcMemory),
				 S_OK);
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
	assert_int_equal(
		AsyncIUnknown_Begin_QueryInterface(call, &IID_ICalcMemory),
		S_OK);
	let_home_go(held);
	assert_int_equal(AsyncIUnknown_Finish_QueryInterface(call, &memory),
			 S_OK);
	(void)IUnknown_Release((IUnknown *)memory);
	(void)AsyncIUnknown_Release(call);
	end_pointer();
}

static void an_abandoned_query_leaves_nothing(void **state)
{
	bool held = hold_home(state);
	AsyncIUnknown *call = make_call();

	assert_int_equal(
		AsyncIUnknown_Begin_QueryInterface(call, &IID_ICalcMemory),
		S_OK);
	(void)AsyncIUnknown_Release(call);
	(void)IUnknown_Release(parcel.pointer);
	let_home_go(held);
}

static void an_answer_that_nobody_wants_leaves_nothing(void **state)
{
	AsyncIUnknown *call = make_call();

	(void)state;
	assert_int_equal(
		AsyncIUnknown_Begin_QueryInterface(call, &IID_ICalcMemory),
		S_OK);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	(void)AsyncIUnknown_Release(call);
	end_pointer();
}

/* --- Creation ------------------------------------------------------------ */

static void a_call_object_has_what_all_have(void **state)
{
	const IID *const has[] = {
		&IID_IUnknown,           &IID_AsyncIUnknown,
		&IID_ISynchronize,       &IID_ISynchronizeHandle,
		&IID_ICancelMethodCalls, &IID_IClientSecurity,
	};
	const IID *const lacks[] = {
		&IID_ICalc,
		&IID_AsyncICalc,
		&IID_ICallFactory,
		&nobodys,
	};
	void *answer = &answer;

	(void)state;
	for (size_t i = 0; i < sizeof(has) / sizeof(*has); i++) {
		assert_int_equal(create(NULL, has[i], &answer), S_OK);
		assert_int_equal(IUnknown_Release((IUnknown *)answer), 0);
	}
	for (size_t i = 0; i < sizeof(lacks) / sizeof(*lacks); i++) {
		assert_int_equal(create(NULL, lacks[i], &answer),
				 E_NOINTERFACE);
		assert_null(answer);
	}
	assert_int_equal(create(parcel.pointer, &IID_AsyncIUnknown, &answer),
			 E_INVALIDARG);
	assert_null(answer);
	end_pointer();
}

static void its_handle_tells_the_answer(void **state)
{
	bool held = hold_home(state);
	AsyncIUnknown *call = make_call();
	struct pollfd look = {.events = POLLIN};
	HANDLE event;

	assert_int_equal(ask_handle(call, &event), S_OK);
	assert_int_equal(
		AsyncIUnknown_Begin_QueryInterface(call, &IID_ICalcMemory),
		S_OK);
	look.fd = (int)(intptr_t)event;
	if (held)
		assert_int_equal(poll(&look, 1, 0), 0);
	let_home_go(held);
	assert_int_equal(poll(&look, 1, 60000), 1);
	(void)AsyncIUnknown_Release(call);
	end_pointer();
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
	struct visit visit = {.call = make_call()};

	(void)state;
	room_run(&home, use_elsewhere, &visit);
	assert_int_equal(visit.begun, RPC_E_WRONG_THREAD);
	assert_int_equal(visit.finished, RPC_E_WRONG_THREAD);
	assert_null(visit.object);
	(void)AsyncIUnknown_Release(visit.call);
	end_pointer();
}

#define TEST(name, pair)                                                       \
	{                                                                      \
#name " (" #pair ")", name, open_home, close_home,             \
			(void *)&(pair)                                        \
	}
#define TESTS(name) TEST(name, sta_mta), TEST(name, mta_sta)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS(a_query_begins_without_a_wait),
		TESTS(finish_waits_for_the_answer),
		TESTS(a_query_answers_what_QueryInterface_answers),
		TESTS(a_disconnected_object_is_not_asked),
		TESTS(references_are_counted_at_once),
		TESTS(the_last_release_waits_for_nobody),
		TESTS(a_call_object_makes_one_call_at_a_time),
		TESTS(a_query_can_be_cancelled),
		TESTS(an_abandoned_query_leaves_nothing),
		TESTS(an_answer_that_nobody_wants_leaves_nothing),
		TESTS(a_call_object_has_what_all_have),
		TESTS(its_handle_tells_the_answer),
		TESTS(it_is_good_in_its_apartment_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
