/* SPDX-License-Identifier: MIT */
/*
 * call_waits.c - what a single-threaded apartment does while it waits for a
 * call's outcome
 */
#define COBJMACROS
#include "callee.h"
#include "unknown.h"

/* --- A message filter that cancels in vain ------------------------------- */

/* Cancels once another thread has, and gives its own apartment work then. */
struct filter {
	IMessageFilter iface;
	struct callee *callee;
	AsyncICalc *call;
	struct job job;
	bool has_canceled;
	HRESULT others_answer;
};

ETERNAL(IMessageFilter, filter)

static void open_gate(struct job *job)
{
	callee_open(job->data);
}

static DWORD STDMETHODCALLTYPE filter_MessagePending(IMessageFilter *This,
						     HTASK callee, DWORD ticks,
						     DWORD type)
{
	struct filter *filter = (struct filter *)This;

	(void)callee;
	(void)ticks;
	(void)type;
	if (filter->has_canceled ||
	    state_of(filter->call) != BELAY_CALL_CANCELWAIT)
		return PENDINGMSG_WAITDEFPROCESS;
	filter->has_canceled = true;
	job_post(&filter->job, belayi_apartment_current(), open_gate,
		 filter->callee);
	return PENDINGMSG_CANCELCALL;
}

static IMessageFilterVtbl filter_vtbl = {
	.QueryInterface = filter_QueryInterface,
	.AddRef = filter_AddRef,
	.Release = filter_Release,
	.MessagePending = filter_MessagePending,
};

/* Longer than it takes, and not for ever: the test ends where it fails. */
static void cancel_and_wait(void *data)
{
	struct filter *filter = data;

	filter->others_answer = ask_cancel(filter->call, 20);
}

static void an_apartment_serves_on_when_its_cancel_is_refused(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, true);
	struct filter filter = {
		.iface = {&filter_vtbl},
		.callee = &callee,
		.call = ask_call(calc),
	};
	struct runner other;
	ULONG slept;

	(void)state;
	assert_int_equal(CoRegisterMessageFilter(&filter.iface, NULL), S_OK);
	assert_int_equal(AsyncICalc_Begin_Slow(filter.call, GATED), S_OK);
	runner_start(&other, cancel_and_wait, &filter);
	assert_int_equal(AsyncICalc_Finish_Slow(filter.call, &slept), S_OK);
	runner_join(&other);
	assert_true(filter.has_canceled);
	assert_true(job_ran(&filter.job));
	assert_int_equal(filter.others_answer, RPC_E_CALL_COMPLETE);
	assert_int_equal(CoRegisterMessageFilter(NULL, NULL), S_OK);
	(void)AsyncICalc_Release(filter.call);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

/* --- Its proxy is released meanwhile ------------------------------------- */

struct release {
	struct callee *callee;
	ICalc *calc;
	ULONG left;
};

static void release_and_open(struct job *job)
{
	struct release *release = job->data;

	callee_await(release->callee, entered, 1);
	release->left = ICalc_Release(release->calc);
	callee_open(release->callee);
}

static void a_synchronous_call_keeps_its_proxy(void **state)
{
	struct callee callee = {0};
	struct release release = {&callee, callee_start(&callee, true), 0};
	struct job job;
	ULONG slept;

	(void)state;
	job_post(&job, belayi_apartment_current(), release_and_open, &release);
	assert_int_equal(ICalc_Slow(release.calc, GATED, &slept), S_OK);
	assert_true(job_ran(&job));
	assert_int_equal(release.left, 1);
	assert_int_equal(slept, GATED);
	callee_stop(&callee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_apartment_serves_on_when_its_cancel_is_refused),
		cmocka_unit_test(a_synchronous_call_keeps_its_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
