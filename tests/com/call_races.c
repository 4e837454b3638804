/* SPDX-License-Identifier: MIT */
/*
 * call_races.c - what can happen to a pending call, two and two at once
 *
 * The server replies, a thread cancels, a thread finishes, the client lets go
 * of the call object. Whoever comes first, there is one outcome, all are told
 * the same, and nothing is left.
 */
#define COBJMACROS
#include "callee.h"

#include <stdlib.h>

static int rounds = 100;

/* One round: a pending call, and what the parties were answered. */
struct round {
	struct callee *callee;
	AsyncICalc *call;
	uint32_t ready;
	HRESULT canceled;
	HRESULT finished;
	ULONG slept;
};

#define NOT_ASKED ((HRESULT)0x7fffffff)

static void reply(struct round *round)
{
	callee_open(round->callee);
}

static void cancel(struct round *round)
{
	round->canceled = ask_cancel(round->call, 0);
}

static void finish(struct round *round)
{
	round->finished = AsyncICalc_Finish_Slow(round->call, &round->slept);
}

/* The reference that this party had. */
static void let_go(struct round *round)
{
	(void)AsyncICalc_Release(round->call);
}

/* Else who finishes would wait for ever. */
static void let_go_then_reply(struct round *round)
{
	let_go(round);
	reply(round);
}

static bool lets_go(void (*act)(struct round *))
{
	return act == let_go || act == let_go_then_reply;
}

struct party {
	struct round *round;
	void (*act)(struct round *round);
};

/* Both at the same moment, as far as that goes. */
static void act(const struct party *party)
{
	struct round *round = party->round;

	(void)__atomic_add_fetch(&round->ready, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&round->ready, __ATOMIC_ACQUIRE) < 2)
		;
	party->act(round);
}

static void act_there(void *data)
{
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	act(data);
	CoUninitialize();
}

static bool is_finished(const struct round *round)
{
	return round->finished != NOT_ASKED;
}

/* Of Cancel and Finish_ that both were answered. */
static void check_answers(const struct round *round)
{
	if (is_finished(round)) {
		assert_true(round->finished == S_OK ||
			    round->finished == RPC_E_CALL_CANCELED);
		assert_int_equal(round->slept,
				 round->finished == S_OK ? GATED : 0);
	}
	if (round->canceled == NOT_ASKED) {
		assert_true(!is_finished(round) || round->finished == S_OK);
		return;
	}
	assert_true(round->canceled == S_OK ||
		    round->canceled == RPC_E_CALL_COMPLETE);
	if (is_finished(round))
		assert_int_equal(round->finished, round->canceled == S_OK
							  ? RPC_E_CALL_CANCELED
							  : S_OK);
}

static void run_round(struct callee *callee, ICalc *calc,
		      void (*one)(struct round *), void (*two)(struct round *))
{
	uint32_t entered = callee_count(callee, entered);
	struct round round = {
		.callee = callee,
		.call = ask_call(calc),
		.canceled = NOT_ASKED,
		.finished = NOT_ASKED,
	};
	struct party here = {&round, one}, there = {&round, two};
	bool is_kept = !lets_go(one) && !lets_go(two);
	struct runner runner;

	assert_int_equal(AsyncICalc_Begin_Slow(round.call, GATED), S_OK);
	callee_await(callee, entered, entered + 1);
	/* Who cancels or finishes has a reference of his own. */
	(void)AsyncICalc_AddRef(round.call);
	runner_start(&runner, act_there, &there);
	act(&here);
	runner_join(&runner);
	callee_open(callee);
	if (!is_finished(&round))
		finish(&round);
	check_answers(&round);
	(void)AsyncICalc_Release(round.call);
	if (is_kept)
		(void)AsyncICalc_Release(round.call);
	callee_await(callee, left, entered + 1);
	callee_close(callee);
}

static void run_rounds(void (*one)(struct round *), void (*two)(struct round *))
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, false);

	for (int i = 0; i < rounds; i++)
		run_round(&callee, calc, i % 2 ? one : two, i % 2 ? two : one);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

static void a_reply_and_a_cancel(void **state)
{
	(void)state;
	run_rounds(reply, cancel);
}

static void a_reply_and_a_finish(void **state)
{
	(void)state;
	run_rounds(reply, finish);
}

static void a_cancel_and_a_finish(void **state)
{
	(void)state;
	run_rounds(cancel, finish);
}

static void a_reply_and_a_release(void **state)
{
	(void)state;
	run_rounds(reply, let_go);
}

static void a_cancel_and_a_release(void **state)
{
	(void)state;
	run_rounds(cancel, let_go);
}

static void a_finish_and_a_release(void **state)
{
	(void)state;
	run_rounds(finish, let_go_then_reply);
}

/* --- The last release, while the others are at it ------------------------ */

struct orphan {
	struct callee *callee;
	AsyncICalc *call;
};

static void release_last(void *data)
{
	struct orphan *orphan = data;

	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	(void)AsyncICalc_Release(orphan->call);
	CoUninitialize();
}

static void the_last_release_and_the_reply(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, false);

	(void)state;
	for (int i = 0; i < rounds; i++) {
		uint32_t left = callee_count(&callee, left);
		struct orphan orphan = {&callee, ask_call(calc)};
		struct runner runner;

		assert_int_equal(AsyncICalc_Begin_Slow(orphan.call, GATED),
				 S_OK);
		callee_await(&callee, entered, left + 1);
		runner_start(&runner, release_last, &orphan);
		callee_open(&callee);
		runner_join(&runner);
		callee_await(&callee, left, left + 1);
		callee_close(&callee);
	}
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

/* A call object is used again at once, while its last turn is settling. */
static void turns_follow_each_other_closely(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, true);
	AsyncICalc *call = ask_call(calc);
	ISynchronize *synchronize = AS(call, ISynchronize);
	LONG sum;

	(void)state;
	for (LONG i = 0; i < rounds * 20; i++) {
		assert_int_equal(AsyncICalc_Begin_Add(call, i, 1), S_OK);
		if (i % 3 == 0)
			assert_int_equal(
				ISynchronize_Wait(synchronize, 0, INFINITE),
				S_OK);
		assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
		assert_int_equal(sum, i + 1);
		assert_int_equal(ISynchronize_Wait(synchronize, 0, 0), S_OK);
	}
	(void)ISynchronize_Release(synchronize);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_and_a_cancel),
		cmocka_unit_test(a_reply_and_a_finish),
		cmocka_unit_test(a_cancel_and_a_finish),
		cmocka_unit_test(a_reply_and_a_release),
		cmocka_unit_test(a_cancel_and_a_release),
		cmocka_unit_test(a_finish_and_a_release),
		cmocka_unit_test(the_last_release_and_the_reply),
		cmocka_unit_test(turns_follow_each_other_closely),
	};

	if (argc > 1)
		rounds = atoi(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
