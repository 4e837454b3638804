/* SPDX-License-Identifier: MIT */
/*
 * place.h - where a call began: an address in an ELF file, and its name
 */
#ifndef BELAY_TOOLS_PLACE_H
#define BELAY_TOOLS_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <belay/table.h>

struct place {
	char path[BELAY_PATH_MAX]; /* "" where the module is unknown */
	uint64_t address;          /* in the file; without one, as it was */
	uint8_t build_id[BELAY_BUILD_ID_MAX];
	uint32_t build_id_size; /* 0: not checked */
};

/*
 * place_describe() - "main (reader.c:42)", "libfoo.so.1+0x1234" where there
 * are no symbols, "0x7f..." where the module is unknown
 *
 * Loads the symbol reader (elfutils) at its first use. A file that is gone or
 * has another build-id is named by module and offset.
 */
void place_describe(const struct place *place, char *text, size_t size);

/* place_describe_method() - the same of the address of a function */
void place_describe_method(const struct place *place, char *text, size_t size);

/* place_is() - whether two are the same place */
bool place_is(const struct place *a, const struct place *b);

#endif
