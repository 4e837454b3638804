/* SPDX-License-Identifier: MIT */
/*
 * apartments.c - who is in which apartment, and how apartments end
 */
#include "jobs.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <belay/com/apartment.h>

static void a_thread_is_in_no_apartment_at_first(void **state)
{
	(void)state;
	assert_null(belayi_apartment_current());
	assert_int_equal(belay_apartment_fd(), -1);
	assert_int_equal(belay_apartment_dispatch(), CO_E_NOTINITIALIZED);
	CoUninitialize();
	assert_null(belayi_apartment_current());
}

static void initializing_nests(void **state)
{
	(void)state;
	assert_int_equal(CoInitialize(NULL), S_OK);
	assert_int_equal(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED |
						      COINIT_DISABLE_OLE1DDE),
			 S_FALSE);
	assert_true(belayi_apartment_is_single(belayi_apartment_current()));
	CoUninitialize();
	assert_non_null(belayi_apartment_current());
	CoUninitialize();
	assert_null(belayi_apartment_current());
}

static void the_mode_of_a_thread_cannot_be_changed(void **state)
{
	(void)state;
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	assert_int_equal(CoInitialize(NULL), RPC_E_CHANGED_MODE);
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_FALSE);
	CoUninitialize();
	CoUninitialize();
	assert_int_equal(CoInitialize(NULL), S_OK);
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED),
			 RPC_E_CHANGED_MODE);
	CoUninitialize();
	assert_null(belayi_apartment_current());
}

static void wrong_arguments_are_refused(void **state)
{
	int reserved;

	(void)state;
	assert_int_equal(CoInitialize(&reserved), E_INVALIDARG);
	assert_int_equal(CoInitializeEx(NULL, 0x100), E_INVALIDARG);
	assert_null(belayi_apartment_current());
}

struct visit {
	DWORD mode;
	uint64_t id;
};

static void visit(void *data)
{
	struct visit *seen = data;

	assert_int_equal(CoInitializeEx(NULL, seen->mode), S_OK);
	seen->id = belayi_apartment_id(belayi_apartment_current());
	CoUninitialize();
}

static uint64_t id_on_another_thread(DWORD mode)
{
	struct visit seen = {.mode = mode};

	runner_run(visit, &seen);
	return seen.id;
}

static void threads_share_the_multithreaded_apartment(void **state)
{
	uint64_t id;

	(void)state;
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	id = belayi_apartment_id(belayi_apartment_current());
	assert_int_equal(id_on_another_thread(COINIT_MULTITHREADED), id);
	assert_int_not_equal(id_on_another_thread(COINIT_APARTMENTTHREADED),
			     id);
	assert_int_equal(belay_apartment_fd(), -1);
	assert_int_equal(belay_apartment_dispatch(), RPC_E_WRONG_THREAD);
	CoUninitialize();
}

static void each_thread_has_a_single_threaded_apartment_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(CoInitialize(NULL), S_OK);
	assert_int_not_equal(id_on_another_thread(COINIT_APARTMENTTHREADED),
			     belayi_apartment_id(belayi_apartment_current()));
	CoUninitialize();
}

static void an_apartment_is_found_until_it_ends(void **state)
{
	struct belayi_apartment *found;
	uint64_t id;

	(void)state;
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	id = belayi_apartment_id(belayi_apartment_current());
	found = belayi_apartment_find(id);
	assert_ptr_equal(found, belayi_apartment_current());
	CoUninitialize();
	assert_null(belayi_apartment_find(id));
	assert_int_equal(belayi_apartment_id(found), id);
	assert_null(belayi_apartment_unref(found));
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	assert_int_not_equal(belayi_apartment_id(belayi_apartment_current()),
			     id);
	CoUninitialize();
}

/* A hook that says when it was called. */
struct hook {
	struct belayi_at_end at_end;
	struct belayi_apartment *current;
	int order;
};

static int hooks_called;

