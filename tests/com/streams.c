/* SPDX-License-Identifier: MIT */
/*
 * streams.c - memory that crosses interfaces, and streams on memory
 */
#define COBJMACROS

#include "check.h"

#include <stdint.h>
#include <string.h>

#include <belay/com/objbase.h>

static IStream *new_stream(void)
{
	IStream *stream = NULL;

	assert_int_equal(CreateStreamOnHGlobal(NULL, TRUE, &stream), S_OK);
	assert_non_null(stream);
	return stream;
}

static uint64_t seek(IStream *stream, int64_t move, DWORD origin)
{
	LARGE_INTEGER distance = {.QuadPart = move};
	ULARGE_INTEGER position;

	assert_int_equal(IStream_Seek(stream, distance, origin, &position),
			 S_OK);
	return position.QuadPart;
}

static uint64_t size_of(IStream *stream)
{
	STATSTG stat;

	assert_int_equal(IStream_Stat(stream, &stat, STATFLAG_NONAME), S_OK);
	assert_int_equal(stat.type, STGTY_STREAM);
	assert_null(stat.pwcsName);
	return stat.cbSize.QuadPart;
}

static void write_text(IStream *stream, const char *text)
{
	ULONG written;

	assert_int_equal(
		IStream_Write(stream, text, (ULONG)strlen(text), &written),
		S_OK);
	assert_int_equal(written, strlen(text));
}

static void assert_reads(IStream *stream, const char *text)
{
	char space[64] = {0};
	ULONG read;

	assert_int_equal(IStream_Read(stream, space, sizeof(space) - 1, &read),
			 S_OK);
	assert_int_equal(read, strlen(text));
	assert_string_equal(space, text);
}

static void memory_can_be_had_changed_and_freed(void **state)
{
	char *memory = CoTaskMemAlloc(3);
	void *nothing = CoTaskMemAlloc(0);

	(void)state;
	assert_non_null(memory);
	assert_non_null(nothing);
	memcpy(memory, "ab", 3);
	memory = CoTaskMemRealloc(memory, 1000);
	assert_string_equal(memory, "ab");
	assert_null(CoTaskMemRealloc(memory, 0));
	memory = CoTaskMemRealloc(NULL, 5);
	assert_non_null(memory);
	CoTaskMemFree(memory);
	CoTaskMemFree(nothing);
	CoTaskMemFree(NULL);
}

static void the_same_memory_is_an_objects(void **state)
{
	IMalloc *memory = (IMalloc *)state;
	IUnknown *unknown;
	char *text;

	assert_int_equal(CoGetMalloc(MEMCTX_SHARED, &memory), E_INVALIDARG);
	assert_null(memory);
	assert_int_equal(CoGetMalloc(MEMCTX_TASK, NULL), E_INVALIDARG);
	assert_int_equal(CoGetMalloc(MEMCTX_TASK, &memory), S_OK);
	text = IMalloc_Alloc(memory, 3);
	memcpy(text, "ab", 3);
	assert_true(IMalloc_GetSize(memory, text) >= 3);
	text = CoTaskMemRealloc(text, 1000);
	text = IMalloc_Realloc(memory, text, 2000);
	assert_string_equal(text, "ab");
	assert_true(IMalloc_GetSize(memory, text) >= 2000);
	assert_int_equal(IMalloc_DidAlloc(memory, text), -1);
	CoTaskMemFree(text);
	text = CoTaskMemAlloc(0);
	assert_null(IMalloc_Realloc(memory, text, 0));
	IMalloc_Free(memory, NULL);
	assert_true(IMalloc_GetSize(memory, NULL) == (SIZE_T)-1);
	IMalloc_HeapMinimize(memory);
	assert_int_equal(IMalloc_QueryInterface(memory, &IID_IUnknown,
						(void **)&unknown),
			 S_OK);
	assert_ptr_equal(unknown, memory);
	(void)IUnknown_Release(unknown);
	(void)IMalloc_Release(memory);
	/* It is always there. */
	IMalloc_Free(memory, IMalloc_Alloc(memory, 0));
}

