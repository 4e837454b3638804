/* SPDX-License-Identifier: MIT */
/*
 * decisions.c - tests: what rules say happens to calls
 */
#include <errno.h>

#include "ruled.h"

/* --- Outcomes ------------------------------------------------------------ */

RULED(an_error_at_begin_fails_begin,
      "house.read fault error=EAGAIN at=begin when nth=2\n")
{
	struct belay_outcome fault;
	struct belay_ref ref;

	check(call_at(0) == 0);
	check(!begin_at(0, &ref, &fault));
	check(fault.ending == BELAY_FAILED && fault.status == EAGAIN);
	check(!ref.call);
	check(call_at(0) == 0);
	check(counted(1)->fired == 1);
	check(house_counters(READ).calls == 3);
	check(house_counters(READ).refused == 1);
}

RULED(an_error_at_the_end_replaces_the_outcome,
      "house.read fault error=EIO when every=3\n")
{
	struct belay_outcome outcome;
	struct belay_ref ref;

	for (int i = 1; i <= 9; i++) {
		check(begin_at(0, &ref, &outcome));
		outcome = finish(&ref, 4096);
		if (i % 3) {
			check(outcome.ending == BELAY_SUCCEEDED);
			check(outcome.status == 0 && outcome.result == 4096);
		} else {
			check(outcome.ending == BELAY_FAILED);
			check(outcome.status == EIO && outcome.result == -1);
		}
	}
	check(counted(1)->fired == 3);
	check(house_counters(READ).failed == 3);
}

RULED(what_ended_as_cancelled_stays_so, "house.read fault error=EIO\n")
{
	struct belay_outcome outcome = {BELAY_CANCELED, ECANCELED, -1};
	struct belay_ref ref;

	check(begin_at(0, &ref, &(struct belay_outcome){0}));
	belay_call_answered(&ref, BELAY_BY_APPLICATION, BELAY_ANSWER_CANCELED,
			    0);
	check(belay_adapter_finished(&ref, &outcome));
	check(outcome.ending == BELAY_CANCELED && outcome.status == ECANCELED);
}

RULED(a_short_result_is_cut, "house.read fault short=100\n")
{
	struct belay_outcome outcome;
	struct belay_ref ref;

	check(begin_at(0, &ref, &outcome));
	check(belay_adapter_short(&ref, 4096) == 100);
	check(belay_adapter_short(&ref, 99) == 99);
	check(finish(&ref, 4096).result == 100);
	check(begin_at(0, &ref, &outcome));
	check(finish(&ref, 99).result == 99);
}

RULED(a_cancel_can_be_refused, "house.read fault refuse-cancel\n")
{
	struct belay_outcome outcome;
	struct belay_ref ref;

	check(begin_at(0, &ref, &outcome));
	check(!belay_call_allows_cancel(&ref, BELAY_BY_APPLICATION));
	check(belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION) ==
	      E_ACCESSDENIED);
	check(house_cancels == 0);
	(void)finish(&ref, 1);
}

RULED(begin_can_be_made_to_sleep, "house.read fault stall=300ms when nth=1\n")
{
	uint64_t before = now_ms();

	check(call_at(0) == 0);
	check(now_ms() - before >= 299);
	before = now_ms();
	check(call_at(0) == 0);
	check(now_ms() - before < 299);
}

/* --- Several rules ------------------------------------------------------- */

RULED(the_first_error_wins, "house.read fault error=EIO when every=2\n"
			    "house.read fault error=EAGAIN\n"
			    "house.read fault short=10\n")
{
	check(call_at(0) == EAGAIN);
	check(call_at(0) == EIO);
	check(call_at(0) == EAGAIN);
	check(call_at(0) == EIO);
	check(counted(1)->fired == 2 && counted(1)->shadowed == 0);
	check(counted(2)->fired == 2 && counted(2)->shadowed == 2);
	check(counted(3)->fired == 0 && counted(3)->shadowed == 4);
}

RULED(an_error_wins_over_a_short_result_that_was_first,
      "house.read fault short=10\nhouse.read fault error=EIO when nth=2\n")
{
	check(call_at(0) == 0);
	check(call_at(0) == EIO);
	check(counted(1)->fired == 1 && counted(1)->shadowed == 1);
	check(counted(2)->fired == 1 && counted(2)->shadowed == 0);
}

RULED(what_is_short_enough_is_not_acted_on,
      "house.read fault short=8k\nhouse.read fault short=8k stall=1us\n")
{
	struct belay_outcome outcome;
	struct belay_ref ref;

	check(call_at(0) == 0);
	check(counted(1)->fired == 0 && counted(1)->idle == 1);
	check(counted(2)->fired == 1 && counted(2)->shadowed == 1);
	check(begin_at(0, &ref, &outcome));
	check(finish(&ref, 8193).result == 8192);
	check(counted(1)->fired == 1 && counted(1)->idle == 1);
}

/* An adapter that asks for less from the beginning gets it, and no more. */
RULED(what_was_cut_before_it_began_is_acted_on, "house.write fault short=5\n"
						"house.read fault short=5\n")
{
	struct belay_outcome outcome;
	struct belay_ref ref;

	check(begin_at(0, &ref, &outcome));
	check(belay_adapter_short(&ref, 9) == 5);
	check(belay_adapter_short(&ref, 9) == 5);
	check(finish(&ref, 5).result == 5);
	check(counted(2)->fired == 1 && counted(2)->idle == 0);
}

RULED(rules_that_find_no_room_have_a_count_of_their_own,
      "house.read fault stall=1us\nhouse.read fault stall=1us\n"
      "house.read fault stall=1us\nhouse.read fault stall=1us\n"
      "house.read fault stall=1us\nhouse.read fault stall=1us\n"
      "house.read fault stall=1us\n")
{
	check(call_at(0) == 0);
	check(counted(6)->fired == 1 && counted(6)->crowded == 0);
	check(counted(7)->fired == 0 && counted(7)->crowded == 1);
	check(counted(7)->shadowed == 0);
}

RULED(stalls_add_up,
      "house.read fault stall=15ms\nhouse.read fault stall=15ms\n")
{
	uint64_t before = now_ms();

	check(call_at(0) == 0);
	check(now_ms() - before >= 29);
}

RULED(what_an_operation_cannot_bear_is_not_done,
      "other.read fault short=1\nother.read fault stall=1ms\n")
{
	const struct belay_begin begin = {.operation = OTHER, .key = &errno};
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 4096};
	struct belay_ref ref;

	check(begin_with(&begin, &ref, &outcome));
	check(belay_adapter_finished(&ref, &outcome));
	check(outcome.result == 4096);
	check(counted(1)->unable == 1 && counted(1)->fired == 0);
	check(counted(2)->unable == 0 && counted(2)->fired == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_at_begin_fails_begin),
		cmocka_unit_test(an_error_at_the_end_replaces_the_outcome),
		cmocka_unit_test(what_ended_as_cancelled_stays_so),
		cmocka_unit_test(a_short_result_is_cut),
		cmocka_unit_test(a_cancel_can_be_refused),
		cmocka_unit_test(begin_can_be_made_to_sleep),
		cmocka_unit_test(the_first_error_wins),
		cmocka_unit_test(
			an_error_wins_over_a_short_result_that_was_first),
		cmocka_unit_test(what_is_short_enough_is_not_acted_on),
		cmocka_unit_test(what_was_cut_before_it_began_is_acted_on),
		cmocka_unit_test(
			rules_that_find_no_room_have_a_count_of_their_own),
		cmocka_unit_test(stalls_add_up),
		cmocka_unit_test(what_an_operation_cannot_bear_is_not_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
