/* SPDX-License-Identifier: MIT */
/*
 * elf_file.h - what a program or library says of itself, without running it
 *
 * The file may be broken or hostile: every offset and text is checked.
 */
#ifndef BELAY_TOOLS_ELF_FILE_H
#define BELAY_TOOLS_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* struct elf_file - one that is open; its texts live as long */
struct elf_file {
	const unsigned char *bytes;
	size_t size;
	const Elf64_Sym *symbols; /* dynamic ones */
	size_t symbols_count;
	const Elf64_Dyn *dynamic;
	size_t dynamic_count;
	const char *names; /* of both; the last byte is 0 */
	size_t names_size;
};

/*
 * elf_file_open() - opens a 64-bit file for this machine
 *
 * Return: false if it is none, or says nothing of its libraries.
 */
bool elf_file_open(const char *path, struct elf_file *ret_file);
void elf_file_close(struct elf_file *file);

/* elf_file_interpreter() - the loader that it names, or NULL */
const char *elf_file_interpreter(const struct elf_file *file);

/*
 * elf_file_text() - the index-th text of a kind in its dynamic section
 *
 * tag: DT_NEEDED, DT_RUNPATH ...
 * Return: NULL if there are not so many.
 */
const char *elf_file_text(const struct elf_file *file, int64_t tag,
			  size_t index);

/* elf_file_defines() - whether it exports a function of this name */
bool elf_file_defines(const struct elf_file *file, const char *name);

/* elf_file_wants() - whether it gets a function of this name elsewhere */
bool elf_file_wants(const struct elf_file *file, const char *name);

/*
 * elf_file_build_id() - what tells this build of it from others
 *
 * Return: its size; 0: it has none, or one that is larger than `room`.
 */
size_t elf_file_build_id(const struct elf_file *file, unsigned char *ret_id,
			 size_t room);

/*
 * elf_file_functions() - visits the functions that it exports
 *
 * visit: return false to stop
 */
void elf_file_functions(const struct elf_file *file,
			bool (*visit)(const char *name, void *data),
			void *data);

#endif
