/* SPDX-License-Identifier: MIT */
/*
 * model.h - a call object as simple as it can be: one step at a time
 *
 * Written from the contract, not from the code. A verb is one step or a few;
 * between them others may take theirs. Given what a verb really answered, the
 * model says whether its next step can be now.
 */
#ifndef BELAY_TEST_MODEL_H
#define BELAY_TEST_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/call.h>

#define VERBS(X)                                                               \
	X(BEGIN)                                                               \
	X(FAULT) /* a Begin that a policy fails */                             \
	X(ACCEPT)                                                              \
	X(REFUSE)                                                              \
	X(COMPLETE)                                                            \
	X(HOLD) /* a completion that a policy holds */                         \
	X(RELEASE)                                                             \
	X(CANCEL)      /* at once */                                           \
	X(CANCEL_LONG) /* waits for the other side */                          \
	X(ANSWERED)    /* an API was asked, and says canceled */               \
	X(TEST)                                                                \
	X(LOOK) /* wait 0 */                                                   \
	X(COLLECT)                                                             \
	X(FINISH)

enum verb {
#define VERB(name) VERB_##name,
	VERBS(VERB)
#undef VERB
		VERB_COUNT
};

extern const char *const verb_names[];

/* What a finished call that was cancelled has for a result. */
#define RESULT_CANCELED (-1)

/* One verb as it was called, and what it answered. */
struct action {
	enum verb verb;
	uint32_t turn;   /* that it was asked for; of Begin: that it got */
	int32_t value;   /* result that it brings */
	int32_t answer;  /* HRESULT, or 1 and 0 */
	int32_t outcome; /* result that it was given */
	uint64_t called;
	uint64_t returned;
};

#define MODEL_THREADS 4

/* All of it is compared as bytes. */
struct model {
	uint32_t turn;
	int32_t value;
	uint8_t state; /* enum belay_state */
	uint8_t known; /* Begin has told the operation */
	uint8_t claimed;
	uint8_t held;
	uint8_t owed;
	uint8_t abandoned;
	uint8_t reserved[2];
	uint32_t captured[MODEL_THREADS]; /* the turn that a finisher claimed */
};

/* Where an action is: its first step is 0. */
enum progress { IMPOSSIBLE = -1, FINISHED = 100 };

/*
 * model_step() - takes the next step of an action, if it can be now
 *
 * Return: the step that comes next, FINISHED after the last one, IMPOSSIBLE
 *         where the answer cannot come about from here.
 */
int model_step(struct model *model, const struct action *action, int step,
	       int thread);

/* model_waits() - whether a verb would wait for somebody else */
bool model_waits(const struct model *model, enum verb verb, uint32_t turn);

#endif
