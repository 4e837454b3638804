/* SPDX-License-Identifier: MIT */
/*
 * record_files.c - whether a record still speaks of the files that are there
 *
 * A site of a record is found by its file's name and the address in it. In
 * another build there may be another call, or none, at that address.
 */
#include "record_files.h"

#include <stdio.h>
#include <string.h>

#include "elf_file.h"
#include "say.h"
#include "text.h"

/* What cannot be read may be elsewhere now; that is no other build. */
static bool is_other_build(const struct record_file *file)
{
	unsigned char id[BELAY_BUILD_ID_MAX];
	char digits[2 * BELAY_BUILD_ID_MAX + 1] = "";
	struct elf_file elf;
	size_t size;

	if (!elf_file_open(file->path, &elf))
		return false;
	size = elf_file_build_id(&elf, id, sizeof(id));
	elf_file_close(&elf);
	for (size_t i = 0; i < size; i++)
		(void)snprintf(digits + 2 * i, 3, "%02x", id[i]);
	return strcmp(digits, file->build_id) != 0;
}

void record_files_check(const struct record *record, const char *name)
{
	char path[BELAY_PATH_MAX];

	for (size_t i = 0; i < record->files_count; i++) {
		const struct record_file *file = &record->files[i];

		if (is_other_build(file))
			say("%s: \"%s\" is another build than the one that was "
			    "recorded: its calls may be at other places, and "
			    "other faults happen, or none",
			    name,
			    text_safe(file->path, sizeof(file->path), path,
				      sizeof(path)));
	}
}
