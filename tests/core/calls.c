/* SPDX-License-Identifier: MIT */
/*
 * calls.c - operations, situations and threads that the tests of core/ share
 */
#include "calls.h"

#include <string.h>
#include <time.h>

enum belay_answer asked_answer;
int32_t asked_status;
int times_asked;
uint64_t asked_turn;
enum belay_verdict verdict;

static enum belay_answer ask(const struct belay_ref *ref, int32_t *ret_status)
{
	asked_turn = ref->turn;
	times_asked++;
	*ret_status = asked_status;
	return asked_answer;
}

#define OPERATION(name_, mode, ...)                                            \
	{                                                                      \
		.size = sizeof(struct belay_operation), .api = "test",         \
		.name = name_, .status_kind = BELAY_STATUS_HRESULT,            \
		.cancel_mode = BELAY_CANCEL_##mode, __VA_ARGS__                \
	}

const struct belay_operation reading = OPERATION("reading", FINISH_DUE);
const struct belay_operation writing = OPERATION("writing", FINISH_DUE);
const struct belay_operation stubborn = OPERATION("stubborn", NONE);
const struct belay_operation asking =
	OPERATION("asking", FINISH_DUE, .cancel = ask);

static enum belay_verdict judge_completing(struct belay_call *call,
					   struct belay_outcome *outcome,
					   enum belay_moment moment)
{
	(void)call, (void)outcome, (void)moment;
	return verdict;
}

const struct belay_observer judge = {
	.size = sizeof(judge),
	.completing = judge_completing,
};

const char *const situation_names[] = {
#define NAME(name) #name,
	SITUATIONS(NAME)
#undef NAME
};

struct belay_outcome succeeded_with(int64_t result)
{
	return (struct belay_outcome){BELAY_SUCCEEDED, S_OK, result};
}

struct belay_ref begin_reading(struct belay_call *call)
{
	struct belay_begin begin = {.operation = &reading};
	struct belay_ref ref;

	assert_int_equal(belay_call_begin(call, &begin, &ref), S_OK);
	return ref;
}

static void hold(const struct belay_ref *ref)
{
	struct belay_outcome outcome = succeeded_with(THE_RESULT);

	verdict = BELAY_HOLD;
	belay_call_observe(&judge);
	assert_false(belay_call_complete(ref, &outcome));
	belay_call_observe(NULL);
}

static void complete(const struct belay_ref *ref)
{
	struct belay_outcome outcome = succeeded_with(THE_RESULT);

	assert_true(belay_call_complete(ref, &outcome));
}

static void move(const struct belay_ref *ref, enum belay_state to)
{
	assert_true(belayi_advance(&ref->call->word, ref->turn, to, NULL));
}

static void finish(const struct belay_ref *ref)
{
	struct belay_outcome outcome;

	complete(ref);
	assert_int_equal(belay_call_finish(ref->call, &reading, &outcome),
			 S_OK);
}

static void reach_from_pending(const struct belay_ref *ref,
			       enum situation situation)
{
	if (situation == AT_CLAIMED)
		assert_true(belayi_mark(&ref->call->word, ref->turn,
					BELAYI_CLAIMED));
	if (situation == AT_WAITING)
		move(ref, BELAY_CALL_CANCELWAIT);
	if (situation == AT_SETTLING)
		move(ref, BELAY_CALL_SETTLING);
	if (situation == AT_HELD)
		hold(ref);
	if (situation == AT_COMPLETED || situation == AT_FINISHING)
		complete(ref);
	if (situation == AT_CANCELED || situation == AT_LEAVING)
		assert_int_equal(
			belay_call_cancel(ref, 0, BELAY_BY_APPLICATION), S_OK);
	if (situation == AT_FINISHING || situation == AT_LEAVING)
		move(ref, BELAY_CALL_FINISHING);
	if (situation == AT_OVER)
		finish(ref);
}

struct belay_ref reach(struct belay_call *call, enum situation situation)
{
	struct belay_ref ref;

	belay_call_init(call);
	if (situation == AT_FRESH)
		return belay_call_ref(call);
	ref = begin_reading(call);
	if (situation == AT_STARTING)
		return ref;
	assert_true(belay_call_accept(&ref));
	reach_from_pending(&ref, situation);
	return ref;
}

void settle(const struct belay_ref *ref, enum situation situation)
{
	if (situation == AT_FRESH)
		(void)begin_reading(ref->call);
	if (situation == AT_SETTLING) {
		ref->call->result = THE_RESULT;
		move(ref, BELAY_CALL_COMPLETED);
	} else if (situation == AT_HELD) {
		assert_true(belay_call_release(ref));
	} else {
		complete(ref);
	}
}

static void *runner_main(void *argument)
{
	struct runner *runner = argument;

	runner->run(runner->argument);
	__atomic_store_n(&runner->returned, 1, __ATOMIC_RELEASE);
	return NULL;
}

void runner_start(struct runner *runner, void (*run)(void *), void *argument)
{
	*runner = (struct runner){.run = run, .argument = argument};
	assert_int_equal(
		pthread_create(&runner->thread, NULL, runner_main, runner), 0);
}

bool runner_returned(struct runner *runner)
{
	return __atomic_load_n(&runner->returned, __ATOMIC_ACQUIRE);
}

void runner_join(struct runner *runner)
{
	until(runner_returned(runner));
	assert_int_equal(pthread_join(runner->thread, NULL), 0);
}

uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

bool is_waited(const struct belay_call *call)
{
	return __atomic_load_n(&call->word, __ATOMIC_ACQUIRE) & BELAYI_WAITED;
}
