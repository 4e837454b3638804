/* SPDX-License-Identifier: MIT */
/*
 * failed_begins.c - a Begin_ whose request cannot be sent, and what others do
 * with the call object meanwhile
 *
 * The object is idle afterwards, whoever came in between, and the turn's
 * reference is given back once. The next turn's call is left alone.
 */
#define COBJMACROS
#include "asleep.h"
#include "callee.h"

#include <unistd.h>

#include "import.h"

/* A way that is blocked: something happens, and then sending fails. */
struct blocked {
	struct belayi_channel channel;
	struct belayi_channel *real;
	AsyncICalc *call;
	void (*meanwhile)(const struct blocked *blocked);
};

static void set_channel(AsyncICalc *call, struct belayi_channel *channel)
{
	object_of(call)->client.proxy->channel = channel;
}

static HRESULT fail_to_send(struct belayi_channel *channel,
			    struct belayi_message *message)
{
	const struct blocked *blocked = (struct blocked *)channel;

	(void)message;
	set_channel(blocked->call, blocked->real);
	if (blocked->meanwhile)
		blocked->meanwhile(blocked);
	return RPC_E_DISCONNECTED;
}

static void ignore_cancel(struct belayi_channel *channel,
			  struct belayi_message *message, uint64_t turn)
{
	(void)channel;
	(void)message;
	(void)turn;
}

static const struct belayi_channel_class blocked_class = {
	.send = fail_to_send,
	.cancel = ignore_cancel,
};

static void cancel(const struct blocked *blocked)
{
	assert_int_equal(ask_cancel(blocked->call, 0), S_OK);
}

static void cancel_and_finish(const struct blocked *blocked)
{
	LONG sum;

	cancel(blocked);
	assert_int_equal(AsyncICalc_Finish_Add(blocked->call, &sum),
			 RPC_E_CALL_CANCELED);
}

static void cancel_and_begin_again(const struct blocked *blocked)
{
	cancel_and_finish(blocked);
	assert_int_equal(AsyncICalc_Begin_Add(blocked->call, 20, 22), S_OK);
}

static void fail_begin(AsyncICalc *call,
		       void (*meanwhile)(const struct blocked *))
{
	struct blocked blocked = {
		.channel = {&blocked_class},
		.real = object_of(call)->client.proxy->channel,
		.call = call,
		.meanwhile = meanwhile,
	};

	set_channel(call, &blocked.channel);
	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), RPC_E_DISCONNECTED);
}

static uint32_t refs_of(AsyncICalc *call)
{
	return __atomic_load_n(&object_of(call)->refs, __ATOMIC_ACQUIRE);
}

static void try_idle(bool single_client,
		     void (*meanwhile)(const struct blocked *))
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, single_client);
	AsyncICalc *call = ask_call(calc);
	LONG sum;

	/* One more, so that giving back too much is a number, and no crash. */
	(void)AsyncICalc_AddRef(call);
	fail_begin(call, meanwhile);
	assert_int_equal(state_of(call), BELAY_CALL_IDLE);
	assert_int_equal(refs_of(call), 2);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum),
			 RPC_E_CALL_COMPLETE);
	assert_int_equal(AsyncICalc_Begin_Add(call, 3, 4), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(sum, 7);
	(void)AsyncICalc_Release(call);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

static void a_begin_that_fails_leaves_the_object_idle(void **state)
{
	(void)state;
	try_idle(false, NULL);
	try_idle(true, NULL);
}

static void a_begin_that_fails_after_a_cancel_gives_back_once(void **state)
{
	(void)state;
	try_idle(false, cancel);
	try_idle(true, cancel);
}

static void a_begin_that_fails_after_a_finish_gives_back_once(void **state)
{
	(void)state;
	try_idle(false, cancel_and_finish);
	try_idle(true, cancel_and_finish);
}

static void a_begin_that_fails_leaves_the_next_turn_alone(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, false);
	AsyncICalc *call = ask_call(calc);
	LONG sum;

	(void)state;
	fail_begin(call, cancel_and_begin_again);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(sum, 42);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

/* --- Who waits for the Signal that was due ------------------------------- */

struct waiter {
	struct belayi_call_object *object;
	pid_t thread;
	struct flag done;
};

static void begin_next_turn(void *data)
{
	struct waiter *waiter = data;

	__atomic_store_n(&waiter->thread, gettid(), __ATOMIC_RELEASE);
	belayi_outer_begin(waiter->object, 2);
	flag_set(&waiter->done);
}

static bool sleeps(const struct waiter *waiter)
{
	return thread_is_asleep(
		__atomic_load_n(&waiter->thread, __ATOMIC_ACQUIRE));
}

/* The object is idle before nothing is due any more. */
static void a_begin_that_fails_wakes_the_next_one(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, false);
	AsyncICalc *call = ask_call(calc);
	struct waiter waiter = {.object = object_of(call)};
	struct runner runner;

	(void)state;
	belayi_outer_begin(waiter.object, 1);
	assert_int_equal(belayi_outer_reset(waiter.object, 1), S_OK);
	runner_start(&runner, begin_next_turn, &waiter);
	until(sleeps(&waiter));
	assert_false(flag_is_set(&waiter.done));
	belayi_outer_unbegin(waiter.object, 1);
	flag_wait(&waiter.done);
	runner_join(&runner);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_begin_that_fails_leaves_the_object_idle),
		cmocka_unit_test(
			a_begin_that_fails_after_a_cancel_gives_back_once),
		cmocka_unit_test(
			a_begin_that_fails_after_a_finish_gives_back_once),
		cmocka_unit_test(a_begin_that_fails_leaves_the_next_turn_alone),
		cmocka_unit_test(a_begin_that_fails_wakes_the_next_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
