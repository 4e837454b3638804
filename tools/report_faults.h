/* SPDX-License-Identifier: MIT */
/*
 * report_faults.h - what is wrong with a trace
 *
 * A fault is said at once, on stderr, and kept for --json. What was read
 * before it counts all the same.
 */
#ifndef BELAY_TOOLS_REPORT_FAULTS_H
#define BELAY_TOOLS_REPORT_FAULTS_H

#include <stddef.h>

#define FAULTS_MAX 20

struct faults {
	char *texts[FAULTS_MAX];
	size_t count; /* also those that were not kept */
};

/* faults_add() - says a fault; after FAULTS_MAX they are only counted */
void faults_add(struct faults *faults, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * faults_add_bt() - says what libbabeltrace2 has against `what`
 *
 * Takes this thread's error from the library: its first cause is the reason.
 */
void faults_add_bt(struct faults *faults, const char *what);

void faults_deinit(struct faults *faults);

#endif
