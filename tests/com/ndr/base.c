/* SPDX-License-Identifier: MIT */
/*
 * base.c - numbers, enumerations and pointers to them go through messages, and
 * what methods return that is no HRESULT
 */
#define INTERFACE_OF_TEST IBase

#include "base.h"
#include "odd.h"

#include "case.h"

extern const ExtendedProxyFileInfo base_ProxyFileInfo;
extern const ExtendedProxyFileInfo odd_ProxyFileInfo;
extern const ExtendedProxyFileInfo pointers_ProxyFileInfo;

static struct loop loop, odd_loop;
static IBase *const proxy = (IBase *)(void *)&loop;
static IOdd *const odd = (IOdd *)(void *)&odd_loop;
static int64_t got[6];

METHOD(in_small, char a, unsigned char b, byte c, boolean d, char e,
       unsigned char f)
{
	(void)This;
	got[0] = (signed char)a;
	got[1] = b;
	got[2] = c;
	got[3] = d;
	got[4] = (signed char)e;
	got[5] = f;
	return S_OK;
}

METHOD(in_short, short a, unsigned short b, WCHAR c)
{
	(void)This;
	got[0] = a;
	got[1] = b;
	got[2] = c;
	return S_OK;
}

METHOD(in_hyper, hyper a, MIDL_uhyper b, LONG64 c, LONGLONG d, ULONG64 e)
{
	(void)This;
	got[0] = a;
	got[1] = (int64_t)b;
	return c + d == 3 && e == UINT64_MAX ? S_OK : E_FAIL;
}

METHOD(in_mixed, char a, double b, short c, float d, hyper e, byte f, double g,
       LONG h, double i, double j, double k, double l, double m, double n,
       double *sum)
{
	(void)This;
	*sum = a + b + c + (double)d + (double)e + f + g + h + i + j + k + l +
	       m + n;
	return S_OK;
}

METHOD(out_small, char *a, unsigned char *b, byte *c, boolean *d, char *e)
{
	(void)This;
	*a = -1;
	*b = 200;
	*c = 3;
	*d = 1;
	*e = 'e';
	return S_OK;
}

METHOD(out_enum, Colour *a, Wide *b)
{
	(void)This;
	*a = COLOUR_BLUE;
	*b = WIDE_MOST;
	return S_OK;
}

