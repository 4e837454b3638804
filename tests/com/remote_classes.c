/* SPDX-License-Identifier: MIT */
/*
 * remote_classes.c - class objects of other apartments, and what they create
 *
 * The class is registered in one apartment (`home`), whose thread alone may
 * touch it and its objects, and is used in another (`away`).
 */
#define COBJMACROS

#include <string.h>

#include "check.h"
#include "counted.h"
#include "impl.h"
#include "rooms.h"
#include "tally.h"

static const CLSID CLSID_Counted = {
	0x5f3a1c01, 0x1111, 0x4222, {0x83, 0x33, 1, 2, 3, 4, 5, 6}};

static struct room home;
static struct room away;

/* Where the two live; each test runs with each. */
static const struct {
	const char *name;
	DWORD home;
	DWORD away;
} pairs[] = {
	{"STA from the MTA", COINIT_APARTMENTTHREADED, COINIT_MULTITHREADED},
	{"MTA from an STA", COINIT_MULTITHREADED, COINIT_APARTMENTTHREADED},
	{"STA from an STA", COINIT_APARTMENTTHREADED, COINIT_APARTMENTTHREADED},
};

/* The class object, whose objects are bound to their thread. */
static struct {
	IClassFactory iface;
	uint32_t references;
	uint32_t asked; /* for objects */
	bool bound;
	DWORD cookie;
} class;

static HRESULT class_QueryInterface(IClassFactory *iface, REFIID riid,
				    void **ppv)
{
	return belayi_query_only(iface, &IID_IClassFactory, riid, ppv);
}

static ULONG class_AddRef(IClassFactory *iface)
{
	(void)iface;
	return tally_add(&class.references);
}

static ULONG class_Release(IClassFactory *iface)
{
	(void)iface;
	return tally_take(&class.references);
}

static HRESULT class_CreateInstance(IClassFactory *iface, IUnknown *outer,
				    REFIID riid, void **ppv)
{
	struct counted *counted;
	HRESULT hr;

	(void)iface;
	__atomic_add_fetch(&class.asked, 1, __ATOMIC_SEQ_CST);
	*ppv = NULL;
	if (outer)
		return CLASS_E_NOAGGREGATION;
	counted = counted_new(class.bound);
	hr = ICalcMemory_QueryInterface(&counted->calc, riid, ppv);
	(void)ICalcMemory_Release(&counted->calc);
	return hr;
}

static HRESULT class_LockServer(IClassFactory *iface, BOOL lock)
{
	(void)iface;
	(void)lock;
	return S_OK;
}

static IClassFactoryVtbl class_vtbl = {
	class_QueryInterface, class_AddRef,     class_Release,
	class_CreateInstance, class_LockServer,
};

static void register_class(void *data)
{
	assert_int_equal(
		CoRegisterClassObject(&CLSID_Counted, (IUnknown *)&class.iface,
				      CLSCTX_LOCAL_SERVER, REGCLS_MULTIPLEUSE,
				      &class.cookie),
		S_OK);
	(void)data;
}

static void revoke_class(void *data)
{
	(void)data;
	assert_int_equal(CoRevokeClassObject(class.cookie), S_OK);
}

static void create_and_call(void *data)
{
	ICalc *calc = NULL;
	LONG sum = 0;

	(void)data;
	assert_int_equal(CoCreateInstance(&CLSID_Counted, NULL,
					  CLSCTX_INPROC_SERVER, &IID_ICalc,
					  (void **)&calc),
			 S_OK);
	assert_int_equal(ICalc_Add(calc, 2, 3, &sum), S_OK);
	assert_int_equal(sum, 5);
	(void)ICalc_Release(calc);
}

static void an_object_is_made_where_its_class_lives(void)
{
	room_run(&away, create_and_call, NULL);
	assert_int_equal(class.asked, 1);
}

