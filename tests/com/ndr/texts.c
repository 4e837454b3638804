/* SPDX-License-Identifier: MIT */
/*
 * texts.c - strings go through messages
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loop.h"
#include "object.h"
#include "texts.h"

extern const ExtendedProxyFileInfo texts_ProxyFileInfo;

static struct loop loop;
static IStrings *const proxy = (IStrings *)(void *)&loop;

static ULONG wide_length(const WCHAR *text)
{
	ULONG length = 0;

	while (text[length])
		length++;
	return length;
}

static WCHAR *wide_copy(const WCHAR *text)
{
	size_t size = (wide_length(text) + 1) * sizeof(WCHAR);

	return memcpy(malloc(size), text, size);
}

static HRESULT STDMETHODCALLTYPE length(IStrings *This, const char *text,
					ULONG *ret)
{
	(void)This;
	*ret = (ULONG)strlen(text);
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE WideLength(IStrings *This, const WCHAR *text,
					    ULONG *ret)
{
	(void)This;
	*ret = wide_length(text);
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE maybe(IStrings *This, const char *text,
				       BOOL *is_null)
{
	(void)This;
	*is_null = !text;
	return text && strcmp(text, "abc") != 0 ? E_FAIL : S_OK;
}

static HRESULT STDMETHODCALLTYPE WideMaybe(IStrings *This, const WCHAR *text,
					   BOOL *is_null)
{
	(void)This;
	*is_null = !text;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE copy(IStrings *This, const char *text,
				      char **ret)
{
	(void)This;
	*ret = strcmp(text, "none") == 0 ? NULL : strdup(text);
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE WideCopy(IStrings *This, const WCHAR *text,
					  WCHAR **ret)
{
	(void)This;
	*ret = wide_copy(text);
	return S_OK;
}

/* As COM's rules have it: the old one is freed, a new one is made. */
static HRESULT STDMETHODCALLTYPE swap(IStrings *This, char **text)
{
	(void)This;
	free(*text);
	*text = strdup("a longer text than the one before");
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE WideSwap(IStrings *This, WCHAR **text)
{
	(void)This;
	free(*text);
	*text = NULL;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE chop(IStrings *This, char *text)
{
	(void)This;
	text[strlen(text) / 2] = '\0';
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE fill(IStrings *This, ULONG size, char *text)
{
	(void)This;
	if (!size)
		return S_FALSE;
	memset(text, 'x', size - 1);
	text[size - 1] = '\0';
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE WideFill(IStrings *This, ULONG size,
					  WCHAR *text)
{
	(void)This;
	for (ULONG i = 0; i + 1 < size; i++)
		text[i] = u'y';
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE join(IStrings *This, ULONG count,
				      const char **texts, char **ret)
{
	char *all = calloc(1, 4096);

	(void)This;
	for (ULONG i = 0; i < count; i++)
		strcat(all, texts[i] ? texts[i] : "-");
	*ret = all;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE WideJoin(IStrings *This, ULONG count,
					  const WCHAR **texts, WCHAR **ret)
{
	(void)This;
	*ret = wide_copy(count ? texts[count - 1] : u"nothing");
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE Split(IStrings *This, const WCHAR *text,
				       ULONG *count, WCHAR ***texts)
{
	(void)This;
	*count = wide_length(text);
	*texts = calloc(*count ? *count : 1, sizeof(**texts));
	for (ULONG i = 0; i < *count; i++)
		(*texts)[i] = text[i] == u'-'
				      ? NULL
				      : wide_copy((WCHAR[]){text[i], 0});
	return S_OK;
}

static const IStringsVtbl vtable = {
	OBJECT_UNKNOWN,
	.Length = length,
	.WideLength = WideLength,
	.OleLength = WideLength,
	.Maybe = maybe,
	.WideMaybe = WideMaybe,
	.Copy = copy,
	.WideCopy = WideCopy,
	.OleCopy = WideCopy,
	.Swap = swap,
	.WideSwap = WideSwap,
	.Chop = chop,
	.Fill = fill,
	.WideFill = WideFill,
	.Join = join,
	.WideJoin = WideJoin,
	.Split = Split,
};

static struct object object = {&vtable, &IID_IStrings, 1, 0};

static int setup(void **state)
{
	(void)state;
	assert_int_equal(belay_register_proxies(&texts_ProxyFileInfo), S_OK);
	loop_init(&loop, &IID_IStrings, &object);
	return 0;
}

static void strings_arrive_as_they_are(void **state)
{
	ULONG size;
	BOOL is_null;

	(void)state;
	assert_int_equal(IStrings_Length(proxy, "", &size), S_OK);
	assert_int_equal(size, 0);
	assert_int_equal(IStrings_Length(proxy, "abc", &size), S_OK);
	assert_int_equal(size, 3);
	assert_int_equal(IStrings_WideLength(proxy, u"", &size), S_OK);
	assert_int_equal(size, 0);
	assert_int_equal(IStrings_OleLength(proxy, u"w\u00efde", &size), S_OK);
	assert_int_equal(size, 4);
	assert_int_equal(IStrings_Maybe(proxy, NULL, &is_null), S_OK);
	assert_true(is_null);
	assert_int_equal(IStrings_Maybe(proxy, "abc", &is_null), S_OK);
	assert_false(is_null);
	assert_int_equal(IStrings_WideMaybe(proxy, NULL, &is_null), S_OK);
	assert_true(is_null);
}

static void a_string_that_must_be_there_is_asked_for(void **state)
{
	ULONG size = 7;

	(void)state;
	assert_int_equal(IStrings_Length(proxy, NULL, &size),
			 HRESULT_FROM_WIN32(RPC_X_NULL_REF_POINTER));
	assert_int_equal(size, 0);
}

static void large_strings_arrive(void **state)
{
	const size_t large = 1 << 20;
	char *text = malloc(large + 1);
	ULONG size;
	char *back;

	(void)state;
	memset(text, 'l', large);
	text[large] = '\0';
	loop_damages = false;
	assert_int_equal(IStrings_Length(proxy, text, &size), S_OK);
	assert_int_equal(size, large);
	assert_int_equal(IStrings_Copy(proxy, text, &back), S_OK);
	assert_string_equal(back, text);
	loop_damages = true;
	free(back);
	free(text);
}

static void strings_come_back_in_memory_of_the_caller(void **state)
{
	char *back = (char *)state;
	WCHAR *wide;

	assert_int_equal(IStrings_Copy(proxy, "text", &back), S_OK);
	assert_string_equal(back, "text");
	free(back);
	assert_int_equal(IStrings_Copy(proxy, "none", &back), S_OK);
	assert_null(back);
	assert_int_equal(IStrings_WideCopy(proxy, u"text", &wide), S_OK);
	assert_memory_equal(wide, u"text", 5 * sizeof(WCHAR));
	free(wide);
	assert_int_equal(IStrings_OleCopy(proxy, u"", &wide), S_OK);
	assert_int_equal(*wide, 0);
	free(wide);
}

static void a_string_is_exchanged_for_another(void **state)
{
	char *text = strdup("short");
	WCHAR *wide = wide_copy(u"gone");

	(void)state;
	assert_int_equal(IStrings_Swap(proxy, &text), S_OK);
	assert_string_equal(text, "a longer text than the one before");
	free(text);
	assert_int_equal(IStrings_WideSwap(proxy, &wide), S_OK);
	assert_null(wide);
	text = NULL;
	assert_int_equal(IStrings_Swap(proxy, &text), S_OK);
	assert_non_null(text);
	free(text);
}

static void a_string_changes_where_it_is(void **state)
{
	char text[] = "12345678", little[4];
	WCHAR wide[3] = {1, 1, 1};

	(void)state;
	assert_int_equal(IStrings_Chop(proxy, text), S_OK);
	assert_string_equal(text, "1234");
	assert_int_equal(IStrings_Fill(proxy, sizeof(little), little), S_OK);
	assert_string_equal(little, "xxx");
	assert_int_equal(IStrings_Fill(proxy, 0, little), S_FALSE);
	assert_string_equal(little, "xxx");
	assert_int_equal(IStrings_WideFill(proxy, 3, wide), S_OK);
	assert_memory_equal(wide, u"yy", sizeof(wide));
}

static void arrays_of_strings_go_both_ways(void **state)
{
	const char *texts[] = {"a", NULL, "", "longer"};
	const WCHAR *wide[] = {u"one", u"two"};
	WCHAR *one, **split;
	char *joined;
	ULONG count;

	(void)state;
	assert_int_equal(IStrings_Join(proxy, 4, texts, &joined), S_OK);
	assert_string_equal(joined, "a-longer");
	free(joined);
	assert_int_equal(IStrings_WideJoin(proxy, 2, wide, &one), S_OK);
	assert_memory_equal(one, u"two", 4 * sizeof(WCHAR));
	free(one);
	assert_int_equal(IStrings_WideJoin(proxy, 0, wide, &one), S_OK);
	free(one);
	assert_int_equal(IStrings_Split(proxy, u"a-c", &count, &split), S_OK);
	assert_int_equal(count, 3);
	assert_memory_equal(split[0], u"a", 2 * sizeof(WCHAR));
	assert_null(split[1]);
	assert_memory_equal(split[2], u"c", 2 * sizeof(WCHAR));
	free(split[0]);
	free(split[2]);
	free(split);
	assert_int_equal(IStrings_Split(proxy, u"", &count, &split), S_OK);
	assert_int_equal(count, 0);
	free(split);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_arrive_as_they_are),
		cmocka_unit_test(a_string_that_must_be_there_is_asked_for),
		cmocka_unit_test(large_strings_arrive),
		cmocka_unit_test(strings_come_back_in_memory_of_the_caller),
		cmocka_unit_test(a_string_is_exchanged_for_another),
		cmocka_unit_test(a_string_changes_where_it_is),
		cmocka_unit_test(arrays_of_strings_go_both_ways),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
