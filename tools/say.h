/* SPDX-License-Identifier: MIT */
/*
 * say.h - what the tool tells its user on stderr
 */
#ifndef BELAY_TOOLS_SAY_H
#define BELAY_TOOLS_SAY_H

/* How Belay itself ends where the status is not the program's. */
enum {
	SAY_OK = 0,
	SAY_FAILED = 1,        /* ps, apis, report: it did not work */
	SAY_WRONG = 2,         /* ps, apis, report: wrong usage */
	SAY_NOT_STARTED = 125, /* run, trace: nothing was started */
	SAY_NOT_EXECUTABLE = 126,
	SAY_NOT_FOUND = 127,
};

/* say() - one line "belay: ..." in one write, so that lines do not mix */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
