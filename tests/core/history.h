/* SPDX-License-Identifier: MIT */
/*
 * history.h - whether what threads did at once could have been one by one
 *
 * Each thread's actions come in their order, and an action that had returned
 * before another one was called comes before it. If the model has an order of
 * steps that explains every answer and the state at the end, the history is
 * right (linearizable).
 */
#ifndef BELAY_TEST_HISTORY_H
#define BELAY_TEST_HISTORY_H

#include "model.h"

#define ACTIONS_MAX 64

struct history {
	struct action actions[MODEL_THREADS][ACTIONS_MAX];
	int counts[MODEL_THREADS];
	uint32_t last_turn;
	uint8_t last_state;
};

/* history_is_right() - whether the model explains it */
bool history_is_right(const struct history *history);

/* history_print() - for people, when it is not */
void history_print(const struct history *history);

#endif
