/* SPDX-License-Identifier: MIT */
/*
 * multi_query.c - IMultiQI and AsyncIMultiQI of proxies
 *
 * Every test runs for both kinds of apartments on either side.
 */
#define COBJMACROS

#include <poll.h>

#include "distant.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* What the answers are compared with: pointers that nobody may follow. */
#define UNTOUCHED ((IUnknown *)0x10)

static HRESULT query_at_once(ULONG count, MULTI_QI *queries)
{
	IMultiQI *multi = AS(distant_parcel.pointer, IMultiQI);
	HRESULT hr = IMultiQI_QueryMultipleInterfaces(multi, count, queries);

	(void)IMultiQI_Release(multi);
	return hr;
}

static HRESULT query_later(ULONG count, MULTI_QI *queries)
{
	AsyncIMultiQI *call = distant_call(&IID_AsyncIMultiQI);
	HRESULT hr = AsyncIMultiQI_Begin_QueryMultipleInterfaces(call, count,
								 queries);

	if (SUCCEEDED(hr))
		hr = AsyncIMultiQI_Finish_QueryMultipleInterfaces(call,
								  queries);
	(void)AsyncIMultiQI_Release(call);
	return hr;
}

/* Both ways of asking, which answer the same. */
static HRESULT (*const ways[])(ULONG count, MULTI_QI *queries) = {
	query_at_once,
	query_later,
};

static void release(MULTI_QI *query)
{
	assert_int_equal(query->hr, S_OK);
	assert_non_null(query->pItf);
	(void)IUnknown_Release(query->pItf);
	query->pItf = NULL;
}

/* --- Answers ------------------------------------------------------------- */

static void each_has_what_QueryInterface_answers(void **state)
{
	static const IID *const iids[] = {
		&IID_ICalcMemory,      &IID_ICalc,         &distant_nobodys,
		&counted_unregistered, &IID_AsyncICalc,    &IID_AsyncIMultiQI,
		&IID_IUnknown,         &IID_IMultiQI,      &IID_IMarshal,
		&IID_IClientSecurity,  &IID_ICalcMemory,   &IID_ICallFactory,
		&IID_IStream,          &IID_AsyncIUnknown,
	};
	MULTI_QI queries[COUNT(iids)];

	(void)state;
	for (size_t way = 0; way < COUNT(ways); way++) {
		for (size_t i = 0; i < COUNT(iids); i++)
			queries[i] = (MULTI_QI){.pIID = iids[i]};
		assert_int_equal(ways[way](COUNT(iids), queries), S_FALSE);
		for (size_t i = 0; i < COUNT(iids); i++) {
			void *expected;
			HRESULT hr = IUnknown_QueryInterface(
				distant_parcel.pointer, iids[i], &expected);

			assert_int_equal(queries[i].hr, hr);
			assert_ptr_equal(queries[i].pItf, expected);
			if (!expected)
				continue;
			release(&queries[i]);
			(void)IUnknown_Release((IUnknown *)expected);
		}
	}
	distant_end();
}

static void the_result_says_whether_all_are_there(void **state)
{
	(void)state;
	for (size_t way = 0; way < COUNT(ways); way++) {
		MULTI_QI queries[] = {
			{.pIID = &IID_ICalcMemory},
			{.pIID = &IID_ICalc},
			{.pIID = &distant_nobodys},
			{.pIID = &IID_IStream},
		};

		assert_int_equal(ways[way](2, queries), S_OK);
		release(&queries[0]);
		release(&queries[1]);
		assert_int_equal(ways[way](2, queries + 1), S_FALSE);
		release(&queries[1]);
		assert_int_equal(queries[2].hr, E_NOINTERFACE);
		assert_int_equal(ways[way](2, queries + 2), E_NOINTERFACE);
		assert_int_equal(queries[3].hr, E_NOINTERFACE);
		assert_null(queries[2].pItf);
		assert_null(queries[3].pItf);
	}
	distant_end();
}

static void what_has_a_pointer_is_passed_by(void **state)
{
	(void)state;
	for (size_t way = 0; way < COUNT(ways); way++) {
		MULTI_QI queries[] = {
			{.pIID = &IID_IStream, .pItf = UNTOUCHED, .hr = 7},
			{.pIID = &IID_ICalcMemory},
			{.pItf = UNTOUCHED, .hr = 8},
		};

		assert_int_equal(ways[way](3, queries), S_OK);
		release(&queries[1]);
		for (size_t i = 0; i < 3; i += 2) {
			assert_ptr_equal(queries[i].pItf, UNTOUCHED);
			assert_int_equal(queries[i].hr, 7 + i / 2);
		}
		/* There is nothing that is not there. */
		assert_int_equal(ways[way](1, queries), S_OK);
	}
	distant_end();
}