static void note_end(struct belayi_at_end *at_end)
{
	struct hook *hook = (struct hook *)at_end;

	hook->current = belayi_apartment_current();
	hook->order = ++hooks_called;
}

static void
what_was_to_be_done_at_the_end_is_done_in_the_apartment(void **state)
{
	struct hook hooks[3] = {
		{{.end = note_end}}, {{.end = note_end}}, {{.end = note_end}}};
	struct belayi_apartment *apartment;
	int i;

	(void)state;
	hooks_called = 0;
	assert_int_equal(CoInitialize(NULL), S_OK);
	apartment = belayi_apartment_ref(belayi_apartment_current());
	for (i = 0; i < 3; i++)
		assert_true(
			belayi_apartment_at_end(apartment, &hooks[i].at_end));
	assert_true(belayi_apartment_not_at_end(apartment, &hooks[1].at_end));
	assert_false(belayi_apartment_not_at_end(apartment, &hooks[1].at_end));
	CoUninitialize();
	assert_int_equal(hooks[2].order, 1);
	assert_int_equal(hooks[0].order, 2);
	assert_int_equal(hooks[1].order, 0);
	assert_ptr_equal(hooks[0].current, apartment);
	assert_false(belayi_apartment_not_at_end(apartment, &hooks[0].at_end));
	assert_false(belayi_apartment_at_end(apartment, &hooks[1].at_end));
	assert_null(belayi_apartment_unref(apartment));
}

static void end_again(struct belayi_at_end *at_end)
{
	note_end(at_end);
	/* As an object might whose release needs COM. */
	assert_int_equal(CoInitialize(NULL), S_FALSE);
	CoUninitialize();
	CoUninitialize();
}

static void what_is_done_at_the_end_may_initialize_again(void **state)
{
	struct hook hook = {{.end = end_again}};

	(void)state;
	hooks_called = 0;
	assert_int_equal(CoInitialize(NULL), S_OK);
	assert_true(belayi_apartment_at_end(belayi_apartment_current(),
					    &hook.at_end));
	CoUninitialize();
	assert_int_equal(hooks_called, 1);
	assert_null(belayi_apartment_current());
}

static void tasks_of_an_apartment_that_ends_are_dropped(void **state)
{
	struct belayi_apartment *apartment;
	struct job jobs[3];
	int i;

	(void)state;
	assert_int_equal(CoInitialize(NULL), S_OK);
	apartment = belayi_apartment_ref(belayi_apartment_current());
	for (i = 0; i < 3; i++)
		job_post(&jobs[i], apartment, NULL, NULL);
	CoUninitialize();
	for (i = 0; i < 3; i++) {
		assert_true(flag_is_set(&jobs[i].dropped));
		assert_false(flag_is_set(&jobs[i].ran));
	}
	job_init(&jobs[0], NULL, NULL);
	assert_false(belayi_apartment_post(apartment, &jobs[0].task));
	assert_false(flag_is_set(&jobs[0].dropped));
	assert_null(belayi_apartment_unref(apartment));
}

static void uninitialize_too_often(struct job *job)
{
	(void)job;
	assert_int_equal(CoInitialize(NULL), S_FALSE);
	CoUninitialize();
	CoUninitialize();
	CoUninitialize();
}

static void an_apartment_does_not_end_while_it_dispatches(void **state)
{
	struct belayi_apartment *apartment;
	struct job jobs[2];

	(void)state;
	assert_int_equal(CoInitialize(NULL), S_OK);
	apartment = belayi_apartment_current();
	job_post(&jobs[0], apartment, uninitialize_too_often, NULL);
	job_post(&jobs[1], apartment, NULL, NULL);
	assert_int_equal(belay_apartment_dispatch(), S_OK);
	assert_ptr_equal(belayi_apartment_current(), apartment);
	assert_true(flag_is_set(&jobs[1].ran));
	assert_false(flag_is_set(&jobs[1].dropped));
	job_post(&jobs[0], apartment, uninitialize_too_often, NULL);
	assert_int_equal(belayi_apartment_wait(job_ran, &jobs[0],
					       belayi_until(30000), false),
			 BELAYI_READY);
	CoUninitialize();
	assert_null(belayi_apartment_current());
}

