/* SPDX-License-Identifier: MIT */
/*
 * test_symbols.c - names of places, read out of this program's own file
 *
 * Usage: test_symbols PATH-OF-SYMBOLS.SO
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols.h"

static const struct belay_symbols *symbols;

/* Where this returns to: the line of the call below. */
__attribute__((noinline)) static uint64_t here(void)
{
	return (uint64_t)(uintptr_t)__builtin_return_address(0);
}

static struct place place_in_us(uint64_t address)
{
	struct place place = {0};
	Dl_info info;
	ssize_t n;

	assert_int_not_equal(dladdr((void *)(uintptr_t)address, &info), 0);
	n = readlink("/proc/self/exe", place.path, sizeof(place.path) - 1);
	assert_true(n > 0);
	place.address = address - (uint64_t)(uintptr_t)info.dli_fbase;
	return place;
}

static int find_build_id(struct dl_phdr_info *info, size_t size, void *data)
{
	struct place *place = data;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		const ElfW(Nhdr) * note;

		if (header->p_type != PT_NOTE)
			continue;
		note = (const void *)(info->dlpi_addr + header->p_vaddr);
		if (note->n_type != NT_GNU_BUILD_ID)
			continue;
		place->build_id_size = note->n_descsz;
		memcpy(place->build_id,
		       (const char *)(note + 1) + note->n_namesz,
		       note->n_descsz);
		return 1;
	}
	return 1; /* only the first module, which is us */
}

static void a_place_is_named_by_function_file_and_line(void **state)
{
	struct place place = place_in_us(here());
	char text[256], expected[256];

	(void)state;
	(void)snprintf(expected, sizeof(expected), "%s (test_symbols.c:%d)",
		       __func__, __LINE__ - 5);
	assert_true(symbols->describe(&place, text, sizeof(text)));
	assert_string_equal(text, expected);
}

static void the_build_id_decides_whether_it_is_the_file(void **state)
{
	struct place place = place_in_us(here());
	char text[256];

	(void)state;
	(void)dl_iterate_phdr(find_build_id, &place);
	assert_true(place.build_id_size > 0);
	assert_true(symbols->describe(&place, text, sizeof(text)));
	place.build_id[0] ^= 1;
	assert_false(symbols->describe(&place, text, sizeof(text)));
	place.build_id[0] ^= 1;
	place.build_id_size--;
	assert_false(symbols->describe(&place, text, sizeof(text)));
}

static void a_place_outside_of_all_functions_has_no_name(void **state)
{
	struct place place = place_in_us(here());
	char text[256];

	(void)state;
	place.address = UINT64_C(0x7000000000);
	assert_false(symbols->describe(&place, text, sizeof(text)));
	place.address = 0;
	assert_false(symbols->describe(&place, text, sizeof(text)));
}

static void assert_no_name(const char *path)
{
	struct place place = {.address = 0x1000};
	char text[256];

	strcpy(place.path, path);
	assert_false(symbols->describe(&place, text, sizeof(text)));
}

static void what_cannot_be_read_has_no_name_and_is_not_waited_for(void **state)
{
	char folder[] = "/tmp/belay-symbols-XXXXXX";
	char path[64];
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_no_name("/nonexistent");
	assert_no_name(folder);
	assert_no_name("/dev/zero");
	(void)snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_no_name(path);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/text", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("\177ELF, but not for long", file);
	(void)fclose(file);
	assert_no_name(path);
	(void)unlink(path);
	(void)rmdir(folder);
}

static void more_files_than_there_is_room_for_are_no_harm(void **state)
{
	struct place place = place_in_us(here());
	char path[64], text[256];

	(void)state;
	for (int i = 0; i < 300; i++) {
		(void)snprintf(path, sizeof(path), "/nonexistent/%d", i);
		assert_no_name(path);
	}
	assert_true(symbols->describe(&place, text, sizeof(text)));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_named_by_function_file_and_line),
		cmocka_unit_test(the_build_id_decides_whether_it_is_the_file),
		cmocka_unit_test(a_place_outside_of_all_functions_has_no_name),
		cmocka_unit_test(
			what_cannot_be_read_has_no_name_and_is_not_waited_for),
		cmocka_unit_test(more_files_than_there_is_room_for_are_no_harm),
	};
	void *module = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;

	symbols = module ? dlsym(module, "belay_symbols") : NULL;
	if (!symbols || symbols->abi != BELAY_SYMBOLS_ABI) {
		fprintf(stderr, "test_symbols: %s\n",
			argc == 2 ? dlerror() : "which symbols.so?");
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
