/* SPDX-License-Identifier: MIT */
/*
 * classes.c - class objects that a program registers, and what they create
 */
#define COBJMACROS

#include "check.h"
#include "impl.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <belay/com/apartment.h>

static const CLSID CLSID_Thing = {
	0x5f3a1c00, 0x1111, 0x4222, {0x83, 0x33, 1, 2, 3, 4, 5, 6}};

/* A class object that counts; what it creates is an event. */
struct factory {
	IClassFactory iface;
	ULONG references;
	IUnknown *outer;
};

static HRESULT factory_QueryInterface(IClassFactory *iface, REFIID riid,
				      void **ppv)
{
	return belayi_query_only(iface, &IID_IClassFactory, riid, ppv);
}

static ULONG factory_AddRef(IClassFactory *iface)
{
	return __atomic_add_fetch(&((struct factory *)iface)->references, 1,
				  __ATOMIC_SEQ_CST);
}

static ULONG factory_Release(IClassFactory *iface)
{
	return __atomic_sub_fetch(&((struct factory *)iface)->references, 1,
				  __ATOMIC_SEQ_CST);
}

static HRESULT factory_CreateInstance(IClassFactory *iface, IUnknown *outer,
				      REFIID riid, void **ppv)
{
	((struct factory *)iface)->outer = outer;
	return CoCreateInstance(&CLSID_StdEvent, NULL, CLSCTX_INPROC_SERVER,
				riid, ppv);
}

static HRESULT factory_LockServer(IClassFactory *iface, BOOL lock)
{
	(void)iface;
	(void)lock;
	return S_OK;
}

static IClassFactoryVtbl factory_vtbl = {
	factory_QueryInterface, factory_AddRef,     factory_Release,
	factory_CreateInstance, factory_LockServer,
};

#define FACTORY                                                                \
	{                                                                      \
		.iface = {&factory_vtbl}, .references = 1                      \
	}

static int enter(void **state)
{
	(void)state;
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	CoUninitialize();
	return 0;
}

static DWORD register_it(struct factory *factory, DWORD context, DWORD flags)
{
	DWORD cookie = 0;

	assert_int_equal(CoRegisterClassObject(&CLSID_Thing,
					       (IUnknown *)&factory->iface,
					       context, flags, &cookie),
			 S_OK);
	assert_int_not_equal(cookie, 0);
	return cookie;
}

static HRESULT get(DWORD context)
{
	IClassFactory *found = NULL;
	HRESULT hr = CoGetClassObject(&CLSID_Thing, context, NULL,
				      &IID_IClassFactory, (void **)&found);

	assert_int_equal(found != NULL, SUCCEEDED(hr));
	if (found)
		(void)IClassFactory_Release(found);
	return hr;
}

