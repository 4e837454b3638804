/* SPDX-License-Identifier: MIT */
/*
 * program.c - finds the program to run, and whether it can be watched
 *
 * The loader that would preload us comes with the program: a static one has
 * none, one that gains rights ignores preloads, one for another machine cannot
 * load ours. All of that is said before the program starts.
 */
#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "say.h"

/* The kernel's own limit on interpreters of interpreters. */
#define INTERPRETERS_MAX 5

/* Runs what is no program and names no interpreter: see execvp(). */
#define SHELL "/bin/sh"

static int not_found(const char *name, const char *why)
{
	const char *sign = strchr(name, '=');

	if (sign && !memchr(name, '/', (size_t)(sign - name)))
		say("There is no program \"%s\". To set a variable for the "
		    "program, say -E '%s'",
		    name, name);
	else
		say("Cannot run \"%s\": %s", name, why);
	return SAY_NOT_FOUND;
}

static int not_executable(const char *name, const char *why)
{
	say("Cannot run \"%s\": %s", name, why);
	return SAY_NOT_EXECUTABLE;
}

static bool is_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return false;
	}
	return access(path, X_OK) == 0;
}

/* As execvp(): a file that may not be executed does not end the search. */
static int search(const char *name, char path[PATH_MAX])
{
	const char *folders = getenv("PATH"), *folder;
	bool forbidden = false;

	folder = folders ? folders : "/bin:/usr/bin";
	for (; folder; folder = strchr(folder, ':')) {
		size_t length;

		if (*folder == ':')
			folder++;
		length = strcspn(folder, ":");
		(void)snprintf(path, PATH_MAX, "%.*s%s%s", (int)length, folder,
			       length ? "/" : "", name);
		if (is_executable(path))
			return 0;
		forbidden |= errno == EACCES;
	}
	return forbidden ? not_executable(name, "Permission denied")
			 : not_found(name, "No such program in $PATH");
}

static int find(const char *name, char path[PATH_MAX])
{
	if (!*name)
		return not_found(name, "Its name is empty");
	if (!strchr(name, '/'))
		return search(name, path);
	(void)snprintf(path, PATH_MAX, "%s", name);
	if (is_executable(path))
		return 0;
	if (errno == ENOENT || errno == ENOTDIR)
		return not_found(name, strerror(errno));
	return not_executable(name, strerror(errno));
}

/* Return: its length, 0 if the file begins with no "#!". */
static size_t interpreter(const char *begin, size_t size, char path[PATH_MAX])
{
	const char *at = begin + 2;
	size_t length;

	if (size < 3 || memcmp(begin, "#!", 2) != 0)
		return 0;
	at += strspn(at, " \t");
	length = strcspn(at, " \t\n");
	memcpy(path, at, length);
	path[length] = '\0';
	return length;
}

/* What "#!/usr/bin/env [-S] NAME" starts, as env looks for it. */
static void find_started(const char *begin, struct program *program)
{
	const char *slash = strrchr(program->loaded, '/');
	const char *at = strstr(begin, program->loaded);

	*program->started = '\0';
	if (!slash || strcmp(slash, "/env") != 0 || !at)
		return;
	at += strlen(program->loaded);
	at += strspn(at, " \t");
	if (strncmp(at, "-S", 2) == 0) {
		at += 2;
		at += strspn(at, " \t");
	}
	if (*at == '-')
		return;
	(void)snprintf(program->started, sizeof(program->started), "%.*s",
		       (int)strcspn(at, " \t\n"), at);
	/* It sets variables first. */
	if (strchr(program->started, '='))
		*program->started = '\0';
}

static bool has_program_header(int fd, const Elf64_Ehdr *elf, uint32_t type,
			       Elf64_Phdr *ret)
{
	for (unsigned int i = 0; i < elf->e_phnum; i++) {
		off_t at = (off_t)(elf->e_phoff + i * sizeof(*ret));

		if (pread(fd, ret, sizeof(*ret), at) != sizeof(*ret))
			return false;
		if (ret->p_type == type)
			return true;
	}
	return false;
}

