/* SPDX-License-Identifier: MIT */
/*
 * trace_rules.c - the rules that a trace was recorded with
 */
#include "trace_rules.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read_whole.h"
#include "text.h"

#define HEAD "# Rules of a trace that Belay recorded, with seed "
#define COMMENT "# "

/* The rules are 1 MiB at most, a command line 2 MiB. */
#define SIZE_MAX_BYTES (4 << 20)

/* A command can be of several lines: each becomes one. */
static void write_comment(const char *text, FILE *to)
{
	fputs(COMMENT, to);
	for (; *text; text++) {
		fputc(*text, to);
		if (*text == '\n')
			fputs(COMMENT, to);
	}
	fputc('\n', to);
}

bool trace_rules_write(const char *folder, const struct trace_rules *rules)
{
	char *path = NULL;
	bool written;
	FILE *to;

	if (asprintf(&path, "%s/" TRACE_RULES, folder) < 0)
		abort();
	to = fopen(path, "wxe");
	free(path);
	if (!to)
		return false;
	fprintf(to, HEAD "%" PRIu64 "\n", rules->seed);
	write_comment(rules->again, to);
	fputs(rules->text, to);
	written = !ferror(to);
	return fclose(to) == 0 && written;
}

/* Takes the lines that are comments from *at on; they may go to a terminal. */
static char *read_command(const char **at)
{
	size_t rest = strlen(*at) + 1, used = 0;
	char *command = malloc(rest);

	if (!command)
		abort();
	while (strncmp(*at, COMMENT, strlen(COMMENT)) == 0) {
		size_t length = strcspn(*at += strlen(COMMENT), "\n");

		if (used)
			command[used++] = '\n';
		(void)text_safe(*at, length, command + used, rest - used);
		used += strlen(command + used);
		*at += length + ((*at)[length] == '\n');
	}
	command[used] = '\0';
	return command;
}

bool trace_rules_read(const char *path, struct trace_rules *ret_rules)
{
	char *text = read_text(AT_FDCWD, path, SIZE_MAX_BYTES, NULL), *end;
	const char *at = text;

	if (!text || strncmp(text, HEAD, strlen(HEAD)) != 0) {
		free(text);
		return false;
	}
	ret_rules->seed = strtoull(text + strlen(HEAD), &end, 10);
	at = end + (*end == '\n');
	ret_rules->again = read_command(&at);
	ret_rules->text = strdup(at);
	if (!ret_rules->text)
		abort();
	free(text);
	return true;
}

void trace_rules_deinit(struct trace_rules *rules)
{
	free(rules->text);
	free(rules->again);
	*rules = (struct trace_rules){0};
}
