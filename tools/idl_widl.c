/* SPDX-License-Identifier: MIT */
/*
 * idl_widl.c - runs widl, Wine's IDL compiler
 *
 * It is Debian's package mingw-w64-tools that has it, under the name of the
 * machine that it compiles for; Wine's own packages call it "widl".
 */
#include "idl_widl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "home.h"
#include "read_whole.h"
#include "say.h"

static const char *const names[] = {"x86_64-w64-mingw32-widl", "widl"};

static bool find_in_path(const char *name, char path[PATH_MAX])
{
	const char *folders = getenv("PATH");
	size_t length;

	for (; folders && *folders;
	     folders += length + (folders[length] == ':')) {
		length = strcspn(folders, ":");
		if (length == 0 || length > PATH_MAX / 2)
			continue;
		(void)snprintf(path, PATH_MAX, "%.*s/%s", (int)length, folders,
			       name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

bool widl_find(struct idl *idl)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (find_in_path(names[i], idl->widl))
			return true;
	say("There is no widl, the IDL compiler. Install it: apt install "
	    "mingw-w64-tools");
	return false;
}

const char *widl_folder(void)
{
	static char folder[PATH_MAX];

	return *folder ? folder : home_path(HOME_IDL, "", folder);
}

struct words {
	const char **list;
	size_t count;
};

static void add(struct words *words, const char *word)
{
	words->list =
		array_grow(words->list, words->count, sizeof(*words->list));
	words->list[words->count++] = word;
}

static void add_folder(struct words *words, const char *folder)
{
	add(words, "-I");
	add(words, folder);
}

/* Its command line, to be freed. */
static const char **command_of(const struct idl *idl,
			       const char *const *arguments)
{
	struct words words = {0};

	add(&words, idl->widl);
	add(&words, "-m64");
	add_folder(&words, idl->folder);
	for (size_t i = 0; i < idl->include_count; i++)
		add_folder(&words, idl->includes[i]);
	add_folder(&words, widl_folder());
	for (; *arguments; arguments++)
		add(&words, *arguments);
	add(&words, NULL);
	return words.list;
}

/* Starts it; its output and its messages go to two files. */
static pid_t start(const char **argv, const int outputs[2])
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	for (int i = 0; i < 2; i++)
		posix_spawn_file_actions_adddup2(&actions, outputs[i],
						 STDOUT_FILENO + i);
	error = posix_spawn(&pid, argv[0], &actions, NULL, (char **)argv,
			    environ);
	posix_spawn_file_actions_destroy(&actions);
	if (!error)
		return pid;
	say("Cannot run \"%s\": %s", argv[0], strerror(error));
	return -1;
}

/* All that was written, as a text to be freed. */
static char *read_all(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, size < 0 ? 1 : (size_t)size + 1);

	if (!text || (size > 0 && !read_whole(fd, text, (size_t)size, 0)))
		abort();
	return text;
}

/* The user's name for the file, where widl has found it through its folder. */
static const char *named(const struct idl *idl, const char *line, size_t *skip)
{
	size_t folder = strlen(idl->folder), base = strlen(idl->base);

	*skip = 0;
	if (strncmp(line, idl->folder, folder) != 0 || line[folder] != '/' ||
	    strncmp(line + folder + 1, idl->base, base) != 0 ||
	    line[folder + 1 + base] != ':')
		return "";
	*skip = folder + 1 + base;
	return idl->file;
}

static void pass_line_on(struct idl *idl, const char *line, size_t length)
{
	size_t skip;
	const char *name = named(idl, line, &skip);
	char *text, *all;

	if (length == 0)
		return;
	if (asprintf(&text, "%s%.*s\n", name, (int)(length - skip),
		     line + skip) < 0)
		abort();
	if (!idl->said || !strstr(idl->said, text)) {
		(void)!write(STDERR_FILENO, text, strlen(text));
		if (asprintf(&all, "%s%s", idl->said ? idl->said : "", text) <
		    0)
			abort();
		free(idl->said);
		idl->said = all;
	}
	free(text);
}

static void pass_on(struct idl *idl, const char *text)
{
	size_t length;

	for (; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		pass_line_on(idl, text, length);
	}
}

/* Runs it to its end; both texts are to be freed. */
static bool run(const char **argv, char **ret_output, char **ret_messages)
{
	int outputs[2] = {
		memfd_create("output", MFD_CLOEXEC),
		memfd_create("messages", MFD_CLOEXEC),
	};
	pid_t pid = start(argv, outputs);
	int status = -1;

	/* What interrupts us is to end us: it ends, too. */
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		(void)kill(pid, SIGTERM);
	*ret_output = read_all(outputs[0]);
	*ret_messages = read_all(outputs[1]);
	close(outputs[0]);
	close(outputs[1]);
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool widl_run(struct idl *idl, const char *const *arguments, char **ret_output)
{
	const char **argv = command_of(idl, arguments);
	char *output, *messages;
	bool well = run(argv, &output, &messages);

	pass_on(idl, messages);
	if (ret_output && well)
		*ret_output = output;
	else
		free(output);
	free(messages);
	free(argv);
	return well;
}
