/* SPDX-License-Identifier: MIT */
/*
 * hooks.c - an operation's own way to wait, and being told that a call settled
 */
#include "calls.h"

#include <stdlib.h>
#include <string.h>

#define NEVER UINT64_MAX

/* What the hooks were told, and what the wait hook is to do. */
static int times_begun;
static HRESULT cancel_when_begun;
static int times_settled;
static enum belay_state state_when_settled;
static int times_waited;
static uint64_t waited_until;
static bool waited_to_finish;
static bool wait_answer;
static void (*meanwhile)(const struct belay_ref *ref);

static void begun(const struct belay_ref *ref)
{
	times_begun++;
	cancel_when_begun = belay_call_cancel(ref, 0, BELAY_BY_APPLICATION);
}

static void settled(const struct belay_ref *ref)
{
	times_settled++;
	state_when_settled = belay_call_state(ref->call);
}

static bool wait_hook(const struct belay_ref *ref, uint64_t deadline_ns,
		      bool to_finish)
{
	times_waited++;
	waited_until = deadline_ns;
	waited_to_finish = to_finish;
	if (meanwhile)
		meanwhile(ref);
	return wait_answer;
}

static const struct belay_operation hooked = {
	.size = sizeof(hooked),
	.number = &(uint32_t){0},
	.api = "test",
	.name = "hooked",
	.status_kind = BELAY_STATUS_HRESULT,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
	.begun = begun,
	.wait = wait_hook,
	.settled = settled,
};

/* As its author compiled it before there were these hooks. */
static const struct belay_operation older = {
	.size = offsetof(struct belay_operation, begun),
	.number = &(uint32_t){0},
	.api = "test",
	.name = "older",
	.status_kind = BELAY_STATUS_HRESULT,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
	.begun = begun,
	.wait = wait_hook,
	.settled = settled,
};

static int forget(void **state)
{
	(void)state;
	times_begun = 0;
	times_settled = 0;
	times_waited = 0;
	wait_answer = true;
	meanwhile = NULL;
	verdict = BELAY_DELIVER;
	belay_call_observe(NULL);
	return 0;
}

static struct belay_ref begin(struct belay_call *call,
			      const struct belay_operation *operation)
{
	const struct belay_begin beginning = {.operation = operation};
	struct belay_ref ref;

	belay_call_init(call);
	assert_int_equal(belay_call_begin(call, &beginning, &ref), S_OK);
	assert_true(belay_call_accept(&ref));
	return ref;
}

static void complete(const struct belay_ref *ref)
{
	struct belay_outcome outcome = succeeded_with(THE_RESULT);

	(void)belay_call_complete(ref, &outcome);
}

static void cancel(const struct belay_ref *ref)
{
	assert_int_equal(belay_call_cancel(ref, 0, BELAY_BY_APPLICATION), S_OK);
}

static void a_call_is_told_as_begun_before_it_can_be_cancelled(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	assert_int_equal(times_begun, 1);
	assert_int_equal(cancel_when_begun, RPC_E_CALL_COMPLETE);
	assert_int_equal(belay_call_state(&call), BELAY_CALL_PENDING);
	cancel(&ref);
}

static bool fail_begin(struct belay_call *call, const struct belay_begin *begin,
		       uint64_t turn, struct belay_outcome *ret_fault)
{
	(void)call;
	(void)begin;
	(void)turn;
	(void)ret_fault;
	return false;
}

static const struct belay_observer failing = {
	.size = sizeof(failing),
	.begin = fail_begin,
};

static void a_call_that_a_policy_fails_has_not_begun(void **state)
{
	const struct belay_begin beginning = {.operation = &hooked};
	struct belay_call call;
	struct belay_ref ref;

	(void)state;
	belay_call_init(&call);
	belay_call_observe(&failing);
	assert_int_equal(belay_call_begin(&call, &beginning, &ref), E_FAIL);
	assert_int_equal(times_begun, 0);
}

static void a_completed_call_is_told_as_settled_once(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	complete(&ref);
	complete(&ref);
	assert_int_equal(times_settled, 1);
	assert_int_equal(state_when_settled, BELAY_CALL_COMPLETED);
	(void)belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION);
	assert_int_equal(times_settled, 1);
}

static void a_cancelled_call_is_told_as_settled_once(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	cancel(&ref);
	complete(&ref);
	assert_int_equal(times_settled, 1);
	assert_int_equal(state_when_settled, BELAY_CALL_CANCELED);
}

