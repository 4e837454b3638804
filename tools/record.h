/* SPDX-License-Identifier: MIT */
/*
 * record.h - which calls rules fired at, as a file that people can read
 *
 *     belay-record 1
 *     seed 4711
 *     rule 1 aio.read fault error=EIO when p=0.01
 *     fired 1 3 /usr/bin/fio+0x2f1c4 5b0e...
 *     missing 12
 *
 * A line each: a rule by its number; what fired: the rule, the n-th call of it
 * at a site, the site and the build-id of its file ("-" without one). "missing"
 * is how many more fired than there was room for. What follows a "#" at the
 * start of a line is a comment.
 */
#ifndef BELAY_TOOLS_RECORD_H
#define BELAY_TOOLS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <belay/table.h>

/* A file with sites; build_id is in hexadecimal digits, "" without one. */
struct record_file {
	char path[BELAY_PATH_MAX];
	char build_id[2 * BELAY_BUILD_ID_MAX + 1];
};

/*
 * struct record - one that was read
 *
 * rules:   the text up to the last rule, blank but for rules: they stand where
 *          they stood, so that what is wrong with one has its line and column
 * entries: sorted, as a session has them
 */
struct record {
	uint64_t seed;
	char *rules;
	uint32_t rules_count;
	struct belay_replay_entry *entries;
	size_t count;
	struct record_file *files; /* each once */
	size_t files_count;
	uint64_t missing;
};

struct record_error {
	uint32_t line; /* 0: the whole file */
	char what[160];
};

/*
 * record_parse() - reads a record
 *
 * Return: false, and *ret_error says why.
 */
bool record_parse(const char *text, size_t length, struct record *ret_record,
		  struct record_error *ret_error);

void record_deinit(struct record *record);

/*
 * record_write() - writes what rules fired at, in an order of its own
 *
 * rules: one a line
 * state: what they did, or NULL: nothing is known
 * lost:  entries that are not in the state
 */
void record_write(FILE *to, uint64_t seed, const char *rules,
		  struct belay_rules_state *state, uint64_t lost);

#endif
