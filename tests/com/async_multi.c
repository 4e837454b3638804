/* SPDX-License-Identifier: MIT */
/*
 * async_multi.c - call objects of AsyncIMultiQI
 *
 * Every test runs for both kinds of apartments on either side.
 */
#define COBJMACROS

#include "distant.h"
#include "unknown.h"

/* What has to stay: a pointer that nobody may follow. */
#define UNTOUCHED ((IUnknown *)0x10)

static AsyncIMultiQI *make_call(void)
{
	return distant_call(&IID_AsyncIMultiQI);
}

static void release(MULTI_QI *query)
{
	assert_int_equal(query->hr, S_OK);
	assert_non_null(query->pItf);
	(void)IUnknown_Release(query->pItf);
	query->pItf = NULL;
}

static void begin_memory(AsyncIMultiQI *call, MULTI_QI *query)
{
	*query = (MULTI_QI){.pIID = &IID_ICalcMemory};
	assert_int_equal(
		AsyncIMultiQI_Begin_QueryMultipleInterfaces(call, 1, query),
		S_OK);
}

static void finish_one(AsyncIMultiQI *call, MULTI_QI *query)
{
	assert_int_equal(
		AsyncIMultiQI_Finish_QueryMultipleInterfaces(call, query),
		S_OK);
	release(query);
}

static void end(AsyncIMultiQI *call)
{
	(void)AsyncIMultiQI_Release(call);
	distant_end();
}

/* --- Calls --------------------------------------------------------------- */

static void a_query_begins_without_a_wait(void **state)
{
	bool held = distant_hold(state);
	AsyncIMultiQI *call = make_call();
	MULTI_QI asked[] = {
		{.pIID = &IID_ICalcMemory},
		{.pIID = &IID_ICalc},
	};
	MULTI_QI answers[2] = {{.pIID = NULL}};
	LONG value = 0;

	assert_int_equal(
		AsyncIMultiQI_Begin_QueryMultipleInterfaces(call, 2, asked),
		S_OK);
	if (held)
		assert_int_equal(ask_wait(call, 0), RPC_S_CALLPENDING);
	distant_let_go(held);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	/* Begin_ had the IIDs; the answers may go somewhere else. */
	assert_int_equal(
		AsyncIMultiQI_Finish_QueryMultipleInterfaces(call, answers),
		S_OK);
	assert_null(asked[0].pItf);
	assert_int_equal(ICalcMemory_Store((ICalcMemory *)answers[0].pItf, 17),
			 S_OK);
	assert_int_equal(
		ICalcMemory_Recall((ICalcMemory *)answers[0].pItf, &value),
		S_OK);
	assert_int_equal(value, 17);
	assert_int_equal(distant_parcel.counted->queries, 1);
	release(&answers[0]);
	release(&answers[1]);
	end(call);
}

static void what_a_proxy_knows_takes_no_message(void **state)
{
	bool held = distant_hold(state);
	AsyncIMultiQI *call = make_call();
	MULTI_QI queries[] = {
		{.pIID = &IID_ICalc},
		{.pIID = &IID_IClientSecurity},
	};

	assert_int_equal(
		AsyncIMultiQI_Begin_QueryMultipleInterfaces(call, 2, queries),
		S_OK);
	assert_int_equal(ask_wait(call, 0), S_OK);
	assert_int_equal(
		AsyncIMultiQI_Finish_QueryMultipleInterfaces(call, queries),
		S_OK);
	release(&queries[0]);
	release(&queries[1]);
	distant_let_go(held);
	end(call);
}

static void wrong_arguments_begin_and_finish_nothing(void **state)
{
	AsyncIMultiQI *call = make_call();
	MULTI_QI query = {.pIID = NULL};

	(void)state;
	assert_int_equal(
		AsyncIMultiQI_Begin_QueryMultipleInterfaces(call, 1, &query),
		E_INVALIDARG);
	begin_memory(call, &query);
	assert_int_equal(
		AsyncIMultiQI_Finish_QueryMultipleInterfaces(call, NULL),
		E_INVALIDARG);
	finish_one(call, &query);
	end(call);
}

