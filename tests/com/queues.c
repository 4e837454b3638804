/* SPDX-License-Identifier: MIT */
/*
 * queues.c - what is posted to a single-threaded apartment runs there, while
 * its thread dispatches or waits, and its descriptor tells
 */
#include "jobs.h"

#include <poll.h>

#include <belay/com/apartment.h>

#include "event.h"

static struct belayi_apartment *own;

static int enter(void **state)
{
	(void)state;
	assert_int_equal(CoInitialize(NULL), S_OK);
	own = belayi_apartment_current();
	return 0;
}

static int leave(void **state)
{
	(void)state;
	CoUninitialize();
	return 0;
}

static bool is_readable(void)
{
	struct pollfd fd = {.fd = belay_apartment_fd(), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static int order;

static void note_order(struct job *job)
{
	*(int *)job->data = ++order;
}

static void tasks_run_in_the_order_of_posting(void **state)
{
	struct job jobs[5];
	int orders[5], i;

	(void)state;
	order = 0;
	for (i = 0; i < 5; i++)
		job_post(&jobs[i], own, note_order, &orders[i]);
	assert_int_equal(belay_apartment_dispatch(), S_OK);
	for (i = 0; i < 5; i++) {
		assert_int_equal(orders[i], i + 1);
		assert_true(pthread_equal(jobs[i].thread, pthread_self()));
	}
	assert_int_equal(belay_apartment_dispatch(), S_FALSE);
}

static void the_descriptor_is_readable_while_tasks_wait(void **state)
{
	struct job jobs[3];
	int i;

	(void)state;
	assert_false(is_readable());
	for (i = 0; i < 3; i++) {
		job_post(&jobs[i], own, NULL, NULL);
		assert_true(is_readable());
	}
	assert_int_equal(belay_apartment_dispatch(), S_OK);
	assert_false(is_readable());
	job_post(&jobs[0], own, NULL, NULL);
	assert_true(is_readable());
	assert_int_equal(belay_apartment_dispatch(), S_OK);
	assert_false(is_readable());
}

static void a_descriptor_that_is_asked_for_late_is_readable_too(void **state)
{
	struct job job;

	(void)state;
	job_post(&job, own, NULL, NULL);
	assert_true(is_readable());
	assert_int_equal(belay_apartment_dispatch(), S_OK);
	assert_false(is_readable());
}

static void post_another(struct job *job)
{
	job_post(job->data, own, NULL, NULL);
}

static void what_arrives_while_dispatching_is_left(void **state)
{
	struct job first, second;

	(void)state;
	assert_true(belay_apartment_fd() >= 0);
	job_init(&second, NULL, NULL);
	job_post(&first, own, post_another, &second);
	assert_int_equal(belay_apartment_dispatch(), S_OK);
	assert_true(flag_is_set(&first.ran));
	assert_false(flag_is_set(&second.ran));
	assert_true(is_readable());
	assert_int_equal(belay_apartment_dispatch(), S_OK);
	assert_true(flag_is_set(&second.ran));
	assert_false(is_readable());
}

/* As a method does that shows a dialog: a loop of its own. */
static void run_a_loop(struct job *job)
{
	const struct job *other = job->data;

	while (!flag_is_set(&other->ran)) {
		assert_true(is_readable());
		assert_int_equal(belay_apartment_dispatch(), S_OK);
	}
}

static void a_loop_inside_a_task_sees_the_tasks_that_wait(void **state)
{
	struct job first, second, third;

	(void)state;
	assert_true(belay_apartment_fd() >= 0);
	job_init(&third, NULL, NULL);
	job_post(&first, own, run_a_loop, &third);
	job_post(&second, own, NULL, NULL);
	job_post(&third, own, NULL, NULL);
	assert_int_equal(belay_apartment_dispatch(), S_OK);
	assert_true(flag_is_set(&first.ran));
	assert_true(flag_is_set(&second.ran));
	assert_false(is_readable());
}

static bool never(void *data)
{
	(void)data;
	return false;
}

static void a_wait_runs_tasks_until_its_time_is_over(void **state)
{
	uint64_t begun = belayi_now_ns();
	struct job job;

	(void)state;
	job_post(&job, own, NULL, NULL);
	assert_int_equal(
		belayi_apartment_wait(never, NULL, belayi_until(30), false),
		BELAYI_TIME_OVER);
	assert_true(flag_is_set(&job.ran));
	assert_true(belayi_now_ns() - begun >= 30000000);
}

static void a_wait_that_only_looks_comes_back_at_once(void **state)
{
	(void)state;
	assert_int_equal(belayi_apartment_wait(never, NULL, 0, false),
			 BELAYI_TIME_OVER);
}

static void a_wait_that_is_ready_runs_nothing(void **state)
{
	struct job done, job;

	(void)state;
	job_init(&done, NULL, NULL);
	flag_set(&done.ran);
	job_post(&job, own, NULL, NULL);
	assert_int_equal(
		belayi_apartment_wait(job_ran, &done, UINT64_MAX, false),
		BELAYI_READY);
	assert_false(flag_is_set(&job.ran));
	assert_true(is_readable());
	assert_int_equal(belay_apartment_dispatch(), S_OK);
}

/* Another thread that posts to this apartment, or rings. */
struct other {
	struct job *job;
	struct flag *flag;
};

static void set_and_ring(void *data)
{
	flag_set(data);
	belayi_apartment_ring(own);
}

static bool is_set(void *data)
{
	return flag_is_set(data);
}

static void a_waiting_thread_is_woken_by_a_ring(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		struct runner runner;
		struct flag flag = {0};

		runner_start(&runner, set_and_ring, &flag);
		assert_int_equal(belayi_apartment_wait(is_set, &flag,
						       belayi_until(30000),
						       false),
				 BELAYI_READY);
		runner_join(&runner);
	}
}

static void post_it(void *data)
{
	assert_true(belayi_apartment_post(own, &((struct job *)data)->task));
}

static void a_waiting_thread_is_woken_by_a_post(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		struct runner runner;
		struct job job;

		job_init(&job, NULL, NULL);
		runner_start(&runner, post_it, &job);
		assert_int_equal(belayi_apartment_wait(job_ran, &job,
						       belayi_until(30000),
						       false),
				 BELAYI_READY);
		runner_join(&runner);
		assert_true(pthread_equal(job.thread, pthread_self()));
	}
}

