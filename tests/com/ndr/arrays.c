/* SPDX-License-Identifier: MIT */
/*
 * arrays.c - arrays go through messages: counted, partly filled, of a fixed
 * size, without a copy where that is possible
 */
#define INTERFACE_OF_TEST IArrays

#include "arrays.h"

#include "case.h"

extern const ExtendedProxyFileInfo arrays_ProxyFileInfo;

static struct loop loop;
static IArrays *const proxy = (IArrays *)(void *)&loop;
static const void *seen;

METHOD(sum_of, ULONG count, const LONG *values, hyper *sum)
{
	(void)This;
	*sum = 0;
	for (ULONG i = 0; i < count; i++)
		*sum += values[i];
	return S_OK;
}

METHOD(sum_double, ULONG count, const double *values, double *sum)
{
	(void)This;
	*sum = 0;
	for (ULONG i = 0; i < count; i++)
		*sum += values[i];
	return (uintptr_t)values % 8 ? E_FAIL : S_OK;
}

METHOD(sum_pairs, ULONG count, Pair *pairs, double *sum)
{
	(void)This;
	*sum = 0;
	for (ULONG i = 0; i < count; i++)
		*sum += pairs[i].key * pairs[i].value;
	return S_OK;
}

METHOD(send_bytes, ULONG size, const byte *bytes)
{
	(void)This;
	seen = bytes;
	return size && bytes[size - 1] != 7 ? E_FAIL : S_OK;
}

METHOD(maybe, ULONG count, const LONG *values, BOOL *is_null)
{
	(void)This;
	*is_null = !values;
	return values && count && values[count - 1] != 5 ? E_FAIL : S_OK;
}

METHOD(fill, ULONG count, LONG *values)
{
	(void)This;
	for (ULONG i = 0; i < count; i++)
		values[i] = (LONG)i;
	return S_OK;
}

METHOD(read_bytes, ULONG size, byte *bytes, ULONG *got)
{
	(void)This;
	*got = size / 2;
	memset(bytes, 'b', *got);
	return S_OK;
}

METHOD(reverse, ULONG count, LONG *values)
{
	(void)This;
	for (ULONG i = 0; i < count / 2; i++) {
		LONG value = values[i];

		values[i] = values[count - 1 - i];
		values[count - 1 - i] = value;
	}
	return S_OK;
}

METHOD(grow, ULONG size, ULONG *length, LONG *values)
{
	(void)This;
	while (*length < size) {
		values[*length] = 100;
		++*length;
	}
	return S_OK;
}

METHOD(make_some, ULONG count, LONG **values)
{
	(void)This;
	*values = made(count * sizeof(LONG));
	return fill(This, count, *values);
}

METHOD(make_any, ULONG *count, LONG **values)
{
	*count = 3;
	return make_some(This, 3, values);
}

