/* SPDX-License-Identifier: MIT */
/*
 * crew.c - threads that act on one call object at once, on record
 */
#include "crew.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "state.h"

/* Begin and completion tell the observer by these what it shall answer. */
#define HELD_VALUE 0x10000
#define FAULTY 1
#define AN_APIS_STATUS 1

static struct belay_call call;
static struct history history;
static uint64_t now; /* counts calls and returns */

/* --- The observer: exactly once, and alone ------------------------------- */

static struct {
	int begun;
	int refused;
	int finished;
	int wrong;
} heard;

static void count(int *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
}

/*
 * Whoever is alone with a call stays so for a while, now and then, that the
 * others meet it there.
 */
static void linger(void)
{
	static __thread unsigned int times;

	if (times++ % 3 == 0)
		(void)sched_yield();
}

/* Plain writes: whoever is told later in this turn must see them. */
static bool on_begin(struct belay_call *whose, const struct belay_begin *begin,
		     uint64_t turn, struct belay_outcome *ret_fault)
{
	count(&heard.begun);
	whose->slot = (uint32_t)turn + 1;
	whose->number = 0;
	linger();
	if (begin->args[0] != FAULTY)
		return true;
	ret_fault->status = E_ACCESSDENIED;
	return false;
}

static void on_refuse(struct belay_call *whose,
		      const struct belay_operation *operation, int32_t status,
		      bool pending)
{
	(void)whose, (void)operation, (void)status;
	linger();
	if (!pending)
		count(&heard.refused);
}

/* The Cancel that won is told while it is alone with the call. */
static void on_answered(struct belay_call *whose, uint64_t turn,
			enum belay_party by, enum belay_answer answer,
			int32_t status)
{
	(void)by;
	linger();
	if (answer == BELAY_ANSWER_CANCELED && status == S_OK &&
	    whose->slot != (uint32_t)turn + 1)
		count(&heard.wrong);
}

static enum belay_verdict on_completing(struct belay_call *whose,
					struct belay_outcome *outcome,
					enum belay_moment moment)
{
	if (whose->number++ != 0)
		count(&heard.wrong); /* chosen twice in a turn */
	linger();
	if (moment == BELAY_AT_FINISH)
		return BELAY_HOLD; /* which cannot be */
	return outcome->result & HELD_VALUE ? BELAY_HOLD : BELAY_DELIVER;
}

static void on_complete(struct belay_call *whose,
			const struct belay_outcome *outcome)
{
	if (whose->number != 1 || outcome->result != whose->result)
		count(&heard.wrong);
}

static void on_finish(struct belay_call *whose, uint64_t turn,
		      const struct belay_outcome *outcome)
{
	(void)outcome;
	linger();
	count(&heard.finished);
	if (whose->slot != (uint32_t)turn + 1)
		count(&heard.wrong);
	whose->slot = 0; /* told once a turn */
}

static const struct belay_observer witness = {
	.size = sizeof(witness),
	.begin = on_begin,
	.refuse = on_refuse,
	.answered = on_answered,
	.completing = on_completing,
	.complete = on_complete,
	.finish = on_finish,
};

/* --- Acting, on record --------------------------------------------------- */

static int32_t begin(struct action *action)
{
	struct belay_begin how = {
		.operation = &reading,
		.args = {action->verb == VERB_FAULT ? FAULTY : 0},
	};
	struct belay_ref ref = {NULL, 0};
	HRESULT hr = belay_call_begin(&call, &how, &ref);

	action->turn = (uint32_t)ref.turn;
	return hr;
}

static int32_t complete(const struct belay_ref *ref,
			const struct action *action)
{
	struct belay_outcome outcome = succeeded_with(action->value);

	return belay_call_complete(ref, &outcome);
}

static int32_t collect(const struct belay_ref *ref, struct action *action)
{
	struct belay_outcome outcome = succeeded_with(action->value);
	bool won = belay_call_collect(ref, &outcome);

	action->outcome = (int32_t)outcome.result;
	return won;
}

static int32_t finish(struct action *action)
{
	struct belay_outcome outcome = {0};
	HRESULT hr = belay_call_finish(&call, &reading, &outcome);

	action->outcome = outcome.ending == BELAY_CANCELED
				  ? RESULT_CANCELED
				  : (int32_t)outcome.result;
	return hr;
}

static int32_t act(struct action *action)
{
	const struct belay_ref ref = {&call, action->turn};

	switch (action->verb) {
	case VERB_BEGIN:
	case VERB_FAULT:
		return begin(action);
	case VERB_ACCEPT:
		return belay_call_accept(&ref);
	case VERB_REFUSE:
		return belay_call_refuse(&ref, E_FAIL);
	case VERB_COMPLETE:
	case VERB_HOLD:
		return complete(&ref, action);
	case VERB_RELEASE:
		return belay_call_release(&ref);
	case VERB_CANCEL:
		return belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION);
	case VERB_CANCEL_LONG:
		return belay_call_cancel(&ref, 1000, BELAY_BY_OPERATOR);
	case VERB_ANSWERED:
		belay_call_answered(&ref, BELAY_BY_APPLICATION,
				    BELAY_ANSWER_CANCELED, AN_APIS_STATUS);
		return 0;
	case VERB_TEST:
		return belay_call_test_cancel(&ref);
	case VERB_LOOK:
		return belay_call_wait(&ref, 0);
	case VERB_COLLECT:
		return collect(&ref, action);
	default:
		return finish(action);
	}
}

