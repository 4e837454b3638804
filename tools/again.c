/* SPDX-License-Identifier: MIT */
/*
 * again.c - the command that does a run once more
 */
#include "again.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static void write_word(const char *word, size_t length, FILE *to)
{
	/* Each letter can take four, and there are two quotes. */
	size_t size = 4 * length + 16;
	char *text = malloc(size), *part = strndup(word, length);

	if (!text || !part)
		abort();
	fprintf(to, " %s", text_shell(part, text, size));
	free(part);
	free(text);
}

/*
 * How much of a word says nothing of the trace's folder, which is full now:
 * the output is the next word, or the rest of this one.
 */
static size_t length_without_output(char *const *word, const char *output)
{
	uintptr_t at = (uintptr_t)*word, from = (uintptr_t)output;
	size_t length = strlen(*word);

	if (!output ||
	    (word[1] != output && (from <= at || from > at + length)))
		return length;
	if (strncmp(*word, "--", 2) == 0)
		return 0;
	if (word[1] != output)
		length = from - at;
	return length > 2 ? length - 1 : 0;
}

static void write_words(const struct watch *watch, FILE *to)
{
	for (char **word = watch->line + 1; *word; word++) {
		size_t length = length_without_output(word, watch->output);

		if (length || !**word)
			write_word(*word, length, to);
		if (watch->output && word[1] == watch->output)
			word++;
	}
}

char *command_again(const struct watch *watch, uint64_t seed)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		abort();
	fprintf(to, "belay %s", watch->command);
	if (!watch->seed_given && !watch->replay)
		fprintf(to, " --seed=%" PRIu64, seed);
	write_words(watch, to);
	if (fclose(to) != 0)
		abort();
	return text;
}
