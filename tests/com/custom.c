/* SPDX-License-Identifier: MIT */
/*
 * custom.c - objects that marshal themselves, and those good everywhere
 *
 * The object of `home` writes its value; the class that it names is registered
 * in `away`, and makes a new object with the same value there.
 */
#define COBJMACROS

#include <stdlib.h>
#include <string.h>

#include "pair.h"
#include "unknown.h"

#define VALUE 4711

static const CLSID clsid_by_value = {
	0xb1a7ca1c, 0x0003, 0x4e5a, {0x9c, 0x11, 0x5d, 0x1f, 0x0a, 0x6b, 0, 1}};

static uint32_t released; /* how often the class released data */
static HRESULT answer;    /* of MarshalInterface */
static DWORD cookie;

/* --- The class: IMarshal and IClassFactory ------------------------------- */

ETERNAL(IMarshal, marshal)

static HRESULT STDMETHODCALLTYPE get_class(IMarshal *This, REFIID iid,
					   void *object, DWORD mshctx,
					   void *context, DWORD mshlflags,
					   CLSID *ret_clsid)
{
	(void)This, (void)iid, (void)object;
	(void)mshctx, (void)context, (void)mshlflags;
	*ret_clsid = clsid_by_value;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_size(IMarshal *This, REFIID iid,
					  void *object, DWORD mshctx,
					  void *context, DWORD mshlflags,
					  DWORD *ret_size)
{
	(void)This, (void)iid, (void)object;
	(void)mshctx, (void)context, (void)mshlflags;
	*ret_size = sizeof(LONG);
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE put(IMarshal *This, IStream *stream,
				     REFIID iid, void *object, DWORD mshctx,
				     void *context, DWORD mshlflags)
{
	struct counted *counted = object;
	HRESULT result =
		IStream_Write(stream, &counted->memory, sizeof(LONG), NULL);

	(void)This, (void)iid, (void)mshctx, (void)context, (void)mshlflags;
	return FAILED(result) ? result : answer;
}

static HRESULT STDMETHODCALLTYPE get(IMarshal *This, IStream *stream,
				     REFIID iid, void **ret_object)
{
	struct counted *counted;
	unsigned char bytes[sizeof(LONG) + 1];
	ULONG size = 0;
	HRESULT result = IStream_Read(stream, bytes, sizeof(bytes), &size);

	(void)This;
	/* Its own data, and nothing of what stands behind. */
	if (FAILED(result) || size != sizeof(LONG))
		return STG_E_READFAULT;
	counted = counted_new(false);
	memcpy(&counted->memory, bytes, sizeof(LONG));
	result = ICalcMemory_QueryInterface(&counted->calc, iid, ret_object);
	ICalcMemory_Release(&counted->calc);
	return result;
}

static HRESULT STDMETHODCALLTYPE release_data(IMarshal *This, IStream *stream)
{
	(void)This, (void)stream;
	released++;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE disconnect(IMarshal *This, DWORD reserved)
{
	(void)This, (void)reserved;
	return S_OK;
}

static CONST_VTBL IMarshalVtbl marshal_vtable = {
	marshal_QueryInterface,
	marshal_AddRef,
	marshal_Release,
	get_class,
	get_size,
	put,
	get,
	release_data,
	disconnect,
};

static IMarshal marshal = {&marshal_vtable};

ETERNAL(IClassFactory, factory)

static HRESULT STDMETHODCALLTYPE create(IClassFactory *This, IUnknown *outer,
					REFIID iid, void **ret_object)
{
	(void)This, (void)outer;
	return IMarshal_QueryInterface(&marshal, iid, ret_object);
}

static HRESULT STDMETHODCALLTYPE lock_server(IClassFactory *This, BOOL lock)
{
	(void)This, (void)lock;
	return S_OK;
}

static CONST_VTBL IClassFactoryVtbl factory_vtable = {
	factory_QueryInterface,
	factory_AddRef,
	factory_Release,
	create,
	lock_server,
};

static IClassFactory factory = {&factory_vtable};

static void register_class(void *data)
{
	(void)data;
	if (FAILED(CoRegisterClassObject(&clsid_by_value, (IUnknown *)&factory,
					 CLSCTX_INPROC_SERVER,
					 REGCLS_MULTIPLEUSE, &cookie)))
		abort();
}

static void revoke_class(void *data)
{
	(void)data;
	if (FAILED(CoRevokeClassObject(cookie)))
		abort();
}

static int open_class(void **state)
{
	answer = S_OK;
	released = 0;
	return open_rooms(state);
}

/* --- Custom marshaling --------------------------------------------------- */

static void make_by_value(void *data)
{
	struct parcel *parcel = data;

	parcel_make(parcel);
	parcel->counted->memory = VALUE;
	parcel->counted->inner = (IUnknown *)&marshal;
}

static void an_object_is_marshaled_as_it_says(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC};
	struct counted *original;

	(void)state;
	room_run(&away, register_class, NULL);
	room_run(&home, make_by_value, &parcel);
	original = parcel.counted;
	room_run(&home, parcel_pack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_int_equal(counted_refs(original), 1);
	room_run(&home, parcel_drop, &parcel);
	assert_int_equal(counted_alive(), 0);
	room_run(&away, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_int_equal(((struct counted *)parcel.pointer)->memory, VALUE);
	/* No proxy of ours: it offers what it has, and nothing else. */
	parcel.iid = &IID_ICallFactory;
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, E_NOINTERFACE);
	room_run(&away, parcel_drop, &parcel);
	parcel_close(&parcel);
	room_run(&away, revoke_class, NULL);
}

static void its_class_releases_what_nobody_unmarshals(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC};

	(void)state;
	room_run(&away, register_class, NULL);
	room_run(&home, make_by_value, &parcel);
	room_run(&home, parcel_pack, &parcel);
	room_run(&home, parcel_drop, &parcel);
	room_run(&away, parcel_throw, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_int_equal(released, 1);
	parcel_close(&parcel);
	room_run(&away, revoke_class, NULL);
}

static void without_its_class_there_is_no_object(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC};

	(void)state;
	room_run(&home, make_by_value, &parcel);
	room_run(&home, parcel_pack, &parcel);
	room_run(&home, parcel_drop, &parcel);
	room_run(&away, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, REGDB_E_CLASSNOTREG);
	assert_null(parcel.pointer);
	parcel_close(&parcel);
}

static void a_marshaler_that_fails_writes_nothing(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC};
	unsigned char first;
	ULONG size = 1;

	(void)state;
	answer = E_ACCESSDENIED;
	room_run(&home, make_by_value, &parcel);
	room_run(&home, parcel_pack, &parcel);
	assert_int_equal(parcel.result, E_ACCESSDENIED);
	assert_true(SUCCEEDED(IStream_Read(parcel.stream, &first, 1, &size)));
	assert_int_equal(size, 0);
	room_run(&home, parcel_drop, &parcel);
	parcel_close(&parcel);
}

/* --- The free-threaded marshaler ----------------------------------------- */

static void a_free_threaded_object_is_itself_everywhere(void **state)
{
	static const DWORD kinds[] = {MSHLFLAGS_NORMAL, MSHLFLAGS_TABLESTRONG};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct parcel parcel = {.mshctx = MSHCTX_INPROC,
					.mshlflags = kinds[i]};
		struct counted *counted;

		room_run(&home, parcel_make_free_threaded, &parcel);
		counted = parcel.counted;
		room_run(&home, parcel_pack, &parcel);
		assert_int_equal(parcel.result, S_OK);
		room_run(&home, parcel_drop, &parcel);
		assert_int_equal(counted_refs(counted), 1);
		room_run(&away, parcel_unpack, &parcel);
		assert_int_equal(parcel.result, S_OK);
		assert_ptr_equal(parcel.pointer, counted);
		room_run(&away, parcel_unpack_other, &parcel);
		assert_int_equal(parcel.result,
				 i ? S_OK : CO_E_OBJNOTCONNECTED);
		if (parcel.other)
			room_run(&away, parcel_drop_other, &parcel);
		room_run(&away, parcel_drop, &parcel);
		room_run(&away, parcel_throw, &parcel);
		assert_int_equal(parcel.result,
				 i ? S_OK : CO_E_OBJNOTCONNECTED);
		parcel_close(&parcel);
		assert_int_equal(counted_alive(), 0);
	}
}

