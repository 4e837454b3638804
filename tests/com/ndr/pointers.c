/* SPDX-License-Identifier: MIT */
/*
 * pointers.c - ref and unique pointers go through messages
 */
#define INTERFACE_OF_TEST IPointers

#include "pointers.h"

#include "case.h"

extern const ExtendedProxyFileInfo pointers_ProxyFileInfo;

static struct loop loop;
static IPointers *const proxy = (IPointers *)(void *)&loop;

METHOD(ref, LONG *a, LONG *doubled)
{
	(void)This;
	*doubled = 2 * *a;
	return S_OK;
}

METHOD(unique, LONG *a, BOOL *is_null)
{
	(void)This;
	*is_null = !a;
	return S_OK;
}

METHOD(unique_twice, LONG *a)
{
	(void)This;
	if (!a)
		return S_FALSE;
	*a *= 2;
	return S_OK;
}

METHOD(deep, LONG **a, LONG *value)
{
	(void)This;
	*value = *a ? **a : -1;
	return S_OK;
}

METHOD(make_long, LONG **a)
{
	(void)This;
	*a = made(sizeof(**a));
	**a = 17;
	return S_OK;
}

METHOD(make_none, LONG **a)
{
	(void)This;
	*a = NULL;
	return S_OK;
}

METHOD(change, LONG **a)
{
	(void)This;
	if (*a) {
		free(*a);
		*a = NULL;
		return S_OK;
	}
	return make_long(This, a);
}

METHOD(copy_guid, REFGUID a, GUID *b)
{
	(void)This;
	*b = *a;
	return S_OK;
}

METHOD(compare, REFIID a, const GUID *b, BOOL *equal)
{
	(void)This;
	*equal = memcmp(a, b, sizeof(GUID)) == 0;
	return S_OK;
}

static const IPointersVtbl vtable = {
	OBJECT_UNKNOWN,        .Ref = ref,
	.Unique = unique,      .UniqueTwice = unique_twice,
	.Deep = deep,          .Make = make_long,
	.MakeNone = make_none, .Change = change,
	.Guid = copy_guid,     .Iid = compare,
};

static struct object object = {&vtable, &IID_IPointers, 1, 0};

static int setup(void **state)
{
	(void)state;
	assert_ok(belay_register_proxies(&pointers_ProxyFileInfo));
	loop_init(&loop, &IID_IPointers, &object);
	return 0;
}

static void pointers_lead_to_what_was_sent(void **state)
{
	LONG value = 21, doubled, *to = &value;
	BOOL is_null;

	(void)state;
	assert_ok(IPointers_Ref(proxy, &value, &doubled));
	assert_int_equal(doubled, 42);
	assert_int_equal(IPointers_Ref(proxy, NULL, &doubled),
			 HRESULT_FROM_WIN32(RPC_X_NULL_REF_POINTER));
	assert_ok(IPointers_Unique(proxy, NULL, &is_null));
	assert_true(is_null);
	assert_ok(IPointers_Unique(proxy, &value, &is_null));
	assert_false(is_null);
	assert_ok(IPointers_UniqueTwice(proxy, &value));
	assert_int_equal(value, 42);
	assert_int_equal(IPointers_UniqueTwice(proxy, NULL), S_FALSE);
	assert_ok(IPointers_Deep(proxy, &to, &doubled));
	assert_int_equal(doubled, 42);
	to = NULL;
	assert_ok(IPointers_Deep(proxy, &to, &doubled));
	assert_int_equal(doubled, -1);
}

static void pointers_come_back(void **state)
{
	const GUID guid = IID_ISynchronize;
	LONG *to = (LONG *)state;
	BOOL equal;
	GUID copy;

	assert_ok(IPointers_MakeNone(proxy, &to));
	assert_null(to);
	assert_ok(IPointers_Make(proxy, &to));
	assert_int_equal(*to, 17);
	assert_ok(IPointers_Change(proxy, &to));
	assert_null(to);
	assert_ok(IPointers_Change(proxy, &to));
	assert_int_equal(*to, 17);
	free(to);
	assert_ok(IPointers_Guid(proxy, &guid, &copy));
	assert_memory_equal(&copy, &guid, sizeof(guid));
	assert_ok(IPointers_Iid(proxy, &guid, &copy, &equal));
	assert_true(equal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointers_lead_to_what_was_sent),
		cmocka_unit_test(pointers_come_back),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
