/* SPDX-License-Identifier: MIT */
/*
 * confined_proxies.c - proxies in a process that may not have code made
 *
 *     com-confined_proxies made|refused
 *
 * says what is expected of methods whose arguments do not all go in integer
 * registers. What is refused is for confined.c to say.
 */
#define COBJMACROS

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "check.h"
#include "impl.h"
#include "rooms.h"
#include "unknown.h"
#include "wide.h"

extern const ExtendedProxyFileInfo wide_ProxyFileInfo;

static bool is_refused;
static struct room home;

/* --- The object ---------------------------------------------------------- */

struct object {
	INarrow narrow;
	IWide wide;
	IReal real;
};

static HRESULT object_query(struct object *object, REFIID riid, void **ppv)
{
	*ppv = NULL;
	if (IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_INarrow))
		*ppv = &object->narrow;
	if (IsEqualIID(riid, &IID_IWide))
		*ppv = &object->wide;
	if (IsEqualIID(riid, &IID_IReal))
		*ppv = &object->real;
	return *ppv ? S_OK : E_NOINTERFACE;
}

/* It is always there. */
static ULONG object_count(const struct object *object)
{
	return object ? 2 : 0;
}

BELAYI_UNKNOWN(INarrow, object, narrow, object_query, object_count,
	       object_count)
BELAYI_UNKNOWN(IWide, object, wide, object_query, object_count, object_count)
BELAYI_UNKNOWN(IReal, object, real, object_query, object_count, object_count)