static void weak_packets_do_not_keep_it(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC,
				.mshlflags = MSHLFLAGS_TABLEWEAK};

	(void)state;
	room_run(&home, parcel_make_free_threaded, &parcel);
	room_run(&home, parcel_pack, &parcel);
	assert_int_equal(counted_refs(parcel.counted), 1);
	room_run(&home, parcel_throw, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&home, parcel_drop, &parcel);
	parcel_close(&parcel);
}

static void outside_of_the_process_it_is_a_proxy(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_LOCAL};

	(void)state;
	room_run(&home, parcel_make_free_threaded, &parcel);
	room_run(&home, parcel_pack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&home, parcel_drop, &parcel);
	room_run(&away, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_ptr_not_equal(parcel.pointer, parcel.counted);
	room_run(&away, parcel_drop, &parcel);
	parcel_close(&parcel);
	assert_gone();
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, open_class, close_rooms)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_object_is_marshaled_as_it_says),
		TEST(its_class_releases_what_nobody_unmarshals),
		TEST(without_its_class_there_is_no_object),
		TEST(a_marshaler_that_fails_writes_nothing),
		TEST(a_free_threaded_object_is_itself_everywhere),
		TEST(weak_packets_do_not_keep_it),
		TEST(outside_of_the_process_it_is_a_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