static void enter_and_end(void *data)
{
	struct belayi_apartment **apartment = data;

	assert_int_equal(CoInitialize(NULL), S_OK);
	assert_int_equal(CoInitialize(NULL), S_FALSE);
	*apartment = belayi_apartment_ref(belayi_apartment_current());
}

static void a_thread_that_ends_leaves_its_apartment(void **state)
{
	struct belayi_apartment *apartment;
	struct job job;

	(void)state;
	runner_run(enter_and_end, &apartment);
	job_init(&job, NULL, NULL);
	assert_false(belayi_apartment_post(apartment, &job.task));
	assert_null(belayi_apartment_find(belayi_apartment_id(apartment)));
	assert_null(belayi_apartment_unref(apartment));
}

/* Exit codes say how far a child came. */
static int life_of_a_child(int inherited_fd)
{
	struct job job;
	DWORD mode;

	if (belayi_apartment_current() || belay_apartment_fd() != -1)
		return 1;
	if (inherited_fd >= 0 && close(inherited_fd) == 0)
		return 2;
	for (mode = COINIT_MULTITHREADED; mode <= COINIT_APARTMENTTHREADED;
	     mode += COINIT_APARTMENTTHREADED) {
		if (CoInitializeEx(NULL, mode) != S_OK)
			return 3;
		job_init(&job, NULL, NULL);
		if (!belayi_apartment_post(belayi_apartment_current(),
					   &job.task))
			return 4;
		if (mode == COINIT_APARTMENTTHREADED &&
		    belay_apartment_dispatch() != S_OK)
			return 5;
		flag_wait(&job.ran);
		CoUninitialize();
	}
	return 0;
}

static void fork_and_check(int inherited_fd)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0)
		_exit(life_of_a_child(inherited_fd));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_child_has_no_apartment_and_can_make_its_own(void **state)
{
	struct job before, after;

	(void)state;
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	job_post(&before, belayi_apartment_current(), NULL, NULL);
	flag_wait(&before.ran);
	fork_and_check(-1);
	job_post(&after, belayi_apartment_current(), NULL, NULL);
	flag_wait(&after.ran);
	CoUninitialize();
}

static void
a_child_of_a_single_threaded_apartment_does_not_share_it(void **state)
{
	struct job job;

	(void)state;
	assert_int_equal(CoInitialize(NULL), S_OK);
	assert_true(belay_apartment_fd() >= 0);
	job_post(&job, belayi_apartment_current(), NULL, NULL);
	fork_and_check(belay_apartment_fd());
	assert_int_equal(belay_apartment_dispatch(), S_OK);
	assert_true(flag_is_set(&job.ran));
	CoUninitialize();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_is_in_no_apartment_at_first),
		cmocka_unit_test(initializing_nests),
		cmocka_unit_test(the_mode_of_a_thread_cannot_be_changed),
		cmocka_unit_test(wrong_arguments_are_refused),
		cmocka_unit_test(threads_share_the_multithreaded_apartment),
		cmocka_unit_test(
			each_thread_has_a_single_threaded_apartment_of_its_own),
		cmocka_unit_test(an_apartment_is_found_until_it_ends),
		cmocka_unit_test(
			what_was_to_be_done_at_the_end_is_done_in_the_apartment),
		cmocka_unit_test(what_is_done_at_the_end_may_initialize_again),
		cmocka_unit_test(tasks_of_an_apartment_that_ends_are_dropped),
		cmocka_unit_test(an_apartment_does_not_end_while_it_dispatches),
		cmocka_unit_test(a_thread_that_ends_leaves_its_apartment),
		cmocka_unit_test(a_child_has_no_apartment_and_can_make_its_own),
		cmocka_unit_test(
			a_child_of_a_single_threaded_apartment_does_not_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
