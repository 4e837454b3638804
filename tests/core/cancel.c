/* SPDX-License-Identifier: MIT */
/*
 * cancel.c - who can be cancelled, and what the other side has to say
 */
#include <errno.h>

#include "calls.h"

static void what_cannot_be_cancelled_has_no_cancel_interface(void **state)
{
	struct belay_begin begin = {.operation = &stubborn};
	struct belay_call call;
	struct belay_ref ref;
	struct belay_ref cancel_ref = {NULL, 99};

	(void)state;
	belay_call_init(&call);
	assert_int_equal(belay_call_query_cancel(&call, &stubborn, &cancel_ref),
			 E_NOINTERFACE);
	assert_null(cancel_ref.call);
	assert_int_equal(belay_call_begin(&call, &begin, &ref), S_OK);
	assert_int_equal(belay_call_cancel(&ref, 0, BELAY_BY_OPERATOR),
			 E_NOINTERFACE);
	assert_int_equal(belay_call_state(&call), BELAY_CALL_STARTING);
}

static void an_interface_of_the_idle_object_cancels_the_next_call(void **state)
{
	struct belay_ref cancel_ref;
	struct belay_call call;

	(void)state;
	belay_call_init(&call);
	assert_int_equal(belay_call_query_cancel(&call, &reading, &cancel_ref),
			 S_OK);
	assert_int_equal(
		belay_call_cancel(&cancel_ref, 0, BELAY_BY_APPLICATION),
		RPC_E_CALL_COMPLETE);
	(void)begin_reading(&call);
	assert_int_equal(
		belay_call_cancel(&cancel_ref, 0, BELAY_BY_APPLICATION), S_OK);
}

/* What the other side can answer, and what Cancel makes of it. */
static const struct {
	enum belay_answer said;
	uint32_t seconds;
	HRESULT answer;
	enum belay_state after;
} answers[] = {
	{BELAY_ANSWER_CANCELED, 0, S_OK, BELAY_CALL_CANCELED},
	{BELAY_ANSWER_ASKED, 0, S_OK, BELAY_CALL_CANCELED},
	{BELAY_ANSWER_NOT_CANCELED, 0, E_FAIL, BELAY_CALL_PENDING},
	{BELAY_ANSWER_ERROR, 0, E_FAIL, BELAY_CALL_PENDING},
	{BELAY_ANSWER_COMPLETE, 0, RPC_E_CALL_COMPLETE, BELAY_CALL_PENDING},
	{BELAY_ANSWER_CANCELED, 9, S_OK, BELAY_CALL_CANCELED},
	{BELAY_ANSWER_NOT_CANCELED, 9, E_FAIL, BELAY_CALL_PENDING},
	{BELAY_ANSWER_ERROR, 9, E_FAIL, BELAY_CALL_PENDING},
	{BELAY_ANSWER_COMPLETE, 9, RPC_E_CALL_COMPLETE, BELAY_CALL_PENDING},
};

static void cancel_does_what_the_other_side_answers(void **state)
{
	struct belay_begin begin = {.operation = &asking};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct belay_call call;
		struct belay_ref ref;

		belay_call_init(&call);
		assert_int_equal(belay_call_begin(&call, &begin, &ref), S_OK);
		assert_true(belay_call_accept(&ref));
		asked_answer = answers[i].said;
		times_asked = 0;
		assert_int_equal(belay_call_cancel(&ref, answers[i].seconds,
						   BELAY_BY_POLICY),
				 answers[i].answer);
		assert_int_equal(belay_call_state(&call), answers[i].after);
		assert_int_equal(times_asked, 1);
		assert_int_equal(asked_turn, ref.turn);
	}
}

