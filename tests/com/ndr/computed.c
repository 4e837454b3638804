/* SPDX-License-Identifier: MIT */
/*
 * computed.c - counts that are computed of what pointers lead to
 */
#define INTERFACE_OF_TEST IComputed

#include "computed.h"

#include "case.h"

extern const ExtendedProxyFileInfo computed_ProxyFileInfo;

static struct loop loop;
static IComputed *const proxy = (IComputed *)(void *)&loop;

/* How many elements the methods of Fill_ write. */
static ULONG filled;

static hyper sum_of(const LONG *values, ULONG count)
{
	hyper sum = 0;

	for (ULONG i = 0; i < count; i++)
		sum += values[i];
	return sum;
}

static HRESULT fill(LONG *values, ULONG count)
{
	for (ULONG i = 0; i < count; i++)
		values[i] = (LONG)(100 + i);
	filled = count;
	return S_OK;
}

METHOD(sum, const ULONG *count, const LONG *values, hyper *to)
{
	(void)This;
	*to = sum_of(values, *count * 4);
	return S_OK;
}

METHOD(maybe, const ULONG *count, const LONG *values, hyper *to)
{
	(void)This;
	*to = count && values ? sum_of(values, *count * 4) : -1;
	return S_OK;
}

METHOD(fill_simple, const ULONG *count, LONG *values)
{
	(void)This;
	return fill(values, *count * 2);
}

METHOD(fill_few, const Few *few, LONG *values)
{
	(void)This;
	return fill(values, few->count + few->more);
}

METHOD(fill_led, const Led *led, LONG *values)
{
	(void)This;
	return fill(values, led ? led->count * 2 : 0);
}

METHOD(fill_table, const Table *table, LONG *values)
{
	(void)This;
	return fill(values, table->rows * 2);
}

METHOD(fill_by_value, Few few, LONG *values, LONG with)
{
	(void)This;
	(void)with;
	return fill(values, few.more * 2);
}

METHOD(fill_large, Many many, ULONG factor, LONG *values)
{
	(void)This;
	return fill(values, many.count * factor);
}

/* Leaves less behind than it was asked for. */
METHOD(fill_of, Led *led, LONG *values)
{
	(void)This;
	(void)fill(values, led ? led->count * 2 : 0);
	if (led)
		led->count--;
	return S_OK;
}

METHOD(doubled, ULONG *count, LONG *values)
{
	(void)This;
	*count *= 2;
	return fill(values, *count > 4 ? 8 : *count * 2);
}

METHOD(sum_table, const Table *table, hyper *to)
{
	(void)This;
	*to = sum_of(table->values, table->rows * table->columns);
	return S_OK;
}

METHOD(sum_partly, const Partly *partly, hyper *to)
{
	(void)This;
	*to = sum_of(partly->values, partly->rows * partly->columns) +
	      partly->after;
	return S_OK;
}

METHOD(sum_behind, const Behind *behind, hyper *to)
{
	(void)This;
	*to = behind->count && behind->values
		      ? sum_of(behind->values, *behind->count * 2)
		      : -1;
	return S_OK;
}

METHOD(choose, const ULONG *half, Either *either, hyper *to)
{
	(void)This;
	*to = *half == 1 ? either->number : either->large;
	return S_OK;
}

METHOD(choose_inside, const Chosen *chosen, hyper *to)
{
	(void)This;
	*to = chosen->half * chosen->factor == 2 ? chosen->other.number
						 : chosen->other.large;
	return S_OK;
}

static const IComputedVtbl vtable = {
	OBJECT_UNKNOWN,          .Sum = sum,
	.Maybe = maybe,          .Fill = fill_simple,
	.FillFew = fill_few,     .FillLed = fill_led,
	.FillTable = fill_table, .FillByValue = fill_by_value,
	.FillLarge = fill_large, .FillOf = fill_of,
	.Double = doubled,       .SumTable = sum_table,
	.SumPartly = sum_partly, .SumBehind = sum_behind,
	.Choose = choose,        .ChooseInside = choose_inside,
};

static struct object object = {&vtable, &IID_IComputed, 1, 0};

static int setup(void **state)
{
	(void)state;
	assert_ok(belay_register_proxies(&computed_ProxyFileInfo));
	loop_init(&loop, &IID_IComputed, &object);
	return 0;
}

static void a_count_is_computed_of_what_a_pointer_leads_to(void **state)
{
	static const LONG values[] = {1, 2, 3, 4, 5, 6, 7, 8};
	ULONG count = 2;
	LONG results[8];
	hyper to;

	(void)state;
	assert_ok(IComputed_Sum(proxy, &count, values, &to));
	assert_int_equal(to, 36);
	assert_ok(IComputed_Maybe(proxy, &count, values, &to));
	assert_int_equal(to, 36);
	assert_ok(IComputed_Fill(proxy, &count, results));
	assert_int_equal(results[3], 103);
}

static void a_pointer_that_is_null_counts_nothing(void **state)
{
	LONG values[] = {1, 2, 3, 4};
	const Behind behind = {NULL, values};
	hyper to;

	(void)state;
	assert_ok(IComputed_Maybe(proxy, NULL, values, &to));
	assert_int_equal(to, -1);
	assert_ok(IComputed_FillLed(proxy, NULL, values));
	assert_ok(IComputed_FillOf(proxy, NULL, values));
	assert_int_equal(values[0], 1);
	assert_ok(IComputed_SumBehind(proxy, &behind, &to));
	assert_int_equal(to, -1);
}