static void a_registered_class_is_found_until_it_is_revoked(void **state)
{
	struct factory factory = FACTORY;
	IClassFactory *found;
	DWORD cookie;

	(void)state;
	assert_int_equal(get(CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
	cookie =
		register_it(&factory, CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE);
	assert_int_equal(factory.references, 2);
	assert_int_equal(CoGetClassObject(&CLSID_Thing, CLSCTX_ALL, NULL,
					  &IID_IClassFactory, (void **)&found),
			 S_OK);
	assert_ptr_equal(found, &factory.iface);
	assert_int_equal(IClassFactory_Release(found), 2);
	assert_int_equal(get(CLSCTX_LOCAL_SERVER), REGDB_E_CLASSNOTREG);
	assert_int_equal(CoRevokeClassObject(cookie), S_OK);
	assert_int_equal(factory.references, 1);
	assert_int_equal(get(CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
	assert_int_equal(CoRevokeClassObject(cookie), CO_E_OBJNOTREG);
}

static void an_object_is_created_by_its_class(void **state)
{
	struct factory factory = FACTORY;
	ISynchronize *object;
	DWORD cookie =
		register_it(&factory, CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE);

	(void)state;
	assert_int_equal(CoCreateInstance(&CLSID_Thing,
					  (IUnknown *)&factory.iface,
					  CLSCTX_INPROC_SERVER,
					  &IID_ISynchronize, (void **)&object),
			 S_OK);
	assert_ptr_equal(factory.outer, &factory.iface);
	assert_int_equal(ISynchronize_Release(object), 0);
	assert_int_equal(CoCreateInstance(&CLSID_Thing, NULL,
					  CLSCTX_INPROC_SERVER, &IID_IStream,
					  (void **)&object),
			 E_NOINTERFACE);
	assert_null(object);
	assert_int_equal(CoRevokeClassObject(cookie), S_OK);
	assert_int_equal(factory.references, 1);
}

static void a_class_for_a_single_use_is_found_once(void **state)
{
	struct factory factory = FACTORY;
	DWORD cookie =
		register_it(&factory, CLSCTX_LOCAL_SERVER, REGCLS_SINGLEUSE);

	(void)state;
	assert_int_equal(get(CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
	assert_int_equal(get(CLSCTX_LOCAL_SERVER), S_OK);
	assert_int_equal(get(CLSCTX_LOCAL_SERVER), REGDB_E_CLASSNOTREG);
	assert_int_equal(CoRevokeClassObject(cookie), S_OK);
	assert_int_equal(factory.references, 1);
}

static void a_local_server_for_many_uses_serves_its_own_process(void **state)
{
	struct factory factory = FACTORY;
	DWORD cookie;

	(void)state;
	cookie = register_it(&factory, CLSCTX_LOCAL_SERVER, REGCLS_MULTIPLEUSE);
	assert_int_equal(get(CLSCTX_INPROC_SERVER), S_OK);
	assert_int_equal(get(CLSCTX_LOCAL_SERVER), S_OK);
	assert_int_equal(CoRevokeClassObject(cookie), S_OK);
	cookie = register_it(&factory, CLSCTX_LOCAL_SERVER,
			     REGCLS_MULTI_SEPARATE);
	assert_int_equal(get(CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
	assert_int_equal(get(CLSCTX_LOCAL_SERVER), S_OK);
	assert_int_equal(CoRevokeClassObject(cookie), S_OK);
}

static void an_apartment_registers_a_class_once(void **state)
{
	struct factory factory = FACTORY;
	DWORD local = register_it(&factory, CLSCTX_LOCAL_SERVER,
				  REGCLS_MULTI_SEPARATE);
	DWORD inproc = register_it(&factory, CLSCTX_INPROC_SERVER,
				   REGCLS_MULTI_SEPARATE);
	DWORD again = 1;

	(void)state;
	assert_int_equal(CoRegisterClassObject(&CLSID_Thing,
					       (IUnknown *)&factory.iface,
					       CLSCTX_INPROC_SERVER,
					       REGCLS_MULTIPLEUSE, &again),
			 CO_E_OBJISREG);
	assert_int_equal(again, 0);
	assert_int_equal(factory.references, 3);
	assert_int_equal(CoRevokeClassObject(local), S_OK);
	assert_int_equal(CoRevokeClassObject(inproc), S_OK);
	assert_int_equal(factory.references, 1);
}

static void a_suspended_class_is_found_when_classes_are_resumed(void **state)
{
	struct factory factory = FACTORY;
	DWORD cookie = register_it(&factory, CLSCTX_INPROC_SERVER,
				   REGCLS_MULTIPLEUSE | REGCLS_SUSPENDED);

	(void)state;
	assert_int_equal(get(CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
	assert_int_equal(CoResumeClassObjects(), S_OK);
	assert_int_equal(get(CLSCTX_INPROC_SERVER), S_OK);
	assert_int_equal(CoSuspendClassObjects(), S_OK);
	assert_int_equal(get(CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
	assert_int_equal(CoRevokeClassObject(cookie), S_OK);
}

static void an_apartment_that_ends_takes_its_classes_along(void **state)
{
	struct factory factory = FACTORY;
	DWORD cookie;

	(void)state;
	assert_int_equal(CoInitialize(NULL), S_OK);
	cookie =
		register_it(&factory, CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE);
	CoUninitialize();
	assert_int_equal(factory.references, 1);
	assert_int_equal(CoInitialize(NULL), S_OK);
	assert_int_equal(get(CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
	assert_int_equal(CoRevokeClassObject(cookie), CO_E_OBJNOTREG);
	CoUninitialize();
}

static int look_in_child(void)
{
	ISynchronize *event;

	if (get(CLSCTX_INPROC_SERVER) != CO_E_NOTINITIALIZED)
		return 1;
	if (CoInitialize(NULL) != S_OK)
		return 2;
	if (get(CLSCTX_INPROC_SERVER) != REGDB_E_CLASSNOTREG)
		return 3;
	if (CoCreateInstance(&CLSID_StdEvent, NULL, CLSCTX_INPROC_SERVER,
			     &IID_ISynchronize, (void **)&event) != S_OK)
		return 4;
	return ISynchronize_Wait(event, 0, 1) == RPC_S_CALLPENDING ? 0 : 5;
}

static void a_child_has_none_of_the_classes(void **state)
{
	struct factory factory = FACTORY;
	DWORD cookie =
		register_it(&factory, CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE);
	pid_t child = fork();
	int status;

	(void)state;
	assert_true(child >= 0);
	if (child == 0)
		_exit(look_in_child());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(get(CLSCTX_INPROC_SERVER), S_OK);
	assert_int_equal(CoRevokeClassObject(cookie), S_OK);
}

static void *revoke_elsewhere(void *data)
{
	const DWORD *cookie = data;

	assert_int_equal(CoInitialize(NULL), S_OK);
	assert_int_equal(CoRevokeClassObject(*cookie), RPC_E_WRONG_THREAD);
	CoUninitialize();
	return NULL;
}

static void only_its_apartment_can_revoke_a_class(void **state)
{
	struct factory factory = FACTORY;
	DWORD cookie =
		register_it(&factory, CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE);
	pthread_t thread;

	(void)state;
	assert_int_equal(
		pthread_create(&thread, NULL, revoke_elsewhere, &cookie), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(get(CLSCTX_INPROC_SERVER), S_OK);
	assert_int_equal(CoRevokeClassObject(cookie), S_OK);
}

static void the_classes_of_the_runtime_have_class_objects(void **state)
{
	static const CLSID *const clsids[] = {&CLSID_ManualResetEvent,
					      &CLSID_StdEvent,
					      &CLSID_SynchronizeContainer};
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		IClassFactory *factory;
		IUnknown *object;

		assert_int_equal(
			CoGetClassObject(clsids[i], CLSCTX_INPROC_SERVER, NULL,
					 &IID_IClassFactory, (void **)&factory),
			S_OK);
		assert_int_equal(IClassFactory_LockServer(factory, TRUE), S_OK);
		assert_int_equal(IClassFactory_LockServer(factory, FALSE),
				 S_OK);
		assert_int_equal(IClassFactory_CreateInstance(factory, NULL,
							      &IID_IUnknown,
							      (void **)&object),
				 S_OK);
		assert_int_equal(IUnknown_Release(object), 0);
		assert_int_equal(IClassFactory_CreateInstance(factory, NULL,
							      &IID_IStream,
							      (void **)&object),
				 E_NOINTERFACE);
		assert_null(object);
		(void)IClassFactory_Release(factory);
		assert_int_equal(
			CoGetClassObject(clsids[i], CLSCTX_LOCAL_SERVER, NULL,
					 &IID_IClassFactory, (void **)&factory),
			REGDB_E_CLASSNOTREG);
	}
}

static void without_an_apartment_there_are_no_classes(void **state)
{
	struct factory factory = FACTORY;
	void *object = &factory;
	DWORD cookie = 1;

	(void)state;
	assert_int_equal(CoCreateInstance(&CLSID_StdEvent, NULL,
					  CLSCTX_INPROC_SERVER, &IID_IUnknown,
					  &object),
			 CO_E_NOTINITIALIZED);
	assert_null(object);
	assert_int_equal(get(CLSCTX_INPROC_SERVER), CO_E_NOTINITIALIZED);
	assert_int_equal(CoRegisterClassObject(&CLSID_Thing,
					       (IUnknown *)&factory.iface,
					       CLSCTX_INPROC_SERVER,
					       REGCLS_MULTIPLEUSE, &cookie),
			 CO_E_NOTINITIALIZED);
	assert_int_equal(cookie, 0);
	assert_int_equal(CoRevokeClassObject(1), CO_E_NOTINITIALIZED);
}

static void wrong_arguments_are_refused(void **state)
{
	struct factory factory = FACTORY;
	IUnknown *unknown = (IUnknown *)&factory.iface;
	DWORD cookie;
	void *object;

	(void)state;
	assert_int_equal(CoRegisterClassObject(&CLSID_Thing, NULL, CLSCTX_ALL,
					       0, &cookie),
			 E_INVALIDARG);
	assert_int_equal(CoRegisterClassObject(&CLSID_Thing, unknown,
					       CLSCTX_ALL, 0, NULL),
			 E_INVALIDARG);
	assert_int_equal(
		CoRegisterClassObject(&CLSID_Thing, unknown, 0, 0, &cookie),
		E_INVALIDARG);
	assert_int_equal(CoRegisterClassObject(&CLSID_Thing, unknown,
					       CLSCTX_ALL, 0x40, &cookie),
			 E_INVALIDARG);
	assert_int_equal(CoGetClassObject(&CLSID_Thing, CLSCTX_ALL, NULL,
					  &IID_IUnknown, NULL),
			 E_INVALIDARG);
	assert_int_equal(CoGetClassObject(&CLSID_Thing, CLSCTX_ALL, &cookie,
					  &IID_IUnknown, &object),
			 E_INVALIDARG);
	assert_int_equal(CoCreateInstance(&CLSID_Thing, NULL, CLSCTX_ALL,
					  &IID_IUnknown, NULL),
			 E_POINTER);
	assert_int_equal(CoRevokeClassObject(0), CO_E_OBJNOTREG);
	assert_int_equal(factory.references, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(a_registered_class_is_found_until_it_is_revoked),
		TEST(an_object_is_created_by_its_class),
		TEST(a_class_for_a_single_use_is_found_once),
		TEST(a_local_server_for_many_uses_serves_its_own_process),
		TEST(an_apartment_registers_a_class_once),
		TEST(a_suspended_class_is_found_when_classes_are_resumed),
		TEST(a_child_has_none_of_the_classes),
		TEST(only_its_apartment_can_revoke_a_class),
		TEST(the_classes_of_the_runtime_have_class_objects),
		TEST(wrong_arguments_are_refused),
		cmocka_unit_test(
			an_apartment_that_ends_takes_its_classes_along),
		cmocka_unit_test(without_an_apartment_there_are_no_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
