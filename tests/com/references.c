/* SPDX-License-Identifier: MIT */
/*
 * references.c - identity of objects across apartments, and what their
 * proxies answer
 *
 * Every test runs for each pair of kinds of apartments.
 */
#define COBJMACROS

#include "pair.h"

/* --- Identity ------------------------------------------------------------ */

static void an_object_comes_back_as_itself(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC};
	struct counted *counted;

	(void)state;
	room_run(&home, parcel_make, &parcel);
	counted = parcel.counted;
	room_run(&home, parcel_pack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&home, parcel_drop, &parcel);
	room_run(&home, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_ptr_equal(parcel.pointer, counted);
	/* Nobody outside has it: the export is gone, and its references. */
	assert_int_equal(counted_refs(counted), 1);
	room_run(&home, parcel_drop, &parcel);
	assert_int_equal(counted_alive(), 0);
	parcel_close(&parcel);
}

static void an_object_has_one_proxy_in_an_apartment(void **state)
{
	struct parcel parcel = {0};
	IUnknown *first;

	(void)state;
	parcel_send(&parcel, &home, &away);
	assert_ptr_not_equal(parcel.pointer, parcel.counted);
	room_run(&away, parcel_identity, &parcel);
	first = parcel.other;

	/* Once more, as another interface. */
	parcel.iid = &IID_ICalcMemory;
	parcel.pointer = (IUnknown *)&parcel.counted->calc;
	struct parcel again = parcel;

	room_run(&home, parcel_pack, &again);
	assert_int_equal(again.result, S_OK);
	room_run(&away, parcel_unpack, &again);
	assert_int_equal(again.result, S_OK);
	room_run(&away, parcel_identity, &again);
	assert_ptr_equal(again.other, first);

	room_run(&away, parcel_query, &again);
	assert_ptr_equal(again.other, again.pointer);
	room_run(&away, parcel_drop_other, &again);
	room_run(&away, parcel_drop, &again);
	again.pointer = first;
	room_run(&away, parcel_drop, &again);
	assert_int_equal(again.refs, 0);
	parcel_close(&again);
	assert_gone();
}

static void a_proxy_goes_home_as_the_object(void **state)
{
	struct parcel parcel = {0};
	IUnknown *proxy;

	(void)state;
	parcel_send(&parcel, &home, &away);
	proxy = parcel.pointer;
	room_run(&away, parcel_pack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&home, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_ptr_equal(parcel.pointer, parcel.counted);
	room_run(&home, parcel_drop, &parcel);
	parcel.pointer = proxy;
	room_run(&away, parcel_drop, &parcel);
	parcel_close(&parcel);
	assert_gone();
}

static void a_proxy_goes_on_as_the_object_itself(void **state)
{
	struct parcel parcel = {0};
	struct room third;
	IUnknown *proxy;

	(void)state;
	room_open(&third, COINIT_APARTMENTTHREADED);
	parcel_send(&parcel, &home, &away);
	proxy = parcel.pointer;
	room_run(&away, parcel_pack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	/* The one in the middle is not needed any more. */
	parcel.pointer = proxy;
	room_run(&away, parcel_drop, &parcel);
	room_run(&third, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	parcel.iid = &IID_ICalcMemory;
	room_run(&third, parcel_query, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&third, parcel_drop_other, &parcel);
	room_run(&third, parcel_drop, &parcel);
	parcel_close(&parcel);
	assert_gone();
	room_close(&third);
}

/* --- What proxies answer ------------------------------------------------- */

static void a_proxy_answers_its_own_interfaces_itself(void **state)
{
	static const IID *const own[] = {
		&IID_IUnknown,        &IID_IMultiQI,     &IID_IMarshal,
		&IID_IClientSecurity, &IID_ICallFactory,
	};
	struct parcel parcel = {0};

	(void)state;
	parcel_send(&parcel, &home, &away);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		parcel.iid = own[i];
		room_run(&away, parcel_query, &parcel);
		assert_int_equal(parcel.result, S_OK);
		room_run(&away, parcel_drop_other, &parcel);
	}
	room_run(&away, parcel_drop, &parcel);
	assert_gone();
}

static void another_interface_is_asked_for_once(void **state)
{
	struct parcel parcel = {0};
	IUnknown *first;

	(void)state;
	parcel_send(&parcel, &home, &away);
	parcel.iid = &IID_ICalcMemory;
	assert_int_equal(parcel.counted->queries, 0);
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, S_OK);
	first = parcel.other;
	assert_int_equal(parcel.counted->queries, 1);
	room_run(&away, parcel_query, &parcel);
	assert_ptr_equal(parcel.other, first);
	assert_int_equal(parcel.counted->queries, 1);
	room_run(&away, parcel_drop_other, &parcel);
	parcel.other = first;
	room_run(&away, parcel_drop_other, &parcel);
	room_run(&away, parcel_drop, &parcel);
	assert_gone();
}

static void what_an_object_lacks_its_proxy_lacks(void **state)
{
	struct parcel parcel = {0};

	(void)state;
	parcel_send(&parcel, &home, &away);
	parcel.iid = &IID_IStream;
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, E_NOINTERFACE);
	assert_null(parcel.other);
	/* The object has it, but nobody can marshal it. */
	parcel.iid = &counted_unregistered;
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, REGDB_E_IIDNOTREG);
	/* Asynchronous interfaces are call objects'. */
	parcel.iid = &IID_AsyncICalc;
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, E_NOINTERFACE);
	room_run(&away, parcel_drop, &parcel);
	assert_gone();
}

