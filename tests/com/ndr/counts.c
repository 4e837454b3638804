/* SPDX-License-Identifier: MIT */
/*
 * counts.c - arguments that count others, and are changed by a method
 */
#define INTERFACE_OF_TEST ICounts

#include "counts.h"

#include "case.h"

extern const ExtendedProxyFileInfo counts_ProxyFileInfo;

static struct loop loop;
static ICounts *const proxy = (ICounts *)(void *)&loop;

METHOD(fetch, ULONG *size, byte *bytes)
{
	(void)This;
	memset(bytes, 'b', *size);
	*size /= 2;
	return S_OK;
}

/* All but the first. */
METHOD(drop, ULONG size, ULONG *length, LONG **values)
{
	(void)This;
	(void)size;
	for (; *length > 1; --*length) {
		free(values[*length - 1]);
		values[*length - 1] = NULL;
	}
	return S_OK;
}

METHOD(measure, const Text *text, ULONG *length)
{
	(void)This;
	for (*length = 0; text->text[*length]; ++*length)
		continue;
	return S_OK;
}

METHOD(reserve, ULONG size, byte *first, byte *second)
{
	(void)This;
	memset(first, 1, size);
	memset(second, 2, size);
	return S_OK;
}

METHOD(extend, ULONG count, Numbers *numbers)
{
	(void)This;
	numbers->values = realloc(numbers->values, count * sizeof(LONG));
	for (ULONG i = numbers->count; i < count; i++)
		numbers->values[i] = (LONG)i;
	numbers->count = count;
	return S_OK;
}

METHOD(extend_any, ULONG to, ULONG *count, LONG **values)
{
	(void)This;
	free(*values);
	*values = made(to * sizeof(LONG));
	for (ULONG i = 0; i < to; i++)
		(*values)[i] = (LONG)i;
	*count = to;
	return S_OK;
}

static const ICountsVtbl vtable = {
	OBJECT_UNKNOWN,          .Fetch = fetch,     .Drop = drop,
	.Measure = measure,      .Reserve = reserve, .Extend = extend,
	.ExtendAny = extend_any,
};

static struct object object = {&vtable, &IID_ICounts, 1, 0};

static int setup(void **state)
{
	(void)state;
	assert_ok(belay_register_proxies(&counts_ProxyFileInfo));
	loop_init(&loop, &IID_ICounts, &object);
	return 0;
}

static void an_array_may_come_back_shorter(void **state)
{
	byte bytes[] = "aaaa";
	ULONG size = 4;

	(void)state;
	assert_ok(ICounts_Fetch(proxy, &size, bytes));
	assert_int_equal(size, 2);
	assert_string_equal(bytes, "bbaa");
}

/* What Fetch's reply says about 4 bytes: more of them than there is room for.
 */
static void refuse_fetched(uint32_t size)
{
	static unsigned char data[256] __attribute__((aligned(16)));
	const struct belayi_buffer reply = {data, 8 + 100 + 4, sizeof(data)};
	ULONG here = 4;
	byte *bytes = made(4);
	void *image[8] = {NULL, &here, bytes};
	uint64_t value;

	memcpy(data, &size, 4);
	memcpy(data + 4, &size, 4);
	memset(bytes, 'a', 4);
	assert_int_equal(
		belayi_ndr_get_out(
			belayi_procedure_of(belayi_interface_find(&IID_ICounts),
					    3),
			image, &reply, &value),
		HRESULT_FROM_WIN32(RPC_X_BAD_STUB_DATA));
	assert_int_equal(here, 4);
	assert_memory_equal(bytes, "\0\0\0\0", 4);
	free(bytes);
}

static void a_reply_raises_no_count_beyond_the_memory_there_is(void **state)
{
	(void)state;
	refuse_fetched(5);
	refuse_fetched(100);
	refuse_fetched(0x3fffffff);
}

static void pointers_that_do_not_come_back_are_gone(void **state)
{
	LONG *values[4] = {made(4), made(4), made(4), NULL};
	ULONG length = 3;

	(void)state;
	assert_ok(ICounts_Drop(proxy, 4, &length, values));
	assert_int_equal(length, 1);
	assert_non_null(values[0]);
	assert_null(values[1]);
	assert_null(values[2]);
	free(values[0]);
}

static void a_string_at_the_end_of_a_struct_has_its_own_length(void **state)
{
	Text *text = made(sizeof(Text) + 4 * sizeof(WCHAR));
	ULONG length = 7;

	(void)state;
	text->size = 1;
	assert_ok(ICounts_Measure(proxy, text, &length));
	assert_int_equal(length, 0);
	text->size = 4;
	memcpy(text->text, u"abc", sizeof(u"abc"));
	assert_ok(ICounts_Measure(proxy, text, &length));
	assert_int_equal(length, 3);
	free(text);
}

static void a_method_may_bring_more_memory_with_a_higher_count(void **state)
{
	Numbers numbers = {2, made(2 * sizeof(LONG))};
	LONG *values = made(2 * sizeof(LONG));
	ULONG count = 2;

	(void)state;
	numbers.values[1] = 7;
	assert_ok(ICounts_Extend(proxy, 60, &numbers));
	assert_int_equal(numbers.count, 60);
	assert_int_equal(numbers.values[1], 7);
	assert_int_equal(numbers.values[59], 59);
	free(numbers.values);
	assert_ok(ICounts_ExtendAny(proxy, 60, &count, &values));
	assert_int_equal(count, 60);
	assert_int_equal(values[59], 59);
	free(values);
}

/* What the server says to a request of ICounts. */
static HRESULT refusal(uint32_t slot, const uint32_t *numbers, size_t size)
{
	struct belayi_buffer request = {made(size), size, size};
	struct belayi_frame frame = {.image = NULL};
	HRESULT status;

	memcpy(request.data, numbers, size);
	status = belayi_ndr_get_in(
		belayi_procedure_of(belayi_interface_find(&IID_ICounts), slot),
		&request, &frame);
	assert_null(frame.image);
	belayi_frame_deinit(&frame);
	belayi_buffer_deinit(&request);
	return status;
}

static void all_arguments_of_a_call_have_one_limit(void **state)
{
	static const uint32_t size = BELAYI_MESSAGE_MAX / 2 + 1;
	byte bytes[2][4];

	(void)state;
	assert_ok(ICounts_Reserve(proxy, 4, bytes[0], bytes[1]));
	assert_int_equal(bytes[1][3], 2);
	assert_int_equal(refusal(14, &size, sizeof(size)), E_OUTOFMEMORY);
}

static void a_struct_gets_no_memory_for_more_than_the_message_has(void **state)
{
	static const uint32_t many = BELAYI_MESSAGE_MAX / sizeof(LONG *);
	static const uint32_t window[] = {0, many, many, 0};

	(void)state;
	assert_int_equal(refusal(11, window, sizeof(window)),
			 HRESULT_FROM_WIN32(RPC_X_BAD_STUB_DATA));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_array_may_come_back_shorter),
		cmocka_unit_test(
			a_reply_raises_no_count_beyond_the_memory_there_is),
		cmocka_unit_test(pointers_that_do_not_come_back_are_gone),
		cmocka_unit_test(
			a_string_at_the_end_of_a_struct_has_its_own_length),
		cmocka_unit_test(all_arguments_of_a_call_have_one_limit),
		cmocka_unit_test(
			a_struct_gets_no_memory_for_more_than_the_message_has),
		cmocka_unit_test(
			a_method_may_bring_more_memory_with_a_higher_count),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
