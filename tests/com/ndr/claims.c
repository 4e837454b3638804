/* SPDX-License-Identifier: MIT */
/*
 * claims.c - methods that say there is more than they got memory for
 */
#define INTERFACE_OF_TEST ICounts

#include "counts.h"

#include "case.h"

extern const ExtendedProxyFileInfo counts_ProxyFileInfo;

static struct loop loop;
static ICounts *const proxy = (ICounts *)(void *)&loop;

METHOD(claim, LONG more, ULONG *size, byte *bytes)
{
	(void)This;
	memset(bytes, 'b', *size);
	*size += (ULONG)more;
	return S_OK;
}

METHOD(claim_both, LONG more, ULONG *size, LONG *values)
{
	(void)This;
	(void)values;
	*size += (ULONG)more;
	return S_OK;
}

METHOD(claim_pointers, LONG more, ULONG *size, LONG **values)
{
	(void)This;
	(void)values;
	*size += (ULONG)more;
	return S_OK;
}

METHOD(claim_length, ULONG size, LONG more, ULONG *length, LONG **values)
{
	(void)This;
	(void)size;
	(void)values;
	*length += (ULONG)more;
	return S_OK;
}

METHOD(claim_text, LONG more, ULONG *size, WCHAR *text)
{
	(void)This;
	for (ULONG i = 0; more && i < *size; i++)
		text[i] = u'x';
	*size += (ULONG)more;
	return S_OK;
}

METHOD(claim_window, LONG more, Window *window)
{
	(void)This;
	window->size += (ULONG)more;
	return S_OK;
}

METHOD(claim_varying, LONG more, Varying *varying)
{
	(void)This;
	varying->length += (ULONG)more;
	return S_OK;
}

METHOD(overwrite, char *text)
{
	(void)This;
	text[strlen(text)] = 'x';
	return S_OK;
}

static const ICountsVtbl vtable = {
	OBJECT_UNKNOWN,
	.Claim = claim,
	.ClaimBoth = claim_both,
	.ClaimPointers = claim_pointers,
	.ClaimLength = claim_length,
	.ClaimText = claim_text,
	.ClaimWindow = claim_window,
	.ClaimVarying = claim_varying,
	.Overwrite = overwrite,
};

static struct object object = {&vtable, &IID_ICounts, 1, 0};

static int setup(void **state)
{
	(void)state;
	assert_ok(belay_register_proxies(&counts_ProxyFileInfo));
	loop_init(&loop, &IID_ICounts, &object);
	return 0;
}

#define INVALID_BOUND HRESULT_FROM_WIN32(RPC_S_INVALID_BOUND)

/* As many as there is memory for are good; one more is not, nor are many. */
static const struct {
	LONG more;
	HRESULT status;
} claims[] = {{0, S_OK},
	      {-1, S_OK},
	      {1, INVALID_BOUND},
	      {100000, INVALID_BOUND},
	      {-10, INVALID_BOUND}};

#define CLAIMS (sizeof(claims) / sizeof(claims[0]))

static void a_method_raises_no_size_beyond_the_memory_it_got(void **state)
{
	(void)state;
	for (size_t i = 0; i < CLAIMS; i++) {
		byte *bytes = made(4);
		LONG *values = made(4 * sizeof(LONG));
		ULONG size = 4;

		assert_int_equal(
			ICounts_Claim(proxy, claims[i].more, &size, bytes),
			claims[i].status);
		assert_int_equal(bytes[0], claims[i].status == S_OK ? 'b' : 0);
		size = 4;
		assert_int_equal(
			ICounts_ClaimBoth(proxy, claims[i].more, &size, values),
			claims[i].status);
		free(bytes);
		free(values);
	}
}

static void a_text_is_not_read_beyond_the_memory_it_got(void **state)
{
	(void)state;
	for (size_t i = 0; i < CLAIMS; i++) {
		WCHAR *text = made(8);
		ULONG size = 4;

		assert_int_equal(
			ICounts_ClaimText(proxy, claims[i].more, &size, text),
			claims[i].more ? INVALID_BOUND : S_OK);
		free(text);
	}
}

static void a_text_whose_end_was_overwritten_is_refused(void **state)
{
	char text[] = "abc";

	(void)state;
	assert_int_equal(ICounts_Overwrite(proxy, text), INVALID_BOUND);
	assert_string_equal(text, "abc");
}

static void release(LONG **values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(values[i]);
	free(values);
}

static LONG **made_pointers(size_t count)
{
	LONG **values = made(count * sizeof(LONG *));

	for (size_t i = 0; i < count; i++)
		values[i] = made(sizeof(LONG));
	return values;
}

/* What a method leaves out it would have to free. */
static void drop_last(LONG more, LONG **values)
{
	if (more != -1)
		return;
	free(values[3]);
	values[3] = NULL;
}

/* Nor is it freed: the server gives back what these lead to. */
static void pointers_are_not_looked_for_beyond_the_memory_there_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < CLAIMS; i++) {
		LONG **values = made_pointers(4);
		ULONG size = 4;

		drop_last(claims[i].more, values);
		assert_int_equal(ICounts_ClaimPointers(proxy, claims[i].more,
						       &size, values),
				 claims[i].status);
		release(values, 4);
	}
}

static void a_length_is_within_its_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < CLAIMS; i++) {
		LONG **values = made_pointers(4);
		ULONG length = 4;

		drop_last(claims[i].more, values);
		assert_int_equal(ICounts_ClaimLength(proxy, 4, claims[i].more,
						     &length, values),
				 claims[i].status);
		release(values, 4);
	}
}

static void a_struct_claims_no_more_than_it_ends_with(void **state)
{
	(void)state;
	for (size_t i = 0; i < CLAIMS; i++) {
		Window *window = made(sizeof(Window) + 4 * sizeof(LONG *));

		window->size = 4;
		for (size_t j = 0; j < 3; j++)
			window->values[j] = made(sizeof(LONG));
		assert_int_equal(
			ICounts_ClaimWindow(proxy, claims[i].more, window),
			claims[i].status);
		for (size_t j = 0; j < 4; j++)
			free(window->values[j]);
		free(window);
	}
}

static void a_length_in_a_struct_is_within_its_array(void **state)
{
	(void)state;
	for (size_t i = 0; i < CLAIMS; i++) {
		Varying varying = {4, {NULL}};

		for (size_t j = 0; j < 3; j++)
			varying.values[j] = made(sizeof(LONG));
		assert_int_equal(
			ICounts_ClaimVarying(proxy, claims[i].more, &varying),
			claims[i].status);
		for (size_t j = 0; j < 4; j++)
			free(varying.values[j]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_method_raises_no_size_beyond_the_memory_it_got),
		cmocka_unit_test(a_text_is_not_read_beyond_the_memory_it_got),
		cmocka_unit_test(a_text_whose_end_was_overwritten_is_refused),
		cmocka_unit_test(
			pointers_are_not_looked_for_beyond_the_memory_there_is),
		cmocka_unit_test(a_length_is_within_its_size),
		cmocka_unit_test(a_struct_claims_no_more_than_it_ends_with),
		cmocka_unit_test(a_length_in_a_struct_is_within_its_array),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