static void finish_works_once(void **state)
{
	AsyncIMultiQI *call = make_call();
	MULTI_QI query = {.pItf = UNTOUCHED, .hr = 7};

	(void)state;
	assert_int_equal(
		AsyncIMultiQI_Finish_QueryMultipleInterfaces(call, &query),
		RPC_E_CALL_COMPLETE);
	assert_ptr_equal(query.pItf, UNTOUCHED);
	begin_memory(call, &query);
	finish_one(call, &query);
	query.hr = 7;
	assert_int_equal(
		AsyncIMultiQI_Finish_QueryMultipleInterfaces(call, &query),
		RPC_E_CALL_COMPLETE);
	assert_null(query.pItf);
	assert_int_equal(query.hr, 7);
	end(call);
}

static void a_call_object_makes_one_call_at_a_time(void **state)
{
	AsyncIMultiQI *call = make_call();
	MULTI_QI query;
	MULTI_QI other = {.pIID = &IID_ICalc};

	(void)state;
	begin_memory(call, &query);
	assert_int_equal(
		AsyncIMultiQI_Begin_QueryMultipleInterfaces(call, 1, &other),
		RPC_S_CALLPENDING);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	assert_int_equal(
		AsyncIMultiQI_Begin_QueryMultipleInterfaces(call, 1, &other),
		RPC_S_CALLPENDING);
	assert_int_equal(ask_cancel(call, 0), RPC_E_CALL_COMPLETE);
	finish_one(call, &query);
	assert_null(other.pItf);
	end(call);
}

static void a_query_can_be_cancelled(void **state)
{
	bool held = distant_hold(state);
	AsyncIMultiQI *call = make_call();
	MULTI_QI query;

	if (held) {
		begin_memory(call, &query);
		query.hr = 7;
		assert_int_equal(ask_cancel(call, 0), S_OK);
		assert_int_equal(ask_wait(call, 0), S_OK);
		assert_int_equal(AsyncIMultiQI_Begin_QueryMultipleInterfaces(
					 call, 1, &query),
				 RPC_S_CALLPENDING);
		assert_int_equal(AsyncIMultiQI_Finish_QueryMultipleInterfaces(
					 call, &query),
				 RPC_E_CALL_CANCELED);
		/* As an [in, out] argument is where a call fails. */
		assert_null(query.pItf);
		assert_int_equal(query.hr, 7);
	}
	/* It can be used again, also while the old question is out. */
	begin_memory(call, &query);
	distant_let_go(held);
	finish_one(call, &query);
	end(call);
}

static void an_abandoned_query_leaves_nothing(void **state)
{
	bool held = distant_hold(state);
	AsyncIMultiQI *call = make_call();
	MULTI_QI query;

	begin_memory(call, &query);
	end(call);
	distant_let_go(held);
}

static void an_answer_that_nobody_wants_leaves_nothing(void **state)
{
	AsyncIMultiQI *call = make_call();
	MULTI_QI query;

	(void)state;
	begin_memory(call, &query);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	end(call);
}

/* --- Creation ------------------------------------------------------------ */

static void a_call_object_has_what_all_have(void **state)
{
	static const IID *const lacks[] = {
		&IID_IMultiQI,
		&IID_AsyncIUnknown,
		&IID_AsyncICalc,
		&IID_ICallFactory,
		NULL,
	};

	(void)state;
	distant_check_faces(&IID_AsyncIMultiQI, lacks);
	distant_end();
}

/* An outer object, which counts what happens to the call. */
struct outer {
	IUnknown unknown;
	ISynchronize synchronize;
	IUnknown *inner;
	uint32_t refs;
	uint32_t resets;
	uint32_t signals;
};

static HRESULT outer_query(struct outer *outer, REFIID riid, void **ppvObject)
{
	if (!IsEqualIID(riid, &IID_IUnknown) &&
	    !IsEqualIID(riid, &IID_ISynchronize))
		return IUnknown_QueryInterface(outer->inner, riid, ppvObject);
	*ppvObject = IsEqualIID(riid, &IID_IUnknown)
			     ? (void *)&outer->unknown
			     : (void *)&outer->synchronize;
	__atomic_add_fetch(&outer->refs, 1, __ATOMIC_RELAXED);
	return S_OK;
}

static ULONG outer_ref(struct outer *outer)
{
	return __atomic_add_fetch(&outer->refs, 1, __ATOMIC_RELAXED);
}