METHOD(make_pairs, ULONG *count, Pair **pairs)
{
	(void)This;
	*count = 2;
	*pairs = made(2 * sizeof(Pair));
	(*pairs)[1] = (Pair){4, 0.5};
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE four(IArrays *This, LONG values[4],
				      LONG doubled[4])
{
	(void)This;
	for (int i = 0; i < 4; i++)
		doubled[i] = 2 * values[i];
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE four_twice(IArrays *This, short values[4])
{
	(void)This;
	for (int i = 0; i < 4; i++)
		values[i] = (short)(2 * values[i]);
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE matrix(IArrays *This, LONG values[3][4],
					LONG sums[3])
{
	(void)This;
	for (int row = 0; row < 3; row++)
		for (int column = 0; column < 4; column++)
			sums[row] += values[row][column];
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE three_pairs(IArrays *This, Pair pairs[3],
					     Pair doubled[3])
{
	(void)This;
	for (int i = 0; i < 3; i++)
		doubled[i] = (Pair){2 * pairs[i].key, 2 * pairs[i].value};
	return S_OK;
}

METHOD(half, ULONG size, const LONG *values, hyper *sum)
{
	return sum_of(This, size / 2, values, sum);
}

METHOD(area, ULONG rows, ULONG columns, const LONG *values, hyper *sum)
{
	return sum_of(This, rows * columns, values, sum);
}

static const IArraysVtbl vtable = {
	OBJECT_UNKNOWN,
	.Sum = sum_of,
	.SumDouble = sum_double,
	.SumPairs = sum_pairs,
	.Send = send_bytes,
	.Maybe = maybe,
	.Fill = fill,
	.Read = read_bytes,
	.Reverse = reverse,
	.Grow = grow,
	.Make = make_some,
	.MakeAny = make_any,
	.MakePairs = make_pairs,
	.Four = four,
	.FourTwice = four_twice,
	.Matrix = matrix,
	.ThreePairs = three_pairs,
	.Half = half,
	.Area = area,
};

static struct object object = {&vtable, &IID_IArrays, 1, 0};

static int setup(void **state)
{
	(void)state;
	assert_ok(belay_register_proxies(&arrays_ProxyFileInfo));
	loop_init(&loop, &IID_IArrays, &object);
	return 0;
}

static void arrays_arrive_as_they_are(void **state)
{
	const LONG values[] = {1, 2, 5};
	const double doubles[] = {0.5, 1.5};
	Pair pairs[] = {{2, 1.5}, {4, 0.25}};
	BOOL is_null;
	double real;
	hyper sum;

	(void)state;
	assert_ok(IArrays_Sum(proxy, 3, values, &sum));
	assert_int_equal(sum, 8);
	assert_ok(IArrays_Sum(proxy, 0, values, &sum));
	assert_int_equal(sum, 0);
	assert_ok(IArrays_SumDouble(proxy, 2, doubles, &real));
	assert_true(real == 2);
	assert_ok(IArrays_SumPairs(proxy, 2, pairs, &real));
	assert_true(real == 4);
	assert_ok(IArrays_Maybe(proxy, 3, values, &is_null));
	assert_false(is_null);
	assert_ok(IArrays_Maybe(proxy, 3, NULL, &is_null));
	assert_true(is_null);
	assert_ok(IArrays_Half(proxy, 6, values, &sum));
	assert_int_equal(sum, 8);
	assert_ok(IArrays_Area(proxy, 3, 1, values, &sum));
	assert_int_equal(sum, 8);
}

static void bytes_are_read_where_they_arrived(void **state)
{
	const ULONG large = 1 << 20;
	byte *bytes = made(large);

	(void)state;
	bytes[large - 1] = 7;
	loop_damages = false;
	assert_ok(IArrays_Send(proxy, large, bytes));
	loop_damages = true;
	assert_ptr_not_equal(seen, bytes);
	assert_in_range(loop.request_size, large, large + 16);
	assert_ok(IArrays_Send(proxy, 0, bytes));
	free(bytes);
}

static void arrays_come_into_the_callers_memory(void **state)
{
	LONG values[] = {9, 9, 9, 9};
	byte bytes[] = "aaaaaaa";
	ULONG got = 2;

	(void)state;
	assert_ok(IArrays_Fill(proxy, 3, values));
	assert_int_equal(values[2], 2);
	assert_int_equal(values[3], 9);
	assert_ok(IArrays_Read(proxy, 6, bytes, &got));
	assert_int_equal(got, 3);
	assert_string_equal(bytes, "bbbaaaa");
	assert_ok(IArrays_Reverse(proxy, 4, values));
	assert_int_equal(values[0], 9);
	assert_int_equal(values[1], 2);
	got = 1;
	assert_ok(IArrays_Grow(proxy, 3, &got, values));
	assert_int_equal(got, 3);
	assert_int_equal(values[0], 9);
	assert_int_equal(values[2], 100);
	assert_int_equal(values[3], 0);
	got = 5;
	assert_int_equal(IArrays_Grow(proxy, 3, &got, values),
			 HRESULT_FROM_WIN32(RPC_S_INVALID_BOUND));
}

static void arrays_come_in_memory_of_their_own(void **state)
{
	LONG *values;
	Pair *pairs;
	ULONG count;

	(void)state;
	assert_ok(IArrays_Make(proxy, 4, &values));
	assert_int_equal(values[3], 3);
	free(values);
	assert_ok(IArrays_Make(proxy, 0, &values));
	assert_non_null(values);
	free(values);
	assert_ok(IArrays_MakeAny(proxy, &count, &values));
	assert_int_equal(count, 3);
	assert_int_equal(values[2], 2);
	free(values);
	assert_ok(IArrays_MakePairs(proxy, &count, &pairs));
	assert_int_equal(count, 2);
	assert_true(pairs[1].key == 4 && pairs[1].value == 0.5);
	free(pairs);
}

static void arrays_of_a_fixed_size_go_both_ways(void **state)
{
	LONG values[4] = {1, 2, 3, 4}, doubled[4], sums[3] = {0};
	LONG rows[3][4] = {{1, 1, 1, 1}, {2, 2, 2, 2}, {0, 0, 0, 3}};
	Pair pairs[3] = {{1, 1}, {2, 2}, {3, 1.5}}, twice[3];
	short little[4] = {1, -2, 3, 4};

	(void)state;
	assert_ok(IArrays_Four(proxy, values, doubled));
	assert_int_equal(doubled[3], 8);
	assert_ok(IArrays_FourTwice(proxy, little));
	assert_int_equal(little[1], -4);
	assert_ok(IArrays_Matrix(proxy, rows, sums));
	assert_int_equal(sums[1], 8);
	assert_int_equal(sums[2], 3);
	assert_ok(IArrays_ThreePairs(proxy, pairs, twice));
	assert_true(twice[2].key == 6 && twice[2].value == 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_arrive_as_they_are),
		cmocka_unit_test(bytes_are_read_where_they_arrived),
		cmocka_unit_test(arrays_come_into_the_callers_memory),
		cmocka_unit_test(arrays_come_in_memory_of_their_own),
		cmocka_unit_test(arrays_of_a_fixed_size_go_both_ways),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