/* As a message has it whose sender does not mean well. */
static void
a_request_without_the_number_it_is_counted_by_is_refused(void **state)
{
	static unsigned char data[40] __attribute__((aligned(16))) = {
		[4] = 0, [5] = 0, [6] = 2, [8] = 4, [12] = 1};
	const struct belayi_buffer request = {data, 28, sizeof(data)};
	struct belayi_frame frame = {.image = NULL};

	(void)state;
	assert_int_equal(
		belayi_ndr_get_in(
			belayi_procedure_of(
				belayi_interface_find(&IID_IComputed), 4),
			&request, &frame),
		HRESULT_FROM_WIN32(RPC_X_BAD_STUB_DATA));
	belayi_frame_deinit(&frame);
}

static void a_count_is_computed_of_members(void **state)
{
	char name[] = "name";
	Led led = {name, 2};
	Few few = {1, 2};
	Table *table = made(sizeof(Table) + 6 * sizeof(LONG));
	LONG results[6];
	hyper to;

	(void)state;
	assert_ok(IComputed_FillFew(proxy, &few, results));
	assert_int_equal(filled, 3);
	assert_ok(IComputed_FillLed(proxy, &led, results));
	assert_int_equal(results[3], 103);
	*table = (Table){.rows = 2, .columns = 3};
	for (LONG i = 0; i < 6; i++)
		table->values[i] = i;
	assert_ok(IComputed_FillTable(proxy, table, results));
	assert_int_equal(filled, 4);
	assert_ok(IComputed_SumTable(proxy, table, &to));
	assert_int_equal(to, 15);
	free(table);
}

static void a_count_is_computed_of_structs_by_value(void **state)
{
	const Few few = {9, 2};
	const Many many = {8, 9, 2};
	LONG results[6] = {0};

	(void)state;
	assert_ok(IComputed_FillByValue(proxy, few, results, 7));
	assert_int_equal(results[3], 103);
	assert_ok(IComputed_FillLarge(proxy, many, 3, results));
	assert_int_equal(filled, 6);
	assert_int_equal(results[5], 105);
}

static void a_count_is_computed_in_a_struct(void **state)
{
	Partly partly = {2, 2, {1, 2, 3, 4, 1000, 1000}, 10};
	ULONG count = 2;
	LONG values[] = {1, 2, 3, 4};
	Behind behind = {&count, values};
	hyper to;

	(void)state;
	assert_ok(IComputed_SumPartly(proxy, &partly, &to));
	assert_int_equal(to, 20);
	assert_ok(IComputed_SumBehind(proxy, &behind, &to));
	assert_int_equal(to, 10);
}

static void a_tag_is_computed(void **state)
{
	Either either = {.large = 7};
	Chosen chosen = {1, 2, {.number = 5}};
	ULONG half = 2;
	hyper to;

	(void)state;
	assert_ok(IComputed_Choose(proxy, &half, &either, &to));
	assert_int_equal(to, 7);
	assert_ok(IComputed_ChooseInside(proxy, &chosen, &to));
	assert_int_equal(to, 5);
	chosen = (Chosen){2, 2, {.large = 9}};
	assert_ok(IComputed_ChooseInside(proxy, &chosen, &to));
	assert_int_equal(to, 9);
}

static void a_count_is_computed_again_of_what_comes_back(void **state)
{
	Led led = {NULL, 3};
	ULONG count = 1;
	LONG values[8] = {0};

	(void)state;
	assert_ok(IComputed_Double(proxy, &count, values));
	assert_int_equal(count, 2);
	assert_int_equal(values[3], 103);
	assert_int_equal(values[4], 0);
	assert_ok(IComputed_FillOf(proxy, &led, values));
	assert_int_equal(led.count, 2);
	assert_int_equal(values[3], 103);
	count = 4;
	assert_int_equal(IComputed_Double(proxy, &count, values),
			 HRESULT_FROM_WIN32(RPC_S_INVALID_BOUND));
}

/* Memory of Begin_'s arguments, which is gone when Finish_ comes. */
static void what_a_count_was_computed_of_may_be_gone_at_finish(void **state)
{
	static const ULONG two = 2;
	static const Led led = {NULL, 2};
	struct loop begun;
	AsyncIComputed *call = (AsyncIComputed *)(void *)&begun;
	ULONG *count = memcpy(made(sizeof(*count)), &two, sizeof(two));
	Led *of = memcpy(made(sizeof(*of)), &led, sizeof(led));
	LONG *results = made(4 * sizeof(LONG));

	(void)state;
	loop_init_async(&begun, &IID_AsyncIComputed, &object);
	assert_ok(call->lpVtbl->Begin_Fill(call, count));
	free(count);
	assert_ok(call->lpVtbl->Finish_Fill(call, results));
	assert_int_equal(results[3], 103);
	memset(results, 0, 4 * sizeof(LONG));
	of->name = made(10);
	assert_ok(call->lpVtbl->Begin_FillLed(call, of));
	free(of->name);
	free(of);
	assert_ok(call->lpVtbl->Finish_FillLed(call, results));
	assert_int_equal(results[3], 103);
	free(results);
	loop_deinit(&begun);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_count_is_computed_of_what_a_pointer_leads_to),
		cmocka_unit_test(a_pointer_that_is_null_counts_nothing),
		cmocka_unit_test(
			a_request_without_the_number_it_is_counted_by_is_refused),
		cmocka_unit_test(a_count_is_computed_of_members),
		cmocka_unit_test(a_count_is_computed_of_structs_by_value),
		cmocka_unit_test(a_count_is_computed_in_a_struct),
		cmocka_unit_test(a_tag_is_computed),
		cmocka_unit_test(a_count_is_computed_again_of_what_comes_back),
		cmocka_unit_test(
			what_a_count_was_computed_of_may_be_gone_at_finish),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