static HRESULT STDMETHODCALLTYPE narrow_Sum(INarrow *This, LONG a, LONG b,
					    hyper c, SHORT d, hyper *sum)
{
	(void)This;
	*sum = a + b + c + d;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE wide_Negate(IWide *This, LONG a,
					     LONG *negative)
{
	(void)This;
	*negative = -a;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE wide_Sum(IWide *This, LONG a, LONG b, hyper c,
					  SHORT d, LONG e, hyper *sum)
{
	(void)This;
	*sum = a + b + c + d + e;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE real_Half(IReal *This, double value,
					   double *half)
{
	(void)This;
	*half = value / 2;
	return S_OK;
}

static CONST_VTBL INarrowVtbl narrow_vtable = {
	narrow_QueryInterface,
	narrow_AddRef,
	narrow_Release,
	narrow_Sum,
};
static CONST_VTBL IWideVtbl wide_vtable = {
	wide_QueryInterface, wide_AddRef, wide_Release, wide_Negate, wide_Sum,
};
static CONST_VTBL IRealVtbl real_vtable = {
	real_QueryInterface,
	real_AddRef,
	real_Release,
	real_Half,
};

static struct object object = {
	{&narrow_vtable},
	{&wide_vtable},
	{&real_vtable},
};

/* --- The client: this thread --------------------------------------------- */

struct packing {
	const IID *iid;
	IStream *stream;
	HRESULT result;
};

static void pack(void *data)
{
	struct packing *packing = data;
	void *pointer;

	packing->result = object_query(&object, packing->iid, &pointer);
	if (SUCCEEDED(packing->result))
		packing->result = CoMarshalInterThreadInterfaceInStream(
			packing->iid, pointer, &packing->stream);
}

/* What the server does needs no code: only a client's proxies can. */
static HRESULT unpack(REFIID iid, void *ret_proxy)
{
	struct packing packing = {.iid = iid};

	room_run(&home, pack, &packing);
	assert_int_equal(packing.result, S_OK);
	return CoGetInterfaceAndReleaseStream(packing.stream, iid, ret_proxy);
}

static int open_home(void **state)
{
	(void)state;
	room_open(&home, COINIT_APARTMENTTHREADED);
	if (FAILED(belay_register_proxies(&wide_ProxyFileInfo)))
		return -1;
	return FAILED(CoInitializeEx(NULL, COINIT_MULTITHREADED)) ? -1 : 0;
}

static int close_home(void **state)
{
	(void)state;
	CoUninitialize();
	room_close(&home);
	return 0;
}

static void *call_object(void *proxy, REFIID async_iid)
{
	ICallFactory *factory = AS(proxy, ICallFactory);
	void *call = NULL;

	assert_int_equal(ICallFactory_CreateCall(factory, async_iid, NULL,
						 async_iid, (IUnknown **)&call),
			 S_OK);
	(void)ICallFactory_Release(factory);
	return call;
}

static void check_narrow(INarrow *narrow)
{
	AsyncINarrow *call = call_object(narrow, &IID_AsyncINarrow);
	hyper sum = 0;

	assert_int_equal(INarrow_Sum(narrow, 1, -2, 1LL << 40, 8, &sum), S_OK);
	assert_true(sum == (1LL << 40) + 7);
	assert_int_equal(AsyncINarrow_Begin_Sum(call, 1, 2, 3, 4), S_OK);
	assert_int_equal(AsyncINarrow_Finish_Sum(call, &sum), S_OK);
	assert_true(sum == 10);
	(void)AsyncINarrow_Release(call);
}

/* --- stderr -------------------------------------------------------------- */

static FILE *said;
static int real_stderr;

static void listen_to_stderr(void)
{
	said = tmpfile();
	real_stderr = dup(STDERR_FILENO);
	assert_non_null(said);
	assert_true(real_stderr >= 0);
	assert_true(dup2(fileno(said), STDERR_FILENO) >= 0);
}

/* What stood there since; up to a length that no line has. */
static void heard(char text[512])
{
	ssize_t length = pread(fileno(said), text, 511, 0);

	assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
	assert_int_equal(close(real_stderr), 0);
	assert_int_equal(fclose(said), 0);
	assert_true(length >= 0);
	text[length] = '\0';
}

/* --- Tests --------------------------------------------------------------- */

static void what_goes_in_registers_works(void **state)
{
	INarrow *narrow;

	(void)state;
	assert_int_equal(unpack(&IID_INarrow, &narrow), S_OK);
	check_narrow(narrow);
	(void)INarrow_Release(narrow);
}

static void check_wide(IWide *wide)
{
	AsyncIWide *call = call_object(wide, &IID_AsyncIWide);
	hyper sum = 0;

	assert_int_equal(IWide_Sum(wide, 1, 2, 3, 4, 5, &sum), S_OK);
	assert_true(sum == 15);
	assert_int_equal(AsyncIWide_Begin_Sum(call, 1, 2, 3, 4, 5), S_OK);
	assert_int_equal(AsyncIWide_Finish_Sum(call, &sum), S_OK);
	assert_true(sum == 15);
	(void)AsyncIWide_Release(call);
	(void)IWide_Release(wide);
}

static void more_arguments_need_code(void **state)
{
	IWide *wide = NULL;
	char text[512];
	HRESULT first, second;

	(void)state;
	listen_to_stderr();
	first = unpack(&IID_IWide, &wide);
	second = first == S_OK ? S_OK : unpack(&IID_IWide, &wide);
	heard(text);
	assert_int_equal(first, is_refused ? E_ACCESSDENIED : S_OK);
	assert_int_equal(second, first);
	if (!is_refused) {
		assert_string_equal(text, "");
		check_wide(wide);
		return;
	}
	assert_null(wide);
	assert_string_equal(
		text,
		"belay: Cannot make proxies: interface=\"IWide\", "
		"method=\"Sum\", error=\"its arguments do not all go in "
		"integer registers, so it needs code made at run time, which "
		"is refused here\"\n");
}

static void so_do_floating_point_numbers(void **state)
{
	IReal *real = NULL;
	char text[512];
	HRESULT result;
	double half = 0;

	(void)state;
	listen_to_stderr();
	result = unpack(&IID_IReal, &real);
	heard(text);
	assert_int_equal(result, is_refused ? E_ACCESSDENIED : S_OK);
	assert_int_equal(is_refused,
			 strstr(text, "\"IReal\", method=\"Half\"") != NULL);
	if (is_refused)
		return;
	assert_int_equal(IReal_Half(real, 5, &half), S_OK);
	assert_true(half == 2.5);
	(void)IReal_Release(real);
}

static void an_object_keeps_what_it_has_besides(void **state)
{
	const HRESULT expected = is_refused ? E_ACCESSDENIED : S_OK;
	ICallFactory *factory;
	INarrow *narrow;
	IUnknown *call = NULL;
	IWide *wide = NULL;

	(void)state;
	assert_int_equal(unpack(&IID_INarrow, &narrow), S_OK);
	assert_int_equal(
		INarrow_QueryInterface(narrow, &IID_IWide, (void **)&wide),
		expected);
	factory = AS(narrow, ICallFactory);
	assert_int_equal(ICallFactory_CreateCall(factory, &IID_AsyncIWide, NULL,
						 &IID_IUnknown, &call),
			 expected);
	assert_int_equal(!wide, is_refused);
	assert_int_equal(!call, is_refused);
	if (wide)
		(void)IWide_Release(wide);
	if (call)
		(void)IUnknown_Release(call);
	check_narrow(narrow);
	(void)ICallFactory_Release(factory);
	(void)INarrow_Release(narrow);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_registers_works),
		cmocka_unit_test(more_arguments_need_code),
		cmocka_unit_test(so_do_floating_point_numbers),
		cmocka_unit_test(an_object_keeps_what_it_has_besides),
	};

	is_refused = argc > 1 && !strcmp(argv[1], "refused");
	return cmocka_run_group_tests(tests, open_home, close_home);
}
