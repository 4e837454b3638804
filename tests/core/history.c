/* SPDX-License-Identifier: MIT */
/*
 * history.c - whether what threads did at once could have been one by one
 *
 * A search in depth over who takes the next step, which remembers where it has
 * been. Histories are short, so it is quick.
 */
#include "history.h"

#include <stdio.h>
#include <string.h>

/* How far everybody is, and what the model is like then. */
struct place {
	struct model model;
	uint8_t done[MODEL_THREADS]; /* actions */
	uint8_t step[MODEL_THREADS]; /* of the next one */
};

#define SEEN_MAX (1U << 16)

static struct place seen[SEEN_MAX];
static uint32_t seen_in[SEEN_MAX]; /* the search that saw it */
static uint32_t search;

static uint32_t hash(const struct place *place)
{
	const unsigned char *bytes = (const unsigned char *)place;
	uint32_t sum = 2166136261U;

	for (size_t i = 0; i < sizeof(*place); i++)
		sum = (sum ^ bytes[i]) * 16777619U;
	return sum;
}

/* Remembers it; true if it is new. A full memory only makes it slower. */
static bool is_new(const struct place *place)
{
	uint32_t at = hash(place);

	for (int i = 0; i < 64; i++, at++) {
		uint32_t slot = at % SEEN_MAX;

		if (seen_in[slot] != search) {
			seen_in[slot] = search;
			seen[slot] = *place;
			return true;
		}
		if (memcmp(&seen[slot], place, sizeof(*place)) == 0)
			return false;
	}
	return true;
}

/* Whether a thread's next action may start: nobody is behind it. */
static bool may_start(const struct history *history, const struct place *place,
		      int thread)
{
	uint64_t called = history->actions[thread][place->done[thread]].called;

	for (int i = 0; i < MODEL_THREADS; i++)
		if (i != thread && place->done[i] < history->counts[i] &&
		    history->actions[i][place->done[i]].returned < called)
			return false;
	return true;
}

static bool take_step(const struct history *history, struct place *place,
		      int thread)
{
	const struct action *action;
	int next;

	if (place->done[thread] == history->counts[thread])
		return false;
	if (place->step[thread] == 0 && !may_start(history, place, thread))
		return false;
	action = &history->actions[thread][place->done[thread]];
	next = model_step(&place->model, action, place->step[thread], thread);
	if (next == IMPOSSIBLE)
		return false;
	if (next == FINISHED)
		place->done[thread]++;
	place->step[thread] = next == FINISHED ? 0 : (uint8_t)next;
	return true;
}

static bool is_at_end(const struct history *history, const struct place *place)
{
	for (int i = 0; i < MODEL_THREADS; i++)
		if (place->done[i] < history->counts[i])
			return false;
	return place->model.turn == history->last_turn &&
	       place->model.state == history->last_state;
}

static bool explains(const struct history *history, const struct place *place)
{
	if (is_at_end(history, place))
		return true;
	if (!is_new(place))
		return false;
	for (int i = 0; i < MODEL_THREADS; i++) {
		struct place next = *place;

		if (take_step(history, &next, i) && explains(history, &next))
			return true;
	}
	return false;
}

bool history_is_right(const struct history *history)
{
	struct place start;

	memset(&start, 0, sizeof(start));
	search++;
	return explains(history, &start);
}

void history_print(const struct history *history)
{
	for (int i = 0; i < MODEL_THREADS; i++) {
		for (int j = 0; j < history->counts[i]; j++) {
			const struct action *a = &history->actions[i][j];

			printf("thread %d [%2d..%2d] %-11s turn %d value %d: "
			       "%#x, result %d\n",
			       i, (int)a->called, (int)a->returned,
			       verb_names[a->verb], (int)a->turn, a->value,
			       (unsigned int)a->answer, a->outcome);
		}
	}
	printf("at the end: turn %d, %s\n", (int)history->last_turn,
	       belay_state_name(history->last_state));
}
