/* SPDX-License-Identifier: MIT */
/*
 * turns.c - the turn in the word: what an old turn's party asks for does not
 * happen to the next turn's call
 */
#include <string.h>

#include "calls.h"

/* A call in its second turn, begun and accepted, and the first turn's ref. */
static struct belay_ref late_party(struct belay_call *call,
				   struct belay_ref *ret_now)
{
	struct belay_ref late = reach(call, AT_OVER);

	*ret_now = begin_reading(call);
	assert_true(belay_call_accept(ret_now));
	return late;
}

static void assert_untouched(const struct belay_call *call,
			     const struct belay_call *before)
{
	struct belay_call expected = *before;

	expected.cancels = call->cancels; /* counts for people, may be late */
	assert_memory_equal(call, &expected, sizeof(expected));
}

static void a_late_reply_is_ignored(void **state)
{
	struct belay_outcome outcome = succeeded_with(13);
	struct belay_call call;
	struct belay_ref now;
	struct belay_ref late = late_party(&call, &now);
	struct belay_call before = call;

	(void)state;
	assert_false(belay_call_complete(&late, &outcome));
	assert_false(belay_call_collect(&late, &outcome));
	assert_false(belay_call_release(&late));
	assert_untouched(&call, &before);
	assert_true(belay_call_complete(&now, &outcome));
}

static void a_late_begin_is_neither_accepted_nor_refused(void **state)
{
	struct belay_call call;
	struct belay_ref late = reach(&call, AT_OVER);
	struct belay_call before;

	(void)state;
	(void)begin_reading(&call);
	before = call;
	assert_false(belay_call_accept(&late));
	assert_false(belay_call_refuse(&late, E_FAIL));
	assert_untouched(&call, &before);
}

static void a_late_cancel_finds_its_call_complete(void **state)
{
	static const uint32_t times[] = {0, 5, UINT32_MAX};
	struct belay_call call;
	struct belay_ref now;
	struct belay_ref late = late_party(&call, &now);
	struct belay_call before = call;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(belay_call_cancel(&late, times[i],
						   BELAY_BY_APPLICATION),
				 RPC_E_CALL_COMPLETE);
	belay_call_answered(&late, BELAY_BY_OPERATOR, BELAY_ANSWER_CANCELED, 0);
	assert_untouched(&call, &before);
	assert_int_equal(belay_call_test_cancel(&late), RPC_E_CALL_COMPLETE);
	assert_int_equal(belay_call_test_cancel(&now), RPC_S_CALLPENDING);
}

static void a_late_cancel_asks_nobody(void **state)
{
	struct belay_begin begin = {.operation = &asking};
	struct belay_call call;
	struct belay_ref late = reach(&call, AT_OVER);
	struct belay_ref now;

	(void)state;
	assert_int_equal(belay_call_begin(&call, &begin, &now), S_OK);
	times_asked = 0;
	(void)belay_call_cancel(&late, 0, BELAY_BY_POLICY);
	assert_int_equal(times_asked, 0);
}

static void a_late_wait_is_over_at_once(void **state)
{
	struct belay_call call;
	struct belay_ref now;
	struct belay_ref late = late_party(&call, &now);

	(void)state;
	assert_int_equal(belay_call_wait(&late, INFINITE), S_OK);
	assert_int_equal(belay_call_wait(&now, 0), RPC_S_CALLPENDING);
}

static void a_wait_ends_with_its_turn(void **state)
{
	struct belay_call call;
	struct belay_ref ref = reach(&call, AT_PENDING);

	(void)state;
	assert_true(belay_call_refuse(&ref, E_FAIL));
	assert_int_equal(belay_call_wait(&ref, INFINITE), S_OK);
}

static void each_turn_has_an_id_of_its_own(void **state)
{
	struct belay_call call;
	struct belay_ref now;
	struct belay_ref late;
	uint64_t first;

	(void)state;
	late = reach(&call, AT_COMPLETED);
	first = belay_call_id(&late);
	assert_int_not_equal(first, 0);
	late = late_party(&call, &now);
	assert_int_equal(belay_call_id(&late), 0);
	assert_int_not_equal(belay_call_id(&now), 0);
	assert_int_not_equal(belay_call_id(&now), first);
}

static void the_turn_counts_every_begin_even_a_refused_one(void **state)
{
	struct belay_call call;
	struct belay_ref ref;

	(void)state;
	belay_call_init(&call);
	for (uint64_t i = 0; i < 70000; i++) {
		ref = begin_reading(&call);
		assert_int_equal(ref.turn, i);
		assert_true(belay_call_refuse(&ref, E_FAIL));
	}
	assert_int_equal(belay_call_state(&call), BELAY_CALL_IDLE);
}

/* Nothing of the old turn may be taken for the next one's. */
static void an_idle_object_has_neither_operation_nor_id(void **state)
{
	struct belay_outcome outcome = succeeded_with(1);
	struct belay_call call;
	struct belay_ref ref;

	(void)state;
	(void)reach(&call, AT_OVER);
	assert_null(call.operation);
	assert_int_equal(call.id, 0);
	ref = begin_reading(&call);
	assert_true(belay_call_collect(&ref, &outcome));
	assert_null(call.operation);
	ref = begin_reading(&call);
	assert_true(belay_call_refuse(&ref, E_FAIL));
	assert_null(call.operation);
	assert_int_equal(call.id, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_reply_is_ignored),
		cmocka_unit_test(a_late_begin_is_neither_accepted_nor_refused),
		cmocka_unit_test(a_late_cancel_finds_its_call_complete),
		cmocka_unit_test(a_late_cancel_asks_nobody),
		cmocka_unit_test(a_late_wait_is_over_at_once),
		cmocka_unit_test(a_wait_ends_with_its_turn),
		cmocka_unit_test(each_turn_has_an_id_of_its_own),
		cmocka_unit_test(
			the_turn_counts_every_begin_even_a_refused_one),
		cmocka_unit_test(an_idle_object_has_neither_operation_nor_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