static ULONG outer_unref(struct outer *outer)
{
	return __atomic_sub_fetch(&outer->refs, 1, __ATOMIC_ACQ_REL);
}

BELAYI_UNKNOWN(IUnknown, outer, unknown, outer_query, outer_ref, outer_unref)
PART(ISynchronize, outer, synchronize)

static HRESULT STDMETHODCALLTYPE sync_wait(ISynchronize *This, DWORD flags,
					   DWORD milliseconds)
{
	(void)This, (void)flags, (void)milliseconds;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE sync_signal(ISynchronize *This)
{
	__atomic_add_fetch(&BELAYI_IMPL(outer, synchronize, This)->signals, 1,
			   __ATOMIC_RELEASE);
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE sync_reset(ISynchronize *This)
{
	__atomic_add_fetch(&BELAYI_IMPL(outer, synchronize, This)->resets, 1,
			   __ATOMIC_RELEASE);
	return S_OK;
}

static CONST_VTBL IUnknownVtbl outer_vtable = {
	unknown_QueryInterface,
	unknown_AddRef,
	unknown_Release,
};

static CONST_VTBL ISynchronizeVtbl sync_vtable = {
	synchronize_QueryInterface,
	synchronize_AddRef,
	synchronize_Release,
	sync_wait,
	sync_signal,
	sync_reset,
};

static bool outer_is_alone(const void *data)
{
	const struct outer *outer = data;

	return __atomic_load_n(&outer->refs, __ATOMIC_ACQUIRE) == 1;
}

static void an_outer_object_is_told(void **state)
{
	struct outer outer = {
		.unknown.lpVtbl = &outer_vtable,
		.synchronize.lpVtbl = &sync_vtable,
		.refs = 1,
	};
	AsyncIMultiQI *call;
	MULTI_QI asked;

	(void)state;
	assert_int_equal(distant_create(&IID_AsyncIMultiQI, &outer.unknown,
					&IID_IUnknown, (void **)&outer.inner),
			 S_OK);
	call = AS(&outer.unknown, AsyncIMultiQI);
	begin_memory(call, &asked);
	finish_one(call, &asked);
	(void)AsyncIMultiQI_Release(call);
	assert_true(comes_true(outer_is_alone, &outer));
	assert_int_equal(outer.resets, 1);
	assert_int_equal(outer.signals, 1);
	(void)IUnknown_Release(outer.inner);
	distant_end();
}

struct visit {
	AsyncIMultiQI *call;
	MULTI_QI query;
	HRESULT begun;
	HRESULT finished;
};

static void use_elsewhere(void *data)
{
	struct visit *visit = data;

	visit->begun = AsyncIMultiQI_Begin_QueryMultipleInterfaces(
		visit->call, 1, &visit->query);
	visit->finished = AsyncIMultiQI_Finish_QueryMultipleInterfaces(
		visit->call, &visit->query);
}

static void it_is_good_in_its_apartment_only(void **state)
{
	struct visit visit = {
		.call = make_call(),
		.query.pIID = &IID_ICalc,
	};

	(void)state;
	room_run(&distant_home, use_elsewhere, &visit);
	assert_int_equal(visit.begun, RPC_E_WRONG_THREAD);
	assert_int_equal(visit.finished, RPC_E_WRONG_THREAD);
	assert_null(visit.query.pItf);
	(void)AsyncIMultiQI_Release(visit.call);
	distant_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISTANT_TESTS(a_query_begins_without_a_wait),
		DISTANT_TESTS(what_a_proxy_knows_takes_no_message),
		DISTANT_TESTS(wrong_arguments_begin_and_finish_nothing),
		DISTANT_TESTS(finish_works_once),
		DISTANT_TESTS(a_call_object_makes_one_call_at_a_time),
		DISTANT_TESTS(a_query_can_be_cancelled),
		DISTANT_TESTS(an_abandoned_query_leaves_nothing),
		DISTANT_TESTS(an_answer_that_nobody_wants_leaves_nothing),
		DISTANT_TESTS(a_call_object_has_what_all_have),
		DISTANT_TESTS(an_outer_object_is_told),
		DISTANT_TESTS(it_is_good_in_its_apartment_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