static void a_cancel_that_failed_can_be_tried_again(void **state)
{
	struct belay_begin begin = {.operation = &asking};
	struct belay_call call;
	struct belay_ref ref;

	(void)state;
	belay_call_init(&call);
	assert_int_equal(belay_call_begin(&call, &begin, &ref), S_OK);
	asked_answer = BELAY_ANSWER_NOT_CANCELED;
	assert_int_equal(belay_call_cancel(&ref, 5, BELAY_BY_APPLICATION),
			 E_FAIL);
	assert_int_equal(belay_call_test_cancel(&ref), RPC_S_CALLPENDING);
	asked_answer = BELAY_ANSWER_CANCELED;
	assert_int_equal(belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION),
			 S_OK);
}

static void a_held_call_is_cancelled_without_asking(void **state)
{
	struct belay_begin begin = {.operation = &asking};
	struct belay_outcome outcome = succeeded_with(1);
	struct belay_call call;
	struct belay_ref ref;

	(void)state;
	belay_call_init(&call);
	assert_int_equal(belay_call_begin(&call, &begin, &ref), S_OK);
	verdict = BELAY_DROP;
	belay_call_observe(&judge);
	assert_false(belay_call_complete(&ref, &outcome));
	belay_call_observe(NULL);
	asked_answer = BELAY_ANSWER_NOT_CANCELED;
	times_asked = 0;
	assert_int_equal(belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION),
			 S_OK);
	assert_int_equal(times_asked, 0);
}

/* The completing hook is where another thread may cancel. */
static HRESULT answer_inside;

static enum belay_verdict cancel_inside(struct belay_call *call,
					struct belay_outcome *outcome,
					enum belay_moment moment)
{
	struct belay_ref ref = belay_call_ref(call);

	(void)outcome, (void)moment;
	answer_inside = belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION);
	return verdict;
}

static void what_cancel_was_told_complete_is_not_held_back(void **state)
{
	static const struct belay_observer canceller = {
		.size = sizeof(canceller), .completing = cancel_inside};
	struct belay_outcome outcome = succeeded_with(THE_RESULT);
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_PENDING);

	(void)state;
	verdict = BELAY_DROP;
	belay_call_observe(&canceller);
	assert_true(belay_call_complete(&ref, &outcome));
	belay_call_observe(NULL);
	assert_int_equal(answer_inside, RPC_E_CALL_COMPLETE);
	assert_int_equal(belay_call_finish(&call, &reading, &outcome), S_OK);
	assert_int_equal(outcome.result, THE_RESULT);
}

/* The other side shows its client that it cancelled before it answers. */
static bool finishes_too;

static enum belay_answer show_first(const struct belay_ref *ref,
				    int32_t *ret_status)
{
	struct belay_outcome outcome = {BELAY_CANCELED, ECANCELED, 0};

	(void)ret_status;
	assert_true(belay_call_complete(ref, &outcome));
	if (finishes_too)
		assert_true(belay_call_collect(ref, &outcome));
	return BELAY_ANSWER_CANCELED;
}

static int told_canceled;

static void count_answer(struct belay_call *call, uint64_t turn,
			 enum belay_party by, enum belay_answer answer,
			 int32_t status)
{
	(void)call, (void)turn, (void)by, (void)status;
	assert_int_equal(answer, BELAY_ANSWER_CANCELED);
	told_canceled++;
}

static void what_the_client_saw_cancelled_was_cancelled(void **state)
{
	static const struct belay_operation showing = {
		.size = sizeof(showing),
		.api = "test",
		.name = "showing",
		.cancel_mode = BELAY_CANCEL_FINISH_DUE,
		.cancel = show_first,
	};
	static const struct belay_observer listener = {
		.size = sizeof(listener), .answered = count_answer};
	struct belay_begin begin = {.operation = &showing};
	struct belay_call call;
	struct belay_ref ref;

	(void)state;
	belay_call_init(&call);
	belay_call_observe(&listener);
	for (int i = 0; i < 2; i++) {
		finishes_too = i == 0;
		assert_int_equal(belay_call_begin(&call, &begin, &ref), S_OK);
		assert_true(belay_call_accept(&ref));
		assert_int_equal(belay_call_cancel(&ref, 0, BELAY_BY_POLICY),
				 S_OK);
		/* One that is over has no event any more. */
		assert_int_equal(told_canceled, i);
	}
	belay_call_observe(NULL);
	assert_int_equal(belay_call_state(&call), BELAY_CALL_COMPLETED);
}