static void what_is_written_is_read(void **state)
{
	IStream *stream = new_stream();

	(void)state;
	write_text(stream, "hello, ");
	write_text(stream, "world");
	assert_int_equal(size_of(stream), 12);
	assert_reads(stream, "");
	assert_int_equal(seek(stream, 0, STREAM_SEEK_SET), 0);
	assert_reads(stream, "hello, world");
	assert_int_equal(seek(stream, -5, STREAM_SEEK_CUR), 7);
	assert_reads(stream, "world");
	assert_int_equal(seek(stream, -12, STREAM_SEEK_END), 0);
	write_text(stream, "HELLO");
	assert_reads(stream, ", world");
	assert_int_equal(IStream_Release(stream), 0);
}

static void
a_position_may_be_behind_the_end_but_not_before_the_start(void **state)
{
	const LARGE_INTEGER back = {.QuadPart = -1};
	const LARGE_INTEGER far = {.QuadPart = INT64_MAX};
	IStream *stream = new_stream();
	char space[4];
	ULONG read;

	(void)state;
	assert_int_equal(IStream_Seek(stream, back, STREAM_SEEK_SET, NULL),
			 STG_E_INVALIDFUNCTION);
	assert_int_equal(IStream_Seek(stream, back, 3, NULL),
			 STG_E_INVALIDFUNCTION);
	assert_int_equal(seek(stream, 2, STREAM_SEEK_SET), 2);
	assert_reads(stream, "");
	write_text(stream, "x");
	assert_int_equal(seek(stream, 0, STREAM_SEEK_SET), 0);
	assert_int_equal(IStream_Read(stream, space, 4, &read), S_OK);
	assert_int_equal(read, 3);
	assert_memory_equal(space, "\0\0x", 3);
	assert_int_equal(IStream_Seek(stream, far, STREAM_SEEK_SET, NULL),
			 S_OK);
	assert_int_equal(IStream_Seek(stream, far, STREAM_SEEK_CUR, NULL),
			 STG_E_INVALIDFUNCTION);
	assert_int_equal(IStream_Write(stream, "y", 1, NULL), STG_E_MEDIUMFULL);
	assert_int_equal(size_of(stream), 3);
	assert_int_equal(IStream_Release(stream), 0);
}

static void the_size_can_be_set(void **state)
{
	const ULARGE_INTEGER five = {.QuadPart = 5}, two = {.QuadPart = 2};
	const ULARGE_INTEGER huge = {.QuadPart = UINT64_MAX};
	IStream *stream = new_stream();
	char space[8];
	ULONG read;

	(void)state;
	write_text(stream, "abc");
	assert_int_equal(IStream_SetSize(stream, two), S_OK);
	assert_int_equal(IStream_SetSize(stream, five), S_OK);
	assert_int_equal(seek(stream, 0, STREAM_SEEK_SET), 0);
	assert_int_equal(IStream_Read(stream, space, 8, &read), S_OK);
	assert_int_equal(read, 5);
	assert_memory_equal(space, "ab\0\0\0", 5);
	assert_int_equal(IStream_SetSize(stream, huge), STG_E_MEDIUMFULL);
	assert_int_equal(size_of(stream), 5);
	assert_int_equal(IStream_Release(stream), 0);
}

static void a_clone_shares_the_bytes_but_not_the_position(void **state)
{
	IStream *stream = new_stream();
	IStream *clone;

	(void)state;
	write_text(stream, "abc");
	assert_int_equal(seek(stream, 1, STREAM_SEEK_SET), 1);
	assert_int_equal(IStream_Clone(stream, &clone), S_OK);
	assert_reads(clone, "bc");
	write_text(clone, "d");
	assert_int_equal(IStream_Release(clone), 0);
	assert_reads(stream, "bcd");
	assert_int_equal(IStream_Clone(stream, &clone), S_OK);
	assert_int_equal(IStream_Release(stream), 0);
	assert_int_equal(seek(clone, 0, STREAM_SEEK_SET), 0);
	assert_reads(clone, "abcd");
	assert_int_equal(IStream_Release(clone), 0);
}

