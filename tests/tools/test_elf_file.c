/* SPDX-License-Identifier: MIT */
/*
 * test_elf_file.c - what is read of ELF files, also of broken ones
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "elf_file.h"

#define OWN "/proc/self/exe"
#define BROKEN_ONES 20000

__attribute__((visibility("default"))) void this_is_exported(void);

void this_is_exported(void)
{
}

static bool count(const char *name, void *data)
{
	unsigned int *found = data;

	*found += strcmp(name, "this_is_exported") == 0;
	return true;
}

static void a_program_says_what_it_needs_and_has(void **state)
{
	struct elf_file file;
	unsigned int found = 0;

	(void)state;
	assert_true(elf_file_open(OWN, &file));
	assert_string_equal(elf_file_interpreter(&file),
			    "/lib64/ld-linux-x86-64.so.2");
	assert_non_null(elf_file_text(&file, DT_NEEDED, 0));
	assert_null(elf_file_text(&file, DT_NEEDED, 1000));
	assert_true(elf_file_defines(&file, "this_is_exported"));
	assert_false(elf_file_defines(&file, "memfd_create"));
	assert_true(elf_file_wants(&file, "memfd_create"));
	assert_false(elf_file_wants(&file, "this_is_exported"));
	elf_file_functions(&file, count, &found);
	assert_int_equal(found, 1);
	elf_file_close(&file);
}

static void a_build_has_an_id(void **state)
{
	unsigned char id[20], again[20];
	struct elf_file file;

	(void)state;
	assert_true(elf_file_open(OWN, &file));
	assert_int_equal(elf_file_build_id(&file, id, sizeof(id)), 20);
	assert_int_equal(elf_file_build_id(&file, id, 19), 0);
	elf_file_close(&file);
	assert_true(elf_file_open("/bin/sh", &file));
	assert_int_equal(elf_file_build_id(&file, again, sizeof(again)), 20);
	assert_memory_not_equal(id, again, sizeof(id));
	elf_file_close(&file);
}

static void what_is_no_program_is_not_opened(void **state)
{
	static const char *const paths[] = {"/dev/null", "/", "/no/such",
					    "/etc/passwd", "/proc/self/maps"};
	struct elf_file file;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		assert_false(elf_file_open(paths[i], &file));
}

static bool touch(const char *name, void *data)
{
	*(size_t *)data += strlen(name);
	return true;
}

static void read_all(const char *path)
{
	struct elf_file file;
	const char *text;
	unsigned char id[20];
	size_t sum = 0;

	if (!elf_file_open(path, &file))
		return;
	text = elf_file_interpreter(&file);
	sum += text ? strlen(text) : 0;
	for (size_t i = 0; (text = elf_file_text(&file, DT_NEEDED, i)); i++)
		sum += strlen(text);
	(void)elf_file_wants(&file, "x");
	(void)elf_file_build_id(&file, id, sizeof(id));
	elf_file_functions(&file, touch, &sum);
	elf_file_close(&file);
}

static size_t read_own(unsigned char **ret_bytes)
{
	FILE *from = fopen(OWN, "re");
	size_t size;

	assert_non_null(from);
	*ret_bytes = malloc(1 << 24);
	assert_non_null(*ret_bytes);
	size = fread(*ret_bytes, 1, 1 << 24, from);
	(void)fclose(from);
	return size;
}

/* The heads of the file and of its sections are where it hurts. */
static size_t somewhere(const unsigned char *bytes, size_t size)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)bytes;
	size_t sections = head->e_shnum * sizeof(Elf64_Shdr);

	switch (random() % 3) {
	case 0:
		return (size_t)random() % 1024;
	case 1:
		return head->e_shoff + (size_t)random() % sections;
	default:
		return (size_t)random() % size;
	}
}

static void a_broken_file_does_no_harm(void **state)
{
	int fd = memfd_create("broken", 0);
	unsigned char *bytes, byte;
	size_t size = read_own(&bytes);
	char path[64];

	(void)state;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	srandom(4711);
	assert_true(write(fd, bytes, size) == (ssize_t)size);
	for (int i = 0; i < BROKEN_ONES; i++) {
		size_t at = somewhere(bytes, size);

		byte = random() % 2 ? 0xff : (unsigned char)random();
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
		read_all(path);
		/* Most of them stay whole enough to be read on. */
		if (random() % 4)
			assert_int_equal(pwrite(fd, bytes + at, 1, (off_t)at),
					 1);
		if (i % 50 == 0)
			assert_int_equal(pwrite(fd, bytes, size, 0), size);
	}
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(pwrite(fd, bytes, size, 0), size);
		assert_int_equal(ftruncate(fd, random() % (long)size), 0);
		read_all(path);
	}
	(void)close(fd);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_says_what_it_needs_and_has),
		cmocka_unit_test(a_build_has_an_id),
		cmocka_unit_test(what_is_no_program_is_not_opened),
		cmocka_unit_test(a_broken_file_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
