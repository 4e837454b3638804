/* SPDX-License-Identifier: MIT */
/*
 * scene.h - a call object in each of its states, and who else is at it
 */
#ifndef TESTS_COM_SCENE_H
#define TESTS_COM_SCENE_H

#include "callee.h"

#define SITUATIONS(X)                                                          \
	X(FRESH)      /* never used */                                         \
	X(FINISHED)   /* used, and finished */                                 \
	X(PENDING)    /* the server is at it */                                \
	X(CANCELWAIT) /* and another thread is in Cancel(1000) */              \
	X(COMPLETED)  /* as the state says */                                  \
	X(CANCELED)   /* as the state says; the server is still at it */       \
	X(FINISHING)  /* pending, and another thread waits in Finish_ */

enum situation {
#define SITUATION(name) AT_##name,
	SITUATIONS(SITUATION)
#undef SITUATION
		SITUATION_COUNT
};

/* situation_name() - as it is listed above */
const char *situation_name(enum situation situation);

/* A call object in a situation, and who else is at it. */
struct scene {
	struct callee *callee;
	AsyncICalc *call;
	struct runner other;
	bool has_other;
	HRESULT others_answer;
};

/* scene_reach() - brings a call object that is idle there */
void scene_reach(struct scene *scene, enum situation situation);

/* scene_finish_elsewhere() - another thread has claimed the pending call */
void scene_finish_elsewhere(struct scene *scene);

#endif
