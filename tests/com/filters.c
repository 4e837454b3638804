/* SPDX-License-Identifier: MIT */
/*
 * filters.c - the message filter can end the wait for a call
 */
#define COBJMACROS

#include "jobs.h"
#include "message_filter.h"

static int enter(void **state)
{
	(void)state;
	assert_int_equal(CoInitialize(NULL), S_OK);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	CoUninitialize();
	return 0;
}

static bool never(void *data)
{
	(void)data;
	return false;
}

static void a_filter_can_cancel_what_is_waited_for(void **state)
{
	struct filter filter = FILTER(PENDINGMSG_CANCELCALL);

	(void)state;
	assert_int_equal(CoRegisterMessageFilter(&filter.iface, NULL), S_OK);
	assert_int_equal(
		belayi_apartment_wait(never, NULL, belayi_until(30000), true),
		BELAYI_FILTERED);
	assert_int_equal(filter.asked, 2);
	assert_int_equal(filter.type, PENDINGTYPE_TOPLEVEL);
	assert_in_range(filter.ticks, 200, 30000);
	assert_int_equal(CoRegisterMessageFilter(NULL, NULL), S_OK);
	assert_int_equal(filter.references, 1);
}

static void a_wait_that_goes_on_is_as_long_as_all_of_it(void **state)
{
	struct filter filter = FILTER(PENDINGMSG_CANCELCALL);
	uint64_t since = 0, begun = belayi_now_ns();

	(void)state;
	assert_int_equal(CoRegisterMessageFilter(&filter.iface, NULL), S_OK);
	assert_int_equal(belayi_apartment_wait_again(
				 never, NULL, belayi_until(30000), &since),
			 BELAYI_FILTERED);
	assert_in_range(since, begun, belayi_now_ns());
	assert_in_range(filter.ticks, 200, 30000);
	assert_int_equal(belayi_apartment_wait_again(
				 never, NULL, belayi_until(30000), &since),
			 BELAYI_FILTERED);
	assert_int_equal(filter.asked, 3);
	assert_in_range(filter.ticks, 300, 30000);
	assert_int_equal(CoRegisterMessageFilter(NULL, NULL), S_OK);
}

static void wait_inside(struct job *job)
{
	const enum belayi_waited *expected = job->data;

	assert_int_equal(
		belayi_apartment_wait(never, NULL, belayi_until(30000), true),
		*expected);
}

static void a_wait_inside_a_task_is_a_nested_one(void **state)
{
	enum belayi_waited expected = BELAYI_FILTERED;
	struct filter filter = FILTER(PENDINGMSG_CANCELCALL);
	struct job job;

	(void)state;
	assert_int_equal(CoRegisterMessageFilter(&filter.iface, NULL), S_OK);
	job_post(&job, belayi_apartment_current(), wait_inside, &expected);
	assert_int_equal(belayi_apartment_wait(job_ran, &job,
					       belayi_until(30000), false),
			 BELAYI_READY);
	assert_int_equal(filter.type, PENDINGTYPE_NESTED);
	assert_int_equal(CoRegisterMessageFilter(NULL, NULL), S_OK);
}

static void a_filter_that_lets_wait_does_not_end_the_wait(void **state)
{
	struct filter filter = FILTER(PENDINGMSG_WAITNOPROCESS);

	(void)state;
	assert_int_equal(CoRegisterMessageFilter(&filter.iface, NULL), S_OK);
	assert_int_equal(
		belayi_apartment_wait(never, NULL, belayi_until(350), true),
		BELAYI_TIME_OVER);
	assert_in_range(filter.asked, 1, 3);
	assert_int_equal(CoRegisterMessageFilter(NULL, NULL), S_OK);
}

static DWORD STDMETHODCALLTYPE leave_first(IMessageFilter *This, HTASK task,
					   DWORD ticks, DWORD type)
{
	(void)This;
	(void)task;
	(void)ticks;
	(void)type;
	CoUninitialize();
	return PENDINGMSG_CANCELCALL;
}

static void a_filter_cannot_end_the_apartment_that_waits(void **state)
{
	struct filter filter = FILTER(0);
	struct belayi_apartment *own = belayi_apartment_current();
	IMessageFilterVtbl vtbl = filter_vtbl;

	(void)state;
	vtbl.MessagePending = leave_first;
	filter.iface.lpVtbl = &vtbl;
	assert_int_equal(CoRegisterMessageFilter(&filter.iface, NULL), S_OK);
	assert_int_equal(
		belayi_apartment_wait(never, NULL, belayi_until(30000), true),
		BELAYI_FILTERED);
	assert_ptr_equal(belayi_apartment_current(), own);
	assert_int_equal(filter.references, 2);
	assert_int_equal(CoRegisterMessageFilter(NULL, NULL), S_OK);
}

static void only_waits_for_calls_ask_the_filter(void **state)
{
	struct filter filter = FILTER(PENDINGMSG_CANCELCALL);

	(void)state;
	assert_int_equal(CoRegisterMessageFilter(&filter.iface, NULL), S_OK);
	assert_int_equal(
		belayi_apartment_wait(never, NULL, belayi_until(250), false),
		BELAYI_TIME_OVER);
	assert_int_equal(filter.asked, 0);
	assert_int_equal(CoRegisterMessageFilter(NULL, NULL), S_OK);
}

static void the_former_filter_comes_back(void **state)
{
	struct filter one = FILTER(0), two = FILTER(0);
	IMessageFilter *former = &one.iface;

	(void)state;
	assert_int_equal(CoRegisterMessageFilter(&one.iface, &former), S_OK);
	assert_null(former);
	assert_int_equal(one.references, 2);
	assert_int_equal(CoRegisterMessageFilter(&two.iface, &former), S_OK);
	assert_ptr_equal(former, &one.iface);
	assert_int_equal(IMessageFilter_Release(former), 1);
	CoUninitialize();
	assert_int_equal(two.references, 1);
	assert_int_equal(CoInitialize(NULL), S_OK);
}

static void only_single_threaded_apartments_have_a_filter(void **state)
{
	struct filter filter = FILTER(0);

	(void)state;
	assert_int_equal(CoRegisterMessageFilter(&filter.iface, NULL),
			 CO_E_NOT_SUPPORTED);
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	assert_int_equal(CoRegisterMessageFilter(&filter.iface, NULL),
			 CO_E_NOT_SUPPORTED);
	CoUninitialize();
	assert_int_equal(filter.references, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(a_filter_can_cancel_what_is_waited_for),
		TEST(a_wait_that_goes_on_is_as_long_as_all_of_it),
		TEST(a_wait_inside_a_task_is_a_nested_one),
		TEST(a_filter_that_lets_wait_does_not_end_the_wait),
		TEST(a_filter_cannot_end_the_apartment_that_waits),
		TEST(only_waits_for_calls_ask_the_filter),
		TEST(the_former_filter_comes_back),
		cmocka_unit_test(only_single_threaded_apartments_have_a_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
