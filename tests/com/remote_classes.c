/* SPDX-License-Identifier: MIT */
/*
 * remote_classes.c - class objects of other apartments, and what they create
 *
 * The class is registered in one apartment (`home`), whose thread alone may
 * touch it and its objects, and is used in another (`away`).
 */
#define COBJMACROS

#include "counted_class.h"
#include "pair.h"
#include "tally.h"

static int open_class(void **state)
{
	const struct pair *pair = *state;

	counted_class_reset(pair->home == COINIT_APARTMENTTHREADED);
	(void)open_rooms(state);
	room_run(&home, counted_class_register, NULL);
	return 0;
}

static int close_class(void **state)
{
	room_run(&home, counted_class_revoke, NULL);
	assert_true(tally_await_most(&counted_class.references, 0));
	assert_gone();
	return close_rooms(state);
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

static void an_object_is_made_where_its_class_lives(void **state)
{
	(void)state;
	room_run(&away, create_and_call, NULL);
	assert_int_equal(counted_class.asked, 1);
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
	assert_ptr_not_equal(factory, &counted_class.iface);
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

static void a_class_object_has_a_stand_in_elsewhere(void **state)
{
	(void)state;
	room_run(&away, use_class_object, NULL);
	assert_int_equal(counted_class.asked, 3);
}

static void ask_for_what_it_lacks(void *data)
{
	void *found = data;

	assert_int_equal(CoGetClassObject(&CLSID_Counted, CLSCTX_ALL, NULL,
					  &IID_ICalc, &found),
			 E_NOINTERFACE);
	assert_null(found);
}

static void a_class_object_is_asked_for_other_interfaces(void **state)
{
	(void)state;
	room_run(&away, ask_for_what_it_lacks, &counted_class);
	assert_int_equal(counted_class.asked, 0);
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

static void a_revoked_class_makes_no_object(void **state)
{
	IClassFactory *factory;

	(void)state;
	room_run(&away, get_class_object, &factory);
	room_run(&home, counted_class_revoke, NULL);
	room_run(&away, create_in_vain, factory);
	room_run(&home, counted_class_register, NULL);
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

static void a_class_whose_apartment_ended_is_disconnected(void **state)
{
	DWORD coinit = home.coinit;
	IClassFactory *factory;

	(void)state;
	room_run(&away, get_class_object, &factory);
	room_close(&home);
	assert_int_equal(counted_class.references, 0);
	room_run(&away, create_too_late, factory);
	room_open(&home, coinit);
	room_run(&home, counted_class_register, NULL);
}

#define CLASS_TEST(name, pair) PAIR_TEST(name, pair, open_class, close_class)
#define CLASS_TESTS(name)                                                      \
	CLASS_TEST(name, sta_mta), CLASS_TEST(name, mta_sta),                  \
		CLASS_TEST(name, sta_sta)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLASS_TESTS(an_object_is_made_where_its_class_lives),
		CLASS_TESTS(a_class_object_has_a_stand_in_elsewhere),
		CLASS_TESTS(a_class_object_is_asked_for_other_interfaces),
		CLASS_TESTS(a_revoked_class_makes_no_object),
		CLASS_TESTS(a_class_whose_apartment_ended_is_disconnected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
