/* SPDX-License-Identifier: MIT */
/*
 * messages.c - messages that the server still has when their calls are over
 */
#define COBJMACROS
#include "callee.h"

#include <time.h>

#include "channel.h"
#include "export.h"
#include "import.h"

/* --- Each cancelled call leaves one with a server that is busy ----------- */

#define TURNS 2000

static void cancel_one(AsyncICalc *call)
{
	ULONG slept;

	assert_int_equal(AsyncICalc_Begin_Slow(call, 0), S_OK);
	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_int_equal(AsyncICalc_Finish_Slow(call, &slept),
			 RPC_E_CALL_CANCELED);
}

/* Of this thread: others may have the processor meanwhile. */
static double seconds_of_turns(AsyncICalc *call)
{
	struct timespec from, to;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (int i = 0; i < TURNS; i++)
		cancel_one(call);
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	return (double)(to.tv_sec - from.tv_sec) +
	       (double)(to.tv_nsec - from.tv_nsec) * 1e-9;
}

static size_t messages_of(AsyncICalc *call)
{
	size_t count = 0;

	for (const struct belayi_message *message =
		     &object_of(call)->client.own;
	     message; message = message->next)
		count++;
	return count;
}

static void a_turn_costs_the_same_however_many_are_out(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, false);
	AsyncICalc *busy = ask_call(calc);
	AsyncICalc *call = ask_call(calc);
	double first, last = 0;

	(void)state;
	assert_int_equal(AsyncICalc_Begin_Slow(busy, GATED), S_OK);
	callee_await(&callee, entered, 1);
	first = seconds_of_turns(call);
	for (int i = 1; i < 8; i++)
		last = seconds_of_turns(call);
	assert_true(last < first * 6);
	assert_int_equal(messages_of(call), 8 * TURNS);
	(void)AsyncICalc_Release(call);
	(void)AsyncICalc_Release(busy);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

static void messages_that_came_back_are_used_again(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, false);
	AsyncICalc *busy = ask_call(calc);
	AsyncICalc *call = ask_call(calc);
	ULONG slept;

	(void)state;
	for (uint32_t round = 1; round <= 3; round++) {
		callee_close(&callee);
		assert_int_equal(AsyncICalc_Begin_Slow(busy, GATED), S_OK);
		callee_await(&callee, entered, round);
		for (int i = 0; i < 10; i++)
			cancel_one(call);
		assert_int_equal(messages_of(call), 10);
		callee_open(&callee);
		assert_int_equal(AsyncICalc_Finish_Slow(busy, &slept), S_OK);
		/* Served in their order: this is the last one. */
		assert_int_equal(AsyncICalc_Begin_Slow(busy, 0), S_OK);
		assert_int_equal(AsyncICalc_Finish_Slow(busy, &slept), S_OK);
	}
	(void)AsyncICalc_Release(call);
	(void)AsyncICalc_Release(busy);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

/* --- A cancel that comes late -------------------------------------------- */

static void cancel(struct belayi_message *message, uint64_t turn)
{
	struct belayi_channel *channel = &belayi_channel_local;

	channel->class->cancel(channel, message, turn);
}

static void a_late_cancel_leaves_a_later_turns_alone(void **state)
{
	struct belayi_message message = {.turn = 0};

	(void)state;
	assert_false(belayi_message_is_canceled(&message));
	cancel(&message, 0);
	assert_true(belayi_message_is_canceled(&message));
	message.turn = 7;
	cancel(&message, 6);
	assert_false(belayi_message_is_canceled(&message));
	cancel(&message, 7);
	cancel(&message, 6);
	assert_true(belayi_message_is_canceled(&message));
}

/* --- A server that replies as soon as it hears of the cancel ------------- */

/* Its cancel returns when the server has replied. */
struct prompt {
	struct belayi_channel channel;
	struct belayi_channel_class class;
	struct callee *callee;
	struct job after;
};

static void let_reply(struct belayi_channel *channel,
		      struct belayi_message *message, uint64_t turn)
{
	struct prompt *prompt = (struct prompt *)channel;

	cancel(message, turn);
	callee_open(prompt->callee);
	job_post(&prompt->after, message->stub->export->apartment, NULL, NULL);
	flag_wait(&prompt->after.ran);
}

static void the_reply_to_a_cancel_comes_too_late(void **state)
{
	struct callee callee = {0};
	struct prompt prompt = {.callee = &callee};
	ICalc *calc = callee_start(&callee, false);
	AsyncICalc *call = ask_call(calc);
	struct belayi_proxy *proxy = object_of(call)->client.proxy;
	ULONG slept;

	(void)state;
	prompt.class = *proxy->channel->class;
	prompt.class.cancel = let_reply;
	prompt.channel.class = &prompt.class;
	proxy->channel = &prompt.channel;
	assert_int_equal(AsyncICalc_Begin_Slow(call, GATED), S_OK);
	callee_await(&callee, entered, 1);
	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_int_equal(callee_count(&callee, canceled), 1);
	assert_int_equal(AsyncICalc_Finish_Slow(call, &slept),
			 RPC_E_CALL_CANCELED);
	/* Who waits for the server gets what it said. */
	callee_close(&callee);
	assert_int_equal(AsyncICalc_Begin_Slow(call, GATED), S_OK);
	callee_await(&callee, entered, 2);
	assert_int_equal(ask_cancel(call, 20), RPC_E_CALL_COMPLETE);
	assert_int_equal(AsyncICalc_Finish_Slow(call, &slept), S_OK);
	proxy->channel = &belayi_channel_local;
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_costs_the_same_however_many_are_out),
		cmocka_unit_test(messages_that_came_back_are_used_again),
		cmocka_unit_test(a_late_cancel_leaves_a_later_turns_alone),
		cmocka_unit_test(the_reply_to_a_cancel_comes_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