static void a_call_that_its_api_cancelled_is_told_as_settled(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	belay_call_answered(&ref, BELAY_BY_APPLICATION, BELAY_ANSWER_CANCELED,
			    0);
	assert_int_equal(times_settled, 1);
	assert_int_equal(state_when_settled, BELAY_CALL_CANCELED);
}

static void a_call_held_back_is_settled_when_released(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	verdict = BELAY_HOLD;
	belay_call_observe(&judge);
	complete(&ref);
	assert_int_equal(times_settled, 0);
	assert_true(belay_call_release(&ref));
	assert_int_equal(times_settled, 1);
	assert_int_equal(state_when_settled, BELAY_CALL_COMPLETED);
}

static void a_call_held_back_is_settled_when_cancelled(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	verdict = BELAY_DROP;
	belay_call_observe(&judge);
	complete(&ref);
	cancel(&ref);
	assert_int_equal(times_settled, 1);
	assert_false(belay_call_release(&ref));
	assert_int_equal(times_settled, 1);
}

static void nobody_is_told_where_finish_brings_the_outcome(void **state)
{
	struct belay_outcome outcome = succeeded_with(THE_RESULT);
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	assert_true(belay_call_collect(&ref, &outcome));
	assert_int_equal(times_settled, 0);
}

static void nobody_is_told_of_a_call_that_was_turned_down(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	assert_true(belay_call_refuse(&ref, E_FAIL));
	assert_int_equal(times_settled, 0);
}

static void a_call_that_has_settled_is_not_turned_down(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	complete(&ref);
	assert_false(belay_call_refuse(&ref, E_FAIL));
	assert_int_equal(belay_call_state(&call), BELAY_CALL_COMPLETED);
	ref = begin(&call, &hooked);
	cancel(&ref);
	assert_false(belay_call_refuse(&ref, E_FAIL));
	assert_int_equal(belay_call_state(&call), BELAY_CALL_CANCELED);
	assert_int_equal(times_settled, 2);
	/* Where nobody was told, the other side's word counts. */
	ref = begin(&call, &older);
	cancel(&ref);
	assert_true(belay_call_refuse(&ref, E_FAIL));
	assert_int_equal(belay_call_state(&call), BELAY_CALL_IDLE);
}

/* A turn's reference to memory on the heap can be given back when it settles. */
static void free_call(const struct belay_ref *ref)
{
	memset(ref->call, 0x55, sizeof(*ref->call));
	free(ref->call);
}

static const struct belay_operation freeing = {
	.size = sizeof(freeing),
	.number = &(uint32_t){0},
	.api = "test",
	.name = "freeing",
	.status_kind = BELAY_STATUS_HRESULT,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
	.settled = free_call,
};

static void the_call_is_not_touched_after_it_was_told(void **state)
{
	struct belay_ref ref;

	(void)state;
	ref = begin(malloc(sizeof(struct belay_call)), &freeing);
	complete(&ref);
	ref = begin(malloc(sizeof(struct belay_call)), &freeing);
	cancel(&ref);
	ref = begin(malloc(sizeof(struct belay_call)), &freeing);
	assert_int_equal(belay_call_cancel(&ref, 1, BELAY_BY_APPLICATION),
			 S_OK);
	ref = begin(malloc(sizeof(struct belay_call)), &freeing);
	belay_call_answered(&ref, BELAY_BY_APPLICATION, BELAY_ANSWER_CANCELED,
			    0);
}

static void finish_waits_as_the_operation_does(void **state)
{
	struct belay_outcome outcome;
	struct belay_call call;

	(void)state;
	(void)begin(&call, &hooked);
	meanwhile = complete;
	assert_int_equal(belay_call_finish(&call, &hooked, &outcome), S_OK);
	assert_int_equal(outcome.result, THE_RESULT);
	assert_int_equal(times_waited, 1);
	assert_true(waited_to_finish);
	assert_true(waited_until == NEVER);
}

static void a_wait_waits_as_the_operation_does(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	meanwhile = complete;
	assert_int_equal(belay_call_wait(&ref, 1000), S_OK);
	assert_int_equal(times_waited, 1);
	assert_false(waited_to_finish);
	assert_true(waited_until > now_ns());
	assert_true(waited_until < now_ns() + UINT64_C(1000000000));
}