/* The other side replies to what it is told, at once. */
static bool reply_won;

static enum belay_answer reply_when_told(const struct belay_ref *ref,
					 int32_t *ret_status)
{
	struct belay_outcome outcome = succeeded_with(THE_RESULT);

	(void)ret_status;
	times_asked++;
	reply_won = belay_call_complete(ref, &outcome);
	return BELAY_ANSWER_ASKED;
}

static const struct belay_operation telling = {
	.size = sizeof(telling),
	.cancel_needs = BELAY_CANCEL_TELLS,
	.api = "test",
	.name = "telling",
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
	.cancel = reply_when_told,
};

static struct belay_ref begin_telling(struct belay_call *call)
{
	struct belay_begin begin = {.operation = &telling};
	struct belay_ref ref;

	belay_call_init(call);
	assert_int_equal(belay_call_begin(call, &begin, &ref), S_OK);
	assert_true(belay_call_accept(&ref));
	times_asked = 0;
	return ref;
}

static void a_cancel_that_does_not_wait_abandons_before_it_tells(void **state)
{
	struct belay_outcome outcome;
	struct belay_call call;
	struct belay_ref ref = begin_telling(&call);

	(void)state;
	assert_int_equal(belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION),
			 S_OK);
	assert_int_equal(times_asked, 1);
	assert_false(reply_won);
	assert_int_equal(belay_call_finish(&call, &telling, &outcome), S_OK);
	assert_int_equal(outcome.ending, BELAY_CANCELED);
}

static void a_cancel_that_waits_tells_before_it_abandons(void **state)
{
	struct belay_outcome outcome;
	struct belay_call call;
	struct belay_ref ref = begin_telling(&call);

	(void)state;
	assert_int_equal(belay_call_cancel(&ref, 9, BELAY_BY_APPLICATION),
			 RPC_E_CALL_COMPLETE);
	assert_int_equal(times_asked, 1);
	assert_true(reply_won);
	assert_int_equal(belay_call_finish(&call, &telling, &outcome), S_OK);
	assert_int_equal(outcome.result, THE_RESULT);
}

static void nobody_is_told_that_a_held_call_is_cancelled(void **state)
{
	struct belay_outcome outcome = succeeded_with(THE_RESULT);
	struct belay_call call;
	struct belay_ref ref = begin_telling(&call);

	(void)state;
	verdict = BELAY_HOLD;
	belay_call_observe(&judge);
	assert_false(belay_call_complete(&ref, &outcome));
	belay_call_observe(NULL);
	assert_int_equal(belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION),
			 S_OK);
	assert_int_equal(times_asked, 0);
	assert_int_equal(belay_call_state(&call), BELAY_CALL_CANCELED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_cannot_be_cancelled_has_no_cancel_interface),
		cmocka_unit_test(
			an_interface_of_the_idle_object_cancels_the_next_call),
		cmocka_unit_test(cancel_does_what_the_other_side_answers),
		cmocka_unit_test(a_cancel_that_failed_can_be_tried_again),
		cmocka_unit_test(a_held_call_is_cancelled_without_asking),
		cmocka_unit_test(
			what_cancel_was_told_complete_is_not_held_back),
		cmocka_unit_test(what_the_client_saw_cancelled_was_cancelled),
		cmocka_unit_test(
			a_cancel_that_does_not_wait_abandons_before_it_tells),
		cmocka_unit_test(a_cancel_that_waits_tells_before_it_abandons),
		cmocka_unit_test(nobody_is_told_that_a_held_call_is_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
