/* SPDX-License-Identifier: MIT */
/*
 * report_print.h - what a trace tells, for people and for programs
 */
#ifndef BELAY_TOOLS_REPORT_PRINT_H
#define BELAY_TOOLS_REPORT_PRINT_H

#include <stdio.h>

#include "report_faults.h"
#include "report_follow.h"
#include "report_merge.h"

struct json;

struct report {
	const char *path; /* as the user gave it */
	struct follow follow;
	struct summary shown; /* the follow's, without unused operations */
	struct merge merge;
	struct faults faults;
};

/* report_text() - as people read it; report_json() - as programs do */
void report_text(const struct report *report, FILE *to);
void report_json(const struct report *report, FILE *to);

/* report_range() - when the first and the last thing happened; 0 if never */
void report_range(const struct report *report, int64_t *ret_first,
		  int64_t *ret_last);

/* report_site() - where a call began, as place_describe() says it */
void report_site(const struct report *report, const struct report_call *call,
		 char *text, size_t size);

/* report_method() - the server's method that served it */
void report_method(const struct report *report, const struct report_call *call,
		   char *text, size_t size);

/* report_text_served(), report_json_served() - what servers did */
void report_text_served(const struct report *report, FILE *to);
void report_json_served(const struct report *report, struct json *json);

/* report_json_server() - who served a call, as members of its object */
void report_json_server(const struct report *report,
			const struct report_call *call, struct json *json);

/* report_status() - "EIO", "0x80010002", "-3"; "" for 0 */
char *report_status(const struct report *report, uint16_t operation,
		    int64_t status, char text[32]);

/* report_outcome() - the word for an enum belay_ending; "?" for others */
const char *report_outcome(unsigned int outcome);

/* report_cancel_end() - what finally happened to a cancelled call */
const char *report_cancel_end(const struct first_cancel *cancel);

/* report_operation() - its name; "?" for a call not seen to begin */
const char *report_operation(const struct report *report, uint16_t operation);

/* report_note() - the operation's arguments' names, or NULL */
const char *report_note(const struct report *report, uint16_t operation);

#endif