static void a_stream_can_be_copied_to_another(void **state)
{
	const ULARGE_INTEGER three = {.QuadPart = 3};
	const ULARGE_INTEGER all = {.QuadPart = UINT64_MAX};
	IStream *from = new_stream(), *to = new_stream();
	ULARGE_INTEGER read, written;
	char space[9999];

	(void)state;
	memset(space, 'x', sizeof(space));
	assert_int_equal(IStream_Write(from, space, sizeof(space), NULL), S_OK);
	assert_int_equal(seek(from, 0, STREAM_SEEK_SET), 0);
	assert_int_equal(IStream_CopyTo(from, to, three, &read, &written),
			 S_OK);
	assert_int_equal(read.QuadPart, 3);
	assert_int_equal(written.QuadPart, 3);
	assert_int_equal(IStream_CopyTo(from, to, all, &read, &written), S_OK);
	assert_int_equal(read.QuadPart, sizeof(space) - 3);
	assert_int_equal(written.QuadPart, sizeof(space) - 3);
	assert_int_equal(size_of(to), sizeof(space));
	assert_int_equal(IStream_Release(from), 0);
	assert_int_equal(IStream_Release(to), 0);
}

static void a_stream_has_the_interfaces_of_a_stream(void **state)
{
	static const IID *const iids[] = {&IID_IUnknown, &IID_ISequentialStream,
					  &IID_IStream};
	IStream *stream = new_stream();
	void *found;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(
			IStream_QueryInterface(stream, iids[i], &found), S_OK);
		assert_ptr_equal(found, stream);
		assert_int_equal(IStream_Release(stream), 1);
	}
	assert_int_equal(IStream_QueryInterface(stream, &IID_IMarshal, &found),
			 E_NOINTERFACE);
	assert_null(found);
	assert_int_equal(IStream_Release(stream), 0);
}

static void wrong_arguments_are_refused(void **state)
{
	const ULARGE_INTEGER none = {.QuadPart = 0};
	IStream *stream = new_stream(), *other = stream;

	(void)state;
	assert_int_equal(CreateStreamOnHGlobal(NULL, TRUE, NULL), E_INVALIDARG);
	assert_int_equal(CreateStreamOnHGlobal(stream, TRUE, &other),
			 E_INVALIDARG);
	assert_null(other);
	assert_int_equal(IStream_Read(stream, NULL, 1, NULL),
			 STG_E_INVALIDPOINTER);
	assert_int_equal(IStream_Write(stream, NULL, 1, NULL),
			 STG_E_INVALIDPOINTER);
	assert_int_equal(IStream_CopyTo(stream, NULL, none, NULL, NULL),
			 STG_E_INVALIDPOINTER);
	assert_int_equal(IStream_Stat(stream, NULL, 0), STG_E_INVALIDPOINTER);
	assert_int_equal(IStream_Clone(stream, NULL), STG_E_INVALIDPOINTER);
	assert_int_equal(IStream_LockRegion(stream, none, none, 0),
			 STG_E_INVALIDFUNCTION);
	assert_int_equal(IStream_Commit(stream, 0), S_OK);
	assert_int_equal(IStream_Revert(stream), S_OK);
	assert_int_equal(IStream_Release(stream), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_can_be_had_changed_and_freed),
		cmocka_unit_test(the_same_memory_is_an_objects),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(
			a_position_may_be_behind_the_end_but_not_before_the_start),
		cmocka_unit_test(the_size_can_be_set),
		cmocka_unit_test(a_clone_shares_the_bytes_but_not_the_position),
		cmocka_unit_test(a_stream_can_be_copied_to_another),
		cmocka_unit_test(a_stream_has_the_interfaces_of_a_stream),
		cmocka_unit_test(wrong_arguments_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