METHOD(twice, char *a, short *b, LONG *c, hyper *d, float *e, double *f)
{
	(void)This;
	*a = (char)(2 * *a);
	*b = (short)(2 * *b);
	*c *= 2;
	*d *= 2;
	*e *= 2;
	*f *= 2;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE nothing(IBase *This)
{
	(void)This;
	return E_ACCESSDENIED;
}

static const IBaseVtbl vtable = {
	OBJECT_UNKNOWN,      .InSmall = in_small, .InShort = in_short,
	.InHyper = in_hyper, .InMixed = in_mixed, .OutSmall = out_small,
	.OutEnum = out_enum, .Twice = twice,      .Nothing = nothing,
};

static struct object object = {&vtable, &IID_IBase, 1, 0};

static ULONG STDMETHODCALLTYPE count_to(IOdd *This, ULONG most)
{
	(void)This;
	return most;
}

static void STDMETHODCALLTYPE ping(IOdd *This, LONG number, LONG *same)
{
	(void)This;
	*same = number;
}

static BOOL STDMETHODCALLTYPE is_odd(IOdd *This, LONG number)
{
	(void)This;
	return number & 1;
}

static hyper STDMETHODCALLTYPE big(IOdd *This, hyper number)
{
	(void)This;
	return number;
}

static const IOddVtbl odd_vtable = {
	OBJECT_UNKNOWN,  .Count = count_to, .Ping = ping,
	.IsOdd = is_odd, .Big = big,
};

static struct object odd_object = {&odd_vtable, &IID_IOdd, 1, 0};

static int setup(void **state)
{
	(void)state;
	assert_ok(belay_register_proxies(&base_ProxyFileInfo));
	assert_ok(belay_register_proxies(&odd_ProxyFileInfo));
	assert_ok(belay_register_proxies(&pointers_ProxyFileInfo));
	loop_init(&loop, &IID_IBase, &object);
	loop_init(&odd_loop, &IID_IOdd, &odd_object);
	return 0;
}

static void numbers_arrive_as_they_are(void **state)
{
	double sum;

	(void)state;
	assert_ok(IBase_InSmall(proxy, -3, 200, 255, 1, -128, 128));
	assert_int_equal(got[0], -3);
	assert_int_equal(got[1], 200);
	assert_int_equal(got[2], 255);
	assert_int_equal(got[4], -128);
	assert_int_equal(got[5], 128);
	assert_ok(IBase_InShort(proxy, INT16_MIN, 65535, u'\uffff'));
	assert_int_equal(got[0], INT16_MIN);
	assert_int_equal(got[1], 65535);
	assert_int_equal(got[2], 65535);
	assert_ok(
		IBase_InHyper(proxy, INT64_MIN, UINT64_MAX, 1, 2, UINT64_MAX));
	assert_int_equal(got[0], INT64_MIN);
	assert_ok(IBase_InMixed(proxy, 1, 2, 3, 4.5F, 5, 6, 7, 8, 9, 10, 11, 12,
				13, 14, &sum));
	assert_true(sum == 105.5);
	assert_int_equal(IBase_Nothing(proxy), E_ACCESSDENIED);
	assert_int_equal(loop.request_size, 0);
}

static void numbers_come_back(void **state)
{
	unsigned char b;
	boolean d;
	Colour colour;
	Wide wide;
	char a, e;
	byte c;

	(void)state;
	assert_ok(IBase_OutSmall(proxy, &a, &b, &c, &d, &e));
	assert_true(a == (char)-1 && b == 200 && c == 3 && d && e == 'e');
	assert_ok(IBase_OutEnum(proxy, &colour, &wide));
	assert_int_equal(colour, COLOUR_BLUE);
	assert_int_equal(wide, WIDE_MOST);
}

static void numbers_go_both_ways(void **state)
{
	double f = 0.75;
	float e = 1.5F;
	short b = -20;
	LONG c = 30;
	hyper d = INT64_C(1) << 50;
	char a = 10;

	(void)state;
	assert_ok(IBase_Twice(proxy, &a, &b, &c, &d, &e, &f));
	assert_true(a == 20 && b == -40 && c == 60 && d == INT64_C(1) << 51);
	assert_true(e == 3 && f == 1.5);
}

static void a_method_need_not_return_an_hresult(void **state)
{
	LONG same = 0;

	(void)state;
	assert_int_equal(IOdd_Count(odd, 0x80070005), 0x80070005);
	IOdd_Ping(odd, -7, &same);
	assert_int_equal(same, -7);
	assert_true(IOdd_IsOdd(odd, 3));
	assert_false(IOdd_IsOdd(odd, 4));
	assert_true(IOdd_Big(odd, INT64_MIN) == INT64_MIN);
}

/* Begin_ and Finish_ are functions of their own. */
static void a_call_object_takes_arguments_and_gives_results(void **state)
{
	AsyncIBase *async;
	struct loop call;
	double sum;

	(void)state;
	loop_init_async(&call, &IID_AsyncIBase, &object);
	async = (AsyncIBase *)(void *)&call;
	assert_ok(AsyncIBase_Begin_InMixed(async, 1, 2, 3, 4.5F, 5, 6, 7, 8, 9,
					   10, 11, 12, 13, 14));
	assert_ok(AsyncIBase_Finish_InMixed(async, &sum));
	assert_true(sum == 105.5);
	loop_deinit(&call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_arrive_as_they_are),
		cmocka_unit_test(numbers_come_back),
		cmocka_unit_test(numbers_go_both_ways),
		cmocka_unit_test(a_method_need_not_return_an_hresult),
		cmocka_unit_test(
			a_call_object_takes_arguments_and_gives_results),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
