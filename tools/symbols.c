/* SPDX-License-Identifier: MIT */
/*
 * symbols.c - reads functions and lines out of ELF files with elfutils
 *
 * Paths come from call tables, so a path may name anything: only regular
 * files are opened, never waited for, and only the one with the build-id that
 * ran is believed. Nothing is fetched from the network.
 */
#include "symbols.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

#define FILES_MAX 128

struct file {
	char path[BELAY_PATH_MAX];
	Dwfl *dwfl;
	Dwfl_Module *module; /* NULL: it cannot be read */
	GElf_Addr bias;
};

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* elfutils would ask the servers named here, and wait for them. */
static void stay_local(void)
{
	(void)unsetenv("DEBUGINFOD_URLS");
}

static void load(struct file *file, const char *path)
{
	int fd = open_regular(path);
	Elf *elf;

	(void)snprintf(file->path, sizeof(file->path), "%s", path);
	if (fd < 0)
		return;
	stay_local();
	file->dwfl = dwfl_begin(&callbacks);
	if (file->dwfl)
		file->module = dwfl_report_offline(file->dwfl, "", path, fd);
	if (!file->module) {
		(void)close(fd);
		return;
	}
	(void)dwfl_report_end(file->dwfl, NULL, NULL);
	elf = dwfl_module_getelf(file->module, &file->bias);
	if (!elf)
		file->module = NULL;
}

static const struct file *find(const char *path)
{
	static struct file files[FILES_MAX];
	static size_t used;

	for (size_t i = 0; i < used; i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	if (used == FILES_MAX)
		return NULL;
	load(&files[used], path);
	return &files[used++];
}

static bool is_the_one(const struct file *file, const struct place *place)
{
	const unsigned char *bits;
	GElf_Addr where;
	int n = dwfl_module_build_id(file->module, &bits, &where);

	if (place->build_id_size == 0)
		return true;
	return n == (int)place->build_id_size &&
	       memcmp(bits, place->build_id, place->build_id_size) == 0;
}

/* A place is where a call returns to: the call itself ends one byte before. */
static bool describe(const struct place *place, char *text, size_t size)
{
	const struct file *file = find(place->path);
	GElf_Addr address = place->address - 1;
	const char *function, *source;
	GElf_Off offset;
	GElf_Sym symbol;
	Dwfl_Line *line;
	int number;

	if (!file || !file->module || !is_the_one(file, place))
		return false;
	address += file->bias;
	function = dwfl_module_addrinfo(file->module, address, &offset, &symbol,
					NULL, NULL, NULL);
	if (!function)
		return false;
	line = dwfl_module_getsrc(file->module, address);
	source = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL)
		      : NULL;
	if (source)
		(void)snprintf(text, size, "%s (%s:%d)", function,
			       text_base(source), number);
	else
		(void)snprintf(text, size, "%s+0x%" PRIx64 " (%s)", function,
			       (uint64_t)offset + 1, text_base(place->path));
	return true;
}

extern const struct belay_symbols belay_symbols;
__attribute__((visibility("default")))
const struct belay_symbols belay_symbols = {
	.abi = BELAY_SYMBOLS_ABI,
	.describe = describe,
};