static void wrong_arguments_are_refused(void **state)
{
	MULTI_QI queries[] = {{.pIID = &IID_ICalc}, {.pIID = NULL}};

	(void)state;
	for (size_t way = 0; way < COUNT(ways); way++) {
		assert_int_equal(ways[way](0, queries), E_INVALIDARG);
		assert_int_equal(ways[way](1, NULL), E_INVALIDARG);
		assert_int_equal(ways[way](2, queries), E_INVALIDARG);
		assert_null(queries[0].pItf);
	}
	distant_end();
}

static void a_disconnected_object_is_not_asked(void **state)
{
	(void)state;
	distant_disconnect();
	for (size_t way = 0; way < COUNT(ways); way++) {
		MULTI_QI queries[] = {
			{.pIID = &IID_ICalc},
			{.pIID = &IID_ICalcMemory},
		};

		assert_int_equal(ways[way](2, queries), S_FALSE);
		release(&queries[0]);
		assert_int_equal(queries[1].hr, RPC_E_DISCONNECTED);
		assert_null(queries[1].pItf);
		assert_int_equal(ways[way](1, queries + 1), E_NOINTERFACE);
		assert_int_equal(queries[1].hr, RPC_E_DISCONNECTED);
	}
	distant_end();
}

/* --- One message --------------------------------------------------------- */

/*
 * An object of this thread, which the client gets as an IUnknown: it has to be
 * asked for all else. It notes in which dispatch it was.
 */
static ICalcMemoryVtbl noting_vtable;
static HRESULT (*real_query)(ICalcMemory *This, REFIID iid, void **ret_object);
static uint32_t dispatches;
static uint32_t asked_in[2];

static HRESULT STDMETHODCALLTYPE note_query(ICalcMemory *This, REFIID iid,
					    void **ret_object)
{
	if (IsEqualIID(iid, &IID_ICalc))
		asked_in[0] = dispatches;
	if (IsEqualIID(iid, &IID_ICalcMemory))
		asked_in[1] = dispatches;
	return real_query(This, iid, ret_object);
}

struct client {
	HRESULT (*way)(ULONG count, MULTI_QI *queries);
	HRESULT result;
	bool is_over;
};

static void ask_for_two(void *data)
{
	struct client *client = data;
	MULTI_QI queries[] = {
		{.pIID = &IID_ICalc},
		{.pIID = &IID_ICalcMemory},
	};

	parcel_unpack(&distant_parcel);
	client->result = client->way(2, queries);
	for (size_t i = 0; i < 2; i++)
		if (queries[i].pItf)
			(void)IUnknown_Release(queries[i].pItf);
	parcel_drop(&distant_parcel);
	__atomic_store_n(&client->is_over, true, __ATOMIC_RELEASE);
}

static bool dispatch_until_over(const void *data)
{
	const struct client *client = data;
	struct pollfd look = {.fd = belay_apartment_fd(), .events = POLLIN};

	if (poll(&look, 1, 1) == 1) {
		dispatches++;
		assert_int_equal(belay_apartment_dispatch(), S_OK);
	}
	return __atomic_load_n(&client->is_over, __ATOMIC_ACQUIRE);
}

static void make_noting_object(void)
{
	distant_parcel = (struct parcel){.iid = &IID_IUnknown};
	parcel_make(&distant_parcel);
	noting_vtable = *distant_parcel.counted->calc.lpVtbl;
	real_query = noting_vtable.QueryInterface;
	noting_vtable.QueryInterface = note_query;
	distant_parcel.counted->calc.lpVtbl = &noting_vtable;
	parcel_pack(&distant_parcel);
	parcel_drop(&distant_parcel);
	assert_int_equal(distant_parcel.result, S_OK);
}

static void one_message_asks_for_all(void **state)
{
	(void)state;
	counted_register();
	assert_int_equal(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), S_OK);
	for (size_t way = 0; way < COUNT(ways); way++) {
		struct client client = {.way = ways[way]};

		room_open(&away, COINIT_MULTITHREADED);
		make_noting_object();
		dispatches = asked_in[0] = asked_in[1] = 0;
		room_start(&away, ask_for_two, &client);
		assert_true(comes_true(dispatch_until_over, &client));
		room_wait(&away);
		assert_int_equal(client.result, S_OK);
		assert_int_not_equal(asked_in[0], 0);
		assert_int_equal(asked_in[0], asked_in[1]);
		room_close(&away);
		parcel_close(&distant_parcel);
		while (counted_alive())
			assert_int_equal(belay_apartment_dispatch(), S_OK);
	}
	CoUninitialize();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISTANT_TESTS(each_has_what_QueryInterface_answers),
		DISTANT_TESTS(the_result_says_whether_all_are_there),
		DISTANT_TESTS(what_has_a_pointer_is_passed_by),
		DISTANT_TESTS(wrong_arguments_are_refused),
		DISTANT_TESTS(a_disconnected_object_is_not_asked),
		cmocka_unit_test(one_message_asks_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