static void use_class_object(void *data)
{
	IClassFactory *factory = NULL;
	IUnknown *identity = NULL;
	ICalc *calc = NULL;

	(void)data;
	assert_int_equal(CoGetClassObject(&CLSID_Counted, CLSCTX_ALL, NULL,
					  &IID_IClassFactory,
					  (void **)&factory),
			 S_OK);
	assert_ptr_not_equal(factory, &class.iface);
	assert_int_equal(IClassFactory_QueryInterface(factory, &IID_IUnknown,
						      (void **)&identity),
			 S_OK);
	assert_int_equal(IClassFactory_LockServer(factory, TRUE), S_OK);
	assert_int_equal(IClassFactory_CreateInstance(factory, identity,
						      &IID_IUnknown,
						      (void **)&calc),
			 CLASS_E_NOAGGREGATION);
	assert_null(calc);
	assert_int_equal(IClassFactory_CreateInstance(factory, NULL, &IID_ICalc,
						      (void **)&calc),
			 S_OK);
	(void)ICalc_Release(calc);
	/* The object does not have it; and it has that, but nobody can send. */
	assert_int_equal(IClassFactory_CreateInstance(
				 factory, NULL, &IID_IStream, (void **)&calc),
			 E_NOINTERFACE);
	assert_null(calc);
	assert_true(FAILED(IClassFactory_CreateInstance(
		factory, NULL, &counted_unregistered, (void **)&calc)));
	assert_null(calc);
	(void)IUnknown_Release(identity);
	assert_int_equal(IClassFactory_Release(factory), 0);
}

static void a_class_object_has_a_stand_in_elsewhere(void)
{
	room_run(&away, use_class_object, NULL);
	assert_int_equal(class.asked, 3);
}

static void ask_for_what_it_lacks(void *data)
{
	void *found = data;

	assert_int_equal(CoGetClassObject(&CLSID_Counted, CLSCTX_ALL, NULL,
					  &IID_ICalc, &found),
			 E_NOINTERFACE);
	assert_null(found);
}

static void a_class_object_is_asked_for_other_interfaces(void)
{
	room_run(&away, ask_for_what_it_lacks, &class);
	assert_int_equal(class.asked, 0);
}

static void get_class_object(void *data)
{
	assert_int_equal(CoGetClassObject(&CLSID_Counted, CLSCTX_ALL, NULL,
					  &IID_IClassFactory, data),
			 S_OK);
}

static void create_in_vain(void *data)
{
	IClassFactory *factory = data;
	void *object = data;

	assert_int_equal(IClassFactory_CreateInstance(factory, NULL, &IID_ICalc,
						      &object),
			 REGDB_E_CLASSNOTREG);
	assert_null(object);
	assert_int_equal(IClassFactory_Release(factory), 0);
}

static void a_revoked_class_makes_no_object(void)
{
	IClassFactory *factory;

	room_run(&away, get_class_object, &factory);
	room_run(&home, revoke_class, NULL);
	room_run(&away, create_in_vain, factory);
	room_run(&home, register_class, NULL);
}

static void create_too_late(void *data)
{
	IClassFactory *factory = data;
	void *object = data;

	assert_int_equal(IClassFactory_CreateInstance(factory, NULL, &IID_ICalc,
						      &object),
			 RPC_E_DISCONNECTED);
	assert_null(object);
	assert_int_equal(IClassFactory_Release(factory), 0);
}

static void a_class_whose_apartment_ended_is_disconnected(void)
{
	DWORD coinit = home.coinit;
	IClassFactory *factory;

	room_run(&away, get_class_object, &factory);
	room_close(&home);
	assert_int_equal(class.references, 0);
	room_run(&away, create_too_late, factory);
	room_open(&home, coinit);
	room_run(&home, register_class, NULL);
}

static void in_every_pair(void **state)
{
	void (*test)(void);
	unsigned int i;

	memcpy(&test, state, sizeof(test));
	counted_register();
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		print_message("           %s\n", pairs[i].name);
		class.iface.lpVtbl = &class_vtbl;
		class.references = 0;
		class.asked = 0;
		class.bound = pairs[i].home == COINIT_APARTMENTTHREADED;
		room_open(&home, pairs[i].home);
		room_open(&away, pairs[i].away);
		room_run(&home, register_class, NULL);
		test();
		room_run(&home, revoke_class, NULL);
		assert_true(tally_await_most(&class.references, 0));
		assert_true(counted_go());
		room_close(&away);
		room_close(&home);
	}
}

int main(void)
{
#define TEST(name)                                                             \
	{                                                                      \
#name, in_every_pair, NULL, NULL, (void *)(name)               \
	}
	const struct CMUnitTest tests[] = {
		TEST(an_object_is_made_where_its_class_lives),
		TEST(a_class_object_has_a_stand_in_elsewhere),
		TEST(a_class_object_is_asked_for_other_interfaces),
		TEST(a_revoked_class_makes_no_object),
		TEST(a_class_whose_apartment_ended_is_disconnected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
