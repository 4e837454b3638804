/* SPDX-License-Identifier: MIT */
/*
 * errno.c - every verb leaves errno as it was, whatever it comes to
 */
#include <errno.h>

#include <belay/clock.h>

#include "calls.h"

#define SENTINEL 12345

static struct belay_ref ref;
static struct belay_outcome outcome;

static void begin(void)
{
	struct belay_begin how = {.operation = &reading};
	struct belay_ref other;

	(void)belay_call_begin(ref.call, &how, &other);
}

static void accept(void)
{
	(void)belay_call_accept(&ref);
}

static void refuse(void)
{
	(void)belay_call_refuse(&ref, E_FAIL);
}

static void complete(void)
{
	outcome = succeeded_with(1);
	(void)belay_call_complete(&ref, &outcome);
}

static void release(void)
{
	(void)belay_call_release(&ref);
}

static void query(void)
{
	struct belay_ref cancel_ref;

	(void)belay_call_query_cancel(ref.call, &reading, &cancel_ref);
}

static void cancel(void)
{
	(void)belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION);
}

static void answered(void)
{
	belay_call_answered(&ref, BELAY_BY_POLICY, BELAY_ANSWER_ASKED, 0);
}

static void test_cancel(void)
{
	(void)belay_call_test_cancel(&ref);
}

static void wait_1(void)
{
	(void)belay_call_wait(&ref, 1);
}

/* Where it would wait for ever, Finish is for another operation. */
static void finish(void)
{
	bool settled = belay_call_wait(&ref, 0) == S_OK;

	(void)belay_call_finish(ref.call, settled ? &reading : &writing,
				&outcome);
}

static void collect(void)
{
	outcome = succeeded_with(1);
	if (belay_call_state(ref.call) != BELAY_CALL_SETTLING)
		(void)belay_call_collect(&ref, &outcome);
}

static void identify(void)
{
	(void)belay_call_id(&ref);
	(void)belay_call_ref(ref.call);
}

static void read_clock(void)
{
	(void)belay_clock_now();
	(void)belay_clock_ns(1000);
	(void)belay_clock_pair();
	(void)belay_clock_kind();
}

/* More than a block of them, and after a restart. */
static void ids(void)
{
	belay_id_restart();
	for (int i = 0; i < 1000; i++)
		(void)belay_id_new();
}

static const struct {
	const char *name;
	void (*run)(void);
} verbs[] = {
	{"begin", begin},
	{"accept", accept},
	{"refuse", refuse},
	{"complete", complete},
	{"release", release},
	{"query cancel", query},
	{"cancel", cancel},
	{"answered", answered},
	{"test_cancel", test_cancel},
	{"wait", wait_1},
	{"finish", finish},
	{"collect", collect},
	{"id", identify},
	{"clock", read_clock},
	{"ids", ids},
};

static void every_verb_leaves_errno_alone_in_every_situation(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		for (int at = 0; at < SITUATION_COUNT; at++) {
			struct belay_call call;

			ref = reach(&call, (enum situation)at);
			errno = SENTINEL;
			verbs[i].run();
			if (errno != SENTINEL)
				fail_msg("%s in %s leaves errno %d",
					 verbs[i].name, situation_names[at],
					 errno);
		}
	}
}

static void wake_up(void *argument)
{
	const struct belay_ref *whose = argument;

	until(is_waited(whose->call));
	settle(whose, AT_PENDING);
}

static void a_finish_that_waited_leaves_errno_alone(void **state)
{
	struct runner runner;
	struct belay_call call;

	(void)state;
	ref = reach(&call, AT_PENDING);
	runner_start(&runner, wake_up, &ref);
	errno = SENTINEL;
	assert_int_equal(belay_call_finish(&call, &reading, &outcome), S_OK);
	assert_int_equal(errno, SENTINEL);
	runner_join(&runner);
}

static enum belay_answer clobber(const struct belay_ref *asked,
				 int32_t *ret_status)
{
	(void)asked;
	*ret_status = EINVAL;
	errno = EINVAL;
	return BELAY_ANSWER_ERROR;
}

static void what_the_other_side_does_to_errno_is_not_seen(void **state)
{
	static const struct belay_operation rude = {
		.size = sizeof(rude),
		.api = "test",
		.name = "rude",
		.status_kind = BELAY_STATUS_ERRNO,
		.cancel_mode = BELAY_CANCEL_FINISH_DUE,
		.cancel = clobber,
	};
	struct belay_begin how = {.operation = &rude};
	struct belay_call call;

	(void)state;
	belay_call_init(&call);
	assert_int_equal(belay_call_begin(&call, &how, &ref), S_OK);
	errno = SENTINEL;
	assert_int_equal(belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION),
			 E_FAIL);
	assert_int_equal(errno, SENTINEL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_verb_leaves_errno_alone_in_every_situation),
		cmocka_unit_test(a_finish_that_waited_leaves_errno_alone),
		cmocka_unit_test(what_the_other_side_does_to_errno_is_not_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
