/* SPDX-License-Identifier: MIT */
/*
 * objects.c - interface pointers go through messages, and none is lost
 */
#define INTERFACE_OF_TEST IObjects

#include "objects.h"

#include "case.h"

extern const ExtendedProxyFileInfo calc_ProxyFileInfo;
extern const ExtendedProxyFileInfo objects_ProxyFileInfo;

static struct loop loop;
static IObjects *const proxy = (IObjects *)(void *)&loop;

static HRESULT STDMETHODCALLTYPE add(ICalc *This, LONG a, LONG b, LONG *sum)
{
	(void)This;
	*sum = a + b;
	return S_OK;
}

static const ICalcVtbl calc_vtable = {OBJECT_UNKNOWN, .Add = add};
static struct object calc = {&calc_vtable, &IID_ICalc, 1, 0};
static struct object other = {&calc_vtable, &IID_ICalc, 1, 0};

static ICalc *given(struct object *object)
{
	object->refs++;
	return (ICalc *)(void *)object;
}

METHOD(give, ICalc *c, LONG a, LONG b, LONG *sum)
{
	(void)This;
	return c ? ICalc_Add(c, a, b, sum) : S_FALSE;
}

METHOD(maybe, ICalc *c, BOOL *is_null)
{
	(void)This;
	*is_null = !c;
	return S_OK;
}

METHOD(get, ICalc **c)
{
	(void)This;
	*c = given(&calc);
	return S_OK;
}

METHOD(get_none, ICalc **c)
{
	(void)This;
	*c = NULL;
	return S_FALSE;
}

METHOD(change, ICalc **c)
{
	(void)This;
	if (*c)
		ICalc_Release(*c);
	*c = given(&other);
	return S_OK;
}

METHOD(query, REFIID riid, void **ppv)
{
	(void)This;
	return object_query(&calc, riid, ppv);
}

METHOD(take_one, REFIID riid, IUnknown *object)
{
	(void)This;
	if (memcmp(riid, &IID_ICalc, sizeof(IID)) != 0)
		return E_FAIL;
	return object ? S_OK : S_FALSE;
}

METHOD(give_many, ULONG count, ICalc **calcs, LONG *sum)
{
	(void)This;
	*sum = 0;
	for (ULONG i = 0; i < count; i++)
		if (calcs[i])
			++*sum;
	return S_OK;
}

METHOD(get_many, ULONG count, ICalc **calcs)
{
	(void)This;
	for (ULONG i = 0; i < count; i++)
		calcs[i] = i % 2 ? NULL : given(&other);
	return S_OK;
}

METHOD(give_pouch, Pouch *pouch, LONG *sum)
{
	(void)This;
	return pouch->calc ? ICalc_Add(pouch->calc, pouch->number, 1, sum)
			   : S_FALSE;
}

METHOD(get_pouch, Pouch *pouch)
{
	(void)This;
	*pouch = (Pouch){8, given(&calc)};
	return S_OK;
}

static const IObjectsVtbl vtable = {
	OBJECT_UNKNOWN,          .Give = give,
	.Maybe = maybe,          .Get = get,
	.GetNone = get_none,     .Change = change,
	.Query = query,          .Take = take_one,
	.GiveMany = give_many,   .GetMany = get_many,
	.GivePouch = give_pouch, .GetPouch = get_pouch,
};

static struct object object = {&vtable, &IID_IObjects, 1, 0};

static int setup(void **state)
{
	(void)state;
	assert_ok(belay_register_proxies(&calc_ProxyFileInfo));
	assert_ok(belay_register_proxies(&objects_ProxyFileInfo));
	loop_init(&loop, &IID_IObjects, &object);
	return 0;
}

/* After each test: all references have been given back. */
static int balance(void **state)
{
	(void)state;
	pointers_reset();
	return calc.refs == 1 && other.refs == 1 ? 0 : -1;
}

