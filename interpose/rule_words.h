/* SPDX-License-Identifier: MIT */
/*
 * rule_words.h - a line of a text of rules, word by word
 *
 * Words stand between blanks; one that begins with "#" begins a comment. A
 * word may hold quoted parts, as in a shell.
 */
#ifndef BELAYI_RULE_WORDS_H
#define BELAYI_RULE_WORDS_H

#include <belay/rules.h>

/* A word as it is written: bytes from..to of the line; empty: none is left. */
struct raw {
	uint32_t from;
	uint32_t to;
};

/* One line that is being read. */
struct reader {
	const char *line;
	uint32_t length;
	uint32_t at;
	uint32_t end; /* of the last word that was read */
	struct belay_arena *arena;
	struct belay_rule_error *error;
};

/* reader_take() - memory of the arena, or NULL and it is said that none is */
void *reader_take(struct reader *reader, size_t size);

/* reader_next() - the next word; false where it is wrong */
bool reader_next(struct reader *reader, struct raw *ret_raw);

/*
 * reader_unquote() - a copy of a word, or of a part of one, without its quotes
 *
 * In double quotes \" is a quote and \\ a backslash. Everything else is as it
 * stands: a glob keeps its backslashes.
 */
bool reader_unquote(struct reader *reader, struct raw raw,
		    struct belay_word *ret_word);

/* reader_is() - whether a word is this one, and not quoted */
bool reader_is(const struct reader *reader, struct raw raw, const char *word);

#endif
