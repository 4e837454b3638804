/* SPDX-License-Identifier: MIT */
/*
 * doctor.h - what a user may have wrong, before a run
 */
#ifndef BELAY_TOOLS_DOCTOR_H
#define BELAY_TOOLS_DOCTOR_H

#include <stdbool.h>

/* What a look at something found. */
enum doctor_level {
	DOCTOR_OK,
	DOCTOR_NOTE,    /* it works, and it is good to know */
	DOCTOR_PROBLEM, /* it does not work */
};

struct doctor {
	unsigned int problems;
};

/*
 * doctor_say() - one line; for a note or a problem, another one that says what
 * to do
 *
 * advice: NULL for none
 */
void doctor_say(struct doctor *doctor, enum doctor_level level,
		const char *advice, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* doctor_look_at_us() - Belay's own files, and what the environment says */
void doctor_look_at_us(struct doctor *doctor);

/* doctor_look_at_memory() - where sessions are kept */
void doctor_look_at_memory(struct doctor *doctor);

/* doctor_look_at_lttng() - what `belay trace` needs */
void doctor_look_at_lttng(struct doctor *doctor);

/*
 * doctor_look_at_program() - whether a program can be watched, and its calls
 *
 * Return: false if there is no such program, and it has been said.
 */
bool doctor_look_at_program(struct doctor *doctor, const char *name);

#endif