static const struct action *record(int thread, enum verb verb, bool late)
{
	int at = history.counts[thread];
	struct action *action = &history.actions[thread][at];
	uint64_t turn = belay_call_ref(&call).turn;

	*action = (struct action){
		.verb = verb,
		.turn = (uint32_t)(turn - (late && turn)),
		.value =
			thread << 8 | at | (verb == VERB_HOLD ? HELD_VALUE : 0),
	};
	/* Relaxed: the order of these is all that is asked. */
	action->called = __atomic_fetch_add(&now, 1, __ATOMIC_RELAXED);
	action->answer = act(action);
	action->returned = __atomic_fetch_add(&now, 1, __ATOMIC_RELAXED);
	history.counts[thread] = at + 1;
	return action;
}

const struct action *crew_act(enum verb verb, bool late)
{
	return record(CREW_WORKERS, verb, late);
}

/* --- The crew ------------------------------------------------------------ */

static struct {
	pthread_t thread;
	struct orders orders;
	uint32_t round_done;
} workers[CREW_WORKERS];

static uint32_t round_now;
static int stopping;

/* Spins at first: they shall all start at once. */
static void await_round(uint32_t last)
{
	for (int i = 0; __atomic_load_n(&round_now, __ATOMIC_ACQUIRE) == last;
	     i++)
		if (i > 500)
			(void)sched_yield();
}

static void follow(int index)
{
	const struct orders *orders = &workers[index].orders;

	for (int i = 0; i < orders->delay; i++)
		__asm__ volatile("pause");
	for (int i = 0; i < orders->count; i++)
		(void)record(index, orders->verbs[i], orders->late[i]);
}

static void *work(void *argument)
{
	int index = (int)(intptr_t)argument;

	for (uint32_t round = 0;; round++) {
		await_round(round);
		if (__atomic_load_n(&stopping, __ATOMIC_RELAXED))
			return NULL;
		follow(index);
		__atomic_store_n(&workers[index].round_done, round + 1,
				 __ATOMIC_RELEASE);
	}
}

int crew_start(void **state)
{
	(void)state;
	belay_call_observe(&witness);
	round_now = 0;
	stopping = 0;
	for (int i = 0; i < CREW_WORKERS; i++) {
		workers[i].round_done = 0;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work,
						(void *)(intptr_t)i),
				 0);
	}
	return 0;
}

int crew_stop(void **state)
{
	(void)state;
	__atomic_store_n(&stopping, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&round_now, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < CREW_WORKERS; i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
	belay_call_observe(NULL);
	return 0;
}

void crew_new_round(void)
{
	belay_call_init(&call);
	memset(history.counts, 0, sizeof(history.counts));
	memset(&heard, 0, sizeof(heard));
	now = 1;
}

static bool all_done(void)
{
	for (int i = 0; i < CREW_WORKERS; i++)
		if (__atomic_load_n(&workers[i].round_done, __ATOMIC_ACQUIRE) !=
		    round_now)
			return false;
	return true;
}

/*
 * Whoever sleeps needs an outcome. It is on record like the rest; but there is
 * room for so many, so those who are only slow to come do not get one.
 */
static void rescue(void)
{
	uint64_t word = __atomic_load_n(&call.word, __ATOMIC_ACQUIRE);
	int round = history.counts[CREW_WORKERS];

	if (!(word & BELAYI_WAITED) ||
	    belayi_state(word) >= BELAY_CALL_COMPLETED)
		return;
	if (round < ACTIONS_MAX)
		(void)crew_act(round % 2 ? VERB_COMPLETE : VERB_RELEASE, false);
}

void crew_run(const struct orders orders[CREW_WORKERS])
{
	for (int i = 0; i < CREW_WORKERS; i++)
		workers[i].orders = orders[i];
	__atomic_fetch_add(&round_now, 1, __ATOMIC_RELEASE);
	for (int i = 1; !all_done(); i++) {
		(void)sched_yield();
		if (i % 200 == 0)
			rescue();
	}
}

/* Every begin ends once, but for a call that is still in progress. */
static bool heard_all(void)
{
	int open = belay_call_state(&call) != BELAY_CALL_IDLE;

	return heard.wrong == 0 &&
	       heard.begun == heard.refused + heard.finished + open;
}

bool crew_was_right(void)
{
	history.last_turn = (uint32_t)belay_call_ref(&call).turn;
	history.last_state = (uint8_t)belay_call_state(&call);
	if (heard_all() && history_is_right(&history))
		return true;
	printf("begun %d, refused %d, finished %d, wrong %d\n", heard.begun,
	       heard.refused, heard.finished, heard.wrong);
	history_print(&history);
	return false;
}
