/* SPDX-License-Identifier: MIT */
/*
 * slow.h - calls of Slow that last until the test opens the calc's gate
 */
#ifndef TESTS_COM_ACCEPTANCE_SLOW_H
#define TESTS_COM_ACCEPTANCE_SLOW_H

#include "acceptance.h"

void slow_begin(AsyncICalc *call);

/* slow_begun() - of a new call object; the server is at it */
AsyncICalc *slow_begun(struct pairing *pairing);

/* slow_finish() - fails the test where Finish_ says something else */
void slow_finish(AsyncICalc *call, HRESULT expected);

/*
 * slow_open_when_asleep() - run by another thread: opens the gate
 *
 * Once a call is there, and the client sleeps.
 */
struct slow_opener {
	struct calc *calc;
	pid_t client;
	bool opened; /* atomic */
};
void slow_open_when_asleep(void *data);

#endif
