/* SPDX-License-Identifier: MIT */
/*
 * idl_file.c - the IDL file that `belay idl` was given
 */
#include "idl_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read_whole.h"
#include "say.h"
#include "text.h"

#define FILE_MAX (256U << 20)

bool idl_cannot(const char *what, const char *path)
{
	say("Cannot %s \"%s\": %s", what, path, strerror(errno));
	return false;
}

static bool check_name(const char *file, const char *base, size_t length)
{
	if (length > NAME_MAX - 8 || strpbrk(base, "\"\\\n") ||
	    strlen(file) > PATH_MAX / 2) {
		say("Cannot read \"%s\": its name is too long, or has a quote, "
		    "a backslash or a line end in it",
		    file);
		return false;
	}
	/* NAME_ProxyFileInfo is to be a name in C. */
	if (isdigit((unsigned char)*base)) {
		say("Cannot make C of \"%s\": its name begins with a digit; "
		    "names in C are made of it, which cannot",
		    file);
		return false;
	}
	return true;
}

/* widl takes a null byte for the end of the file, and is content. */
static bool check_text(const char *file, const char *text, size_t size)
{
	size_t length = strlen(text), line = 1;

	if (size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 ||
			  memcmp(text, "\xfe\xff", 2) == 0)) {
		say("Cannot read \"%s\": it is UTF-16; save it as UTF-8", file);
		return false;
	}
	if (length == size)
		return true;
	for (size_t i = 0; i < length; i++)
		line += text[i] == '\n';
	say("Cannot read \"%s\": it is no text: line %zu has a null byte", file,
	    line);
	return false;
}

static bool check_file(const char *file)
{
	struct stat stat_of;
	size_t size = 0;
	char *text;
	bool good;

	if (stat(file, &stat_of) != 0)
		return idl_cannot("read", file);
	if (!S_ISREG(stat_of.st_mode)) {
		say("Cannot read \"%s\": it is no file", file);
		return false;
	}
	text = read_text(AT_FDCWD, file, FILE_MAX, &size);
	good = text ? check_text(file, text, size) : idl_cannot("read", file);
	free(text);
	return good;
}

bool idl_open(struct idl *idl, const char *file)
{
	const char *base = text_base(file), *dot = strrchr(base, '.');
	size_t length =
		dot && dot != base ? (size_t)(dot - base) : strlen(base);

	if (!check_file(file) || !check_name(file, base, length))
		return false;
	idl->file = file;
	idl->base = base;
	(void)snprintf(idl->name, sizeof(idl->name), "%.*s", (int)length, base);
	(void)snprintf(idl->folder, sizeof(idl->folder), "%.*s",
		       base == file ? 1 : (int)(base - file),
		       base == file ? "." : file);
	length = strlen(idl->folder);
	if (length > 1 && idl->folder[length - 1] == '/')
		idl->folder[length - 1] = '\0';
	return true;
}