static void query_many(void *data)
{
	struct parcel *parcel = data;
	MULTI_QI queries[] = {
		{.pIID = &IID_ICalc},
		{.pIID = &IID_ICalcMemory},
		{.pIID = &IID_IStream},
	};
	IMultiQI *multi;

	parcel->result = IUnknown_QueryInterface(parcel->pointer, &IID_IMultiQI,
						 (void **)&multi);
	if (FAILED(parcel->result))
		return;
	parcel->result = IMultiQI_QueryMultipleInterfaces(multi, 3, queries);
	parcel->refs = 0;
	for (int i = 0; i < 3; i++)
		if (SUCCEEDED(queries[i].hr)) {
			IUnknown_Release(queries[i].pItf);
			parcel->refs++;
		}
	IMultiQI_Release(multi);
}

static void many_interfaces_can_be_asked_for_at_once(void **state)
{
	struct parcel parcel = {0};

	(void)state;
	parcel_send(&parcel, &home, &away);
	room_run(&away, query_many, &parcel);
	assert_int_equal(parcel.result, S_FALSE);
	assert_int_equal(parcel.refs, 2);
	room_run(&away, parcel_drop, &parcel);
	assert_gone();
}

static void a_proxy_is_good_in_its_apartment_only(void **state)
{
	struct parcel parcel = {0};
	struct room third;

	(void)state;
	room_open(&third, COINIT_APARTMENTTHREADED);
	parcel_send(&parcel, &home, &away);
	room_run(&third, parcel_query, &parcel);
	assert_int_equal(parcel.result, RPC_E_WRONG_THREAD);
	assert_null(parcel.other);
	room_run(&third, parcel_pack, &parcel);
	assert_int_equal(parcel.result, RPC_E_WRONG_THREAD);
	parcel_close(&parcel);
	/* This thread is in no apartment. */
	parcel_query(&parcel);
	assert_int_equal(parcel.result, CO_E_NOTINITIALIZED);
	/* Releasing it is harmless everywhere. */
	room_run(&third, parcel_drop, &parcel);
	assert_int_equal(parcel.refs, 0);
	assert_gone();
	room_close(&third);
}

static void copy_proxy(void *data)
{
	struct parcel *parcel = data;
	IClientSecurity *security;
	DWORD authn = 0;

	parcel->result = IUnknown_QueryInterface(
		parcel->pointer, &IID_IClientSecurity, (void **)&security);
	if (FAILED(parcel->result))
		return;
	parcel->result = IClientSecurity_CopyProxy(security, parcel->pointer,
						   &parcel->other);
	if (SUCCEEDED(parcel->result))
		parcel->result = IClientSecurity_QueryBlanket(
			security, parcel->other, &authn, NULL, NULL, NULL, NULL,
			NULL, NULL);
	IClientSecurity_Release(security);
}

static void copies_of_a_proxy_have_references_of_their_own(void **state)
{
	struct parcel parcel = {0};
	IUnknown *copy;

	(void)state;
	parcel_send(&parcel, &home, &away);
	room_run(&away, copy_proxy, &parcel);
	assert_int_equal(parcel.result, S_OK);
	copy = parcel.other;
	assert_ptr_not_equal(copy, parcel.pointer);
	room_run(&away, parcel_drop, &parcel);
	assert_int_equal(counted_alive(), 1);
	/* It is the same object, and found as its regular proxy. */
	parcel.pointer = copy;
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_ptr_not_equal(parcel.other, copy);
	room_run(&away, parcel_drop_other, &parcel);
	room_run(&away, parcel_drop, &parcel);
	assert_int_equal(parcel.refs, 0);
	assert_gone();
}

#define TESTS(name)                                                            \
	IN_PAIR(name, sta_mta), IN_PAIR(name, mta_sta), IN_PAIR(name, sta_sta)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS(an_object_comes_back_as_itself),
		TESTS(an_object_has_one_proxy_in_an_apartment),
		TESTS(a_proxy_goes_home_as_the_object),
		TESTS(a_proxy_goes_on_as_the_object_itself),
		TESTS(a_proxy_answers_its_own_interfaces_itself),
		TESTS(another_interface_is_asked_for_once),
		TESTS(what_an_object_lacks_its_proxy_lacks),
		TESTS(many_interfaces_can_be_asked_for_at_once),
		TESTS(a_proxy_is_good_in_its_apartment_only),
		TESTS(copies_of_a_proxy_have_references_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