static void a_cancel_waits_as_the_operation_does(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	meanwhile = complete;
	assert_int_equal(belay_call_cancel(&ref, 1, BELAY_BY_APPLICATION),
			 RPC_E_CALL_COMPLETE);
	assert_int_equal(times_waited, 1);
	assert_false(waited_to_finish);
}

static void who_only_looks_does_not_wait_at_all(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	assert_int_equal(belay_call_wait(&ref, 0), RPC_S_CALLPENDING);
	cancel(&ref);
	assert_int_equal(belay_call_wait(&ref, INFINITE), S_OK);
	assert_int_equal(times_waited, 0);
}

static void a_wait_hook_says_that_the_time_is_over(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);
	uint64_t start = now_ns();

	(void)state;
	wait_answer = false;
	assert_int_equal(belay_call_wait(&ref, 60000), RPC_S_CALLPENDING);
	assert_true(now_ns() - start < UINT64_C(30000000000));
}

static void where_a_wait_hook_gives_up_the_thread_sleeps(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	assert_int_equal(belay_call_wait(&ref, 20), RPC_S_CALLPENDING);
	assert_true(now_ns() >= waited_until);
}

static void finish(void *call)
{
	struct belay_outcome outcome;

	(void)belay_call_finish(call, &hooked, &outcome);
}

static void finish_goes_on_waiting_whatever_the_hook_says(void **state)
{
	struct runner runner;
	struct belay_call call;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	wait_answer = false;
	runner_start(&runner, finish, &call);
	until(is_waited(&call));
	assert_false(runner_returned(&runner));
	complete(&ref);
	runner_join(&runner);
	assert_int_equal(belay_call_state(&call), BELAY_CALL_IDLE);
}

static void an_older_operation_has_no_such_hooks(void **state)
{
	struct belay_call call;
	struct belay_ref ref = begin(&call, &older);

	(void)state;
	assert_int_equal(times_begun, 0);
	assert_int_equal(belay_call_wait(&ref, 1), RPC_S_CALLPENDING);
	complete(&ref);
	assert_int_equal(times_waited, 0);
	assert_int_equal(times_settled, 0);
}

static void who_claimed_a_call_is_alone_with_it(void **state)
{
	const struct belay_begin beginning = {.operation = &hooked};
	struct belay_outcome outcome;
	struct belay_call call;
	struct belay_ref other;
	struct belay_ref ref = begin(&call, &hooked);

	(void)state;
	complete(&ref);
	assert_int_equal(belay_call_claim(&call, &hooked, &other, &outcome),
			 S_OK);
	assert_int_equal(outcome.result, THE_RESULT);
	assert_true(other.turn == ref.turn);
	assert_int_equal(belay_call_begin(&call, &beginning, &ref),
			 RPC_E_CALL_PENDING);
	assert_int_equal(belay_call_finish(&call, &hooked, &outcome),
			 RPC_E_CALL_COMPLETE);
	assert_int_equal(belay_call_cancel(&other, 0, BELAY_BY_APPLICATION),
			 RPC_E_CALL_COMPLETE);
	belay_call_conclude(&other, &outcome);
	assert_int_equal(belay_call_state(&call), BELAY_CALL_IDLE);
}

#define CASE(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_call_is_told_as_begun_before_it_can_be_cancelled),
		CASE(a_call_that_a_policy_fails_has_not_begun),
		CASE(a_completed_call_is_told_as_settled_once),
		CASE(a_cancelled_call_is_told_as_settled_once),
		CASE(a_call_that_its_api_cancelled_is_told_as_settled),
		CASE(a_call_held_back_is_settled_when_released),
		CASE(a_call_held_back_is_settled_when_cancelled),
		CASE(nobody_is_told_where_finish_brings_the_outcome),
		CASE(nobody_is_told_of_a_call_that_was_turned_down),
		CASE(a_call_that_has_settled_is_not_turned_down),
		CASE(the_call_is_not_touched_after_it_was_told),
		CASE(finish_waits_as_the_operation_does),
		CASE(a_wait_waits_as_the_operation_does),
		CASE(a_cancel_waits_as_the_operation_does),
		CASE(who_only_looks_does_not_wait_at_all),
		CASE(a_wait_hook_says_that_the_time_is_over),
		CASE(where_a_wait_hook_gives_up_the_thread_sleeps),
		CASE(finish_goes_on_waiting_whatever_the_hook_says),
		CASE(an_older_operation_has_no_such_hooks),
		CASE(who_claimed_a_call_is_alone_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