static void pointers_are_given(void **state)
{
	ICalc *many[] = {(ICalc *)(void *)&calc, NULL, (ICalc *)(void *)&other};
	Pouch pouch = {41, (ICalc *)(void *)&calc};
	BOOL is_null;
	LONG sum;

	(void)state;
	assert_ok(IObjects_Give(proxy, many[0], 1, 2, &sum));
	assert_int_equal(sum, 3);
	assert_int_equal(IObjects_Give(proxy, NULL, 1, 2, &sum), S_FALSE);
	assert_ok(IObjects_Maybe(proxy, NULL, &is_null));
	assert_true(is_null);
	assert_ok(IObjects_Maybe(proxy, many[2], &is_null));
	assert_false(is_null);
	assert_ok(IObjects_GiveMany(proxy, 3, many, &sum));
	assert_int_equal(sum, 2);
	assert_ok(IObjects_GivePouch(proxy, &pouch, &sum));
	assert_int_equal(sum, 42);
	assert_ok(IObjects_Take(proxy, &IID_ICalc, (IUnknown *)many[0]));
	assert_int_equal(IObjects_Take(proxy, &IID_ICalc, NULL), S_FALSE);
}

static void pointers_come_back(void **state)
{
	ICalc *c = NULL, *many[3];
	Pouch pouch;
	void *ppv;

	(void)state;
	assert_ok(IObjects_Get(proxy, &c));
	assert_ptr_equal(c, &calc);
	assert_ok(IObjects_Change(proxy, &c));
	assert_ptr_equal(c, &other);
	ICalc_Release(c);
	assert_int_equal(IObjects_GetNone(proxy, &c), S_FALSE);
	assert_null(c);
	assert_ok(IObjects_Query(proxy, &IID_ICalc, &ppv));
	assert_ptr_equal(ppv, &calc);
	ICalc_Release((ICalc *)ppv);
	assert_int_equal(IObjects_Query(proxy, &IID_IObjects, &ppv),
			 E_NOINTERFACE);
	assert_null(ppv);
	assert_ok(IObjects_GetMany(proxy, 3, many));
	assert_ptr_equal(many[0], &other);
	assert_null(many[1]);
	ICalc_Release(many[0]);
	ICalc_Release(many[2]);
	assert_ok(IObjects_GetPouch(proxy, &pouch));
	assert_int_equal(pouch.number, 8);
	ICalc_Release(pouch.calc);
}

/* The IID was Begin_'s, and is gone when Finish_ needs it. */
static void an_iid_is_kept_for_finish(void **state)
{
	struct loop call;
	AsyncIObjects *async = (AsyncIObjects *)(void *)&call;
	IID iid = IID_ICalc;
	void *ppv;

	(void)state;
	loop_init_async(&call, &IID_AsyncIObjects, &object);
	assert_ok(AsyncIObjects_Begin_Query(async, &iid));
	assert_int_equal(AsyncIObjects_Begin_Query(async, &iid),
			 RPC_S_CALLPENDING);
	memset(&iid, 0xcc, sizeof(iid));
	assert_ok(AsyncIObjects_Finish_Query(async, &ppv));
	assert_ptr_equal(ppv, &calc);
	ICalc_Release((ICalc *)ppv);
	assert_int_equal(AsyncIObjects_Finish_Query(async, &ppv),
			 RPC_E_CALL_COMPLETE);
	loop_deinit(&call);
}

/* What was put in before something went wrong is taken back. */
static void a_message_that_fails_gives_back_its_pointers(void **state)
{
	ICalc *many[] = {(ICalc *)(void *)&calc, (ICalc *)(void *)&object};
	LONG sum;

	(void)state;
	pointers_reset();
	assert_int_equal(IObjects_GiveMany(proxy, 2, many, &sum),
			 E_NOINTERFACE);
	assert_int_equal(pointers_put, 1);
	assert_int_equal(pointers_discarded, 1);
	assert_int_equal(pointers_taken, 0);
}

/* A reply that nobody wants. */
static void a_reply_is_discarded(void **state)
{
	const struct belayi_interface *iface =
		belayi_interface_find(&IID_IObjects);
	struct loop call;
	AsyncIObjects *async = (AsyncIObjects *)(void *)&call;

	(void)state;
	assert_non_null(iface);
	loop_damages = false;
	loop_init_async(&call, &IID_AsyncIObjects, &object);
	assert_ok(AsyncIObjects_Begin_GetMany(async, 3));
	pointers_discarded = 0;
	belayi_ndr_discard_out(call.begun, &call.reply);
	assert_int_equal(pointers_discarded, 2);
	loop_deinit(&call);
	loop_damages = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(pointers_are_given, balance),
		cmocka_unit_test_teardown(pointers_come_back, balance),
		cmocka_unit_test_teardown(an_iid_is_kept_for_finish, balance),
		cmocka_unit_test_teardown(
			a_message_that_fails_gives_back_its_pointers, balance),
		cmocka_unit_test_teardown(a_reply_is_discarded, balance),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