/* The loader itself, run as a program, has no interpreter and preloads. */
static bool is_static(int fd, const Elf64_Ehdr *elf)
{
	Elf64_Phdr header;
	Elf64_Dyn entry;
	off_t at;

	if (has_program_header(fd, elf, PT_INTERP, &header))
		return false;
	if (elf->e_type != ET_DYN ||
	    !has_program_header(fd, elf, PT_DYNAMIC, &header))
		return true;
	for (at = (off_t)header.p_offset;
	     pread(fd, &entry, sizeof(entry), at) == sizeof(entry) &&
	     entry.d_tag != DT_NULL;
	     at += (off_t)sizeof(entry))
		if (entry.d_tag == DT_SONAME)
			return false;
	return true;
}

/* Whether the kernel will call the new image secure (AT_SECURE). */
static bool gains_rights(int fd)
{
	struct statvfs fs;
	struct stat st;

	if (fstat(fd, &st) < 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
	    (fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_NOSUID)))
		return false;
	if ((st.st_mode & S_ISUID) && st.st_uid != getuid())
		return true;
	if ((st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
	    st.st_gid != getgid())
		return true;
	return getuid() != 0 &&
	       fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

static enum program_kind kind_of_elf(int fd, const Elf64_Ehdr *elf)
{
	if (elf->e_ident[EI_CLASS] != ELFCLASS64 ||
	    elf->e_ident[EI_DATA] != ELFDATA2LSB || elf->e_machine != EM_X86_64)
		return PROGRAM_FOREIGN;
	if (gains_rights(fd))
		return PROGRAM_PRIVILEGED;
	return is_static(fd, elf) ? PROGRAM_STATIC : PROGRAM_WATCHED;
}

/* A program that may be executed but not read is left to the kernel. */
static int look(const char *name, struct program *program)
{
	char begin[256] = "";

	strcpy(program->loaded, program->path);
	for (int i = 0; i < INTERPRETERS_MAX; i++) {
		int fd = open(program->loaded, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? -1 : read(fd, begin, sizeof(begin) - 1);
		Elf64_Ehdr elf;
		bool is_elf;

		memcpy(&elf, begin, sizeof(elf));
		begin[n > 0 ? n : 0] = '\0';
		is_elf = n >= (ssize_t)sizeof(elf) &&
			 memcmp(begin, ELFMAG, SELFMAG) == 0;
		if (is_elf)
			program->kind = kind_of_elf(fd, &elf);
		if (fd >= 0)
			(void)close(fd);
		if (n < 0 || is_elf)
			return 0;
		if (interpreter(begin, (size_t)n, program->loaded))
			find_started(begin, program);
		else
			strcpy(program->loaded, SHELL);
		if (!is_executable(program->loaded)) {
			say("Cannot run \"%s\": Its interpreter \"%s\": %s",
			    name, program->loaded, strerror(errno));
			return errno == ENOENT ? SAY_NOT_FOUND
					       : SAY_NOT_EXECUTABLE;
		}
	}
	return 0;
}

int program_find(const char *name, struct program *ret_program)
{
	int status;

	*ret_program = (struct program){.kind = PROGRAM_WATCHED};
	status = find(name, ret_program->path);
	if (status)
		return status;
	return look(name, ret_program);
}

const char *program_kind_sentence(enum program_kind kind)
{
	switch (kind) {
	case PROGRAM_STATIC:
		return "is statically linked: it cannot be watched, only "
		       "programs that it starts";
	case PROGRAM_PRIVILEGED:
		return "runs with other rights than yours (setuid, setgid or "
		       "capabilities): it is left alone";
	case PROGRAM_FOREIGN:
		return "is no 64-bit x86 program: it cannot be watched";
	case PROGRAM_WATCHED:
		break;
	}
	return "can be watched";
}