static void wait_inside(struct job *job)
{
	assert_int_equal(
		belayi_apartment_wait(job_ran, job->data, UINT64_MAX, false),
		BELAYI_READY);
}

static void waits_nest(void **state)
{
	struct job outer, inner;

	(void)state;
	job_init(&inner, NULL, NULL);
	job_post(&outer, own, wait_inside, &inner);
	job_post(&inner, own, NULL, NULL);
	assert_int_equal(
		belayi_apartment_wait(job_ran, &outer, UINT64_MAX, false),
		BELAYI_READY);
	assert_true(flag_is_set(&inner.ran));
}

/* The other side rings for one thing, and posts another just before. */
static void post_set_and_ring(void *data)
{
	const struct other *other = data;

	assert_true(belayi_apartment_post(own, &other->job->task));
	set_and_ring(other->flag);
}

static void what_a_wait_leaves_makes_the_descriptor_readable(void **state)
{
	int i;

	(void)state;
	assert_true(belay_apartment_fd() >= 0);
	for (i = 0; i < 200; i++) {
		struct flag flag = {0};
		struct runner runner;
		struct job job;
		struct other other = {.job = &job, .flag = &flag};

		job_init(&job, NULL, NULL);
		runner_start(&runner, post_set_and_ring, &other);
		assert_int_equal(
			belayi_apartment_wait(is_set, &flag, UINT64_MAX, false),
			BELAYI_READY);
		runner_join(&runner);
		if (!flag_is_set(&job.ran)) {
			assert_true(is_readable());
			assert_int_equal(belay_apartment_dispatch(), S_OK);
		}
		assert_true(flag_is_set(&job.ran));
		(void)belay_apartment_dispatch();
	}
	assert_false(is_readable());
}

static HRESULT look_at_event(struct belayi_event *event)
{
	return belayi_event_wait(event, 0);
}

static HRESULT look_at_handle(struct belayi_event *event)
{
	HANDLE handle;
	DWORD index;

	assert_int_equal(belayi_event_handle(event, &handle), S_OK);
	return CoWaitForMultipleHandles(0, 0, 1, &handle, &index);
}

static void a_wait_of_0_runs_what_has_been_posted(void **state)
{
	HRESULT(*const ways[])
	(struct belayi_event * event) = {look_at_event, look_at_handle};
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct job first, second, third, late;
		struct belayi_event event;

		belayi_event_init(&event, false);
		job_post(&first, own, NULL, NULL);
		job_post(&second, own, post_another, &late);
		job_post(&third, own, NULL, NULL);
		assert_int_equal(ways[i](&event), RPC_S_CALLPENDING);
		assert_true(flag_is_set(&first.ran));
		assert_true(flag_is_set(&second.ran));
		assert_true(flag_is_set(&third.ran));
		assert_false(flag_is_set(&late.ran));
		assert_int_equal(ways[i](&event), RPC_S_CALLPENDING);
		assert_true(flag_is_set(&late.ran));
		belayi_event_deinit(&event);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(tasks_run_in_the_order_of_posting),
		TEST(the_descriptor_is_readable_while_tasks_wait),
		TEST(a_descriptor_that_is_asked_for_late_is_readable_too),
		TEST(what_arrives_while_dispatching_is_left),
		TEST(a_loop_inside_a_task_sees_the_tasks_that_wait),
		TEST(a_wait_runs_tasks_until_its_time_is_over),
		TEST(a_wait_that_only_looks_comes_back_at_once),
		TEST(a_wait_of_0_runs_what_has_been_posted),
		TEST(a_wait_that_is_ready_runs_nothing),
		TEST(a_waiting_thread_is_woken_by_a_ring),
		TEST(a_waiting_thread_is_woken_by_a_post),
		TEST(waits_nest),
		TEST(what_a_wait_leaves_makes_the_descriptor_readable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
