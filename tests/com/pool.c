/* SPDX-License-Identifier: MIT */
/*
 * pool.c - the multithreaded apartment has as many threads as it needs
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "jobs.h"

#include "apartment_parts.h"

#define BLOCKED 100
#define TOO_LARGE ((size_t)1 << 47) /* for the stack of a thread */

static struct belayi_apartment *own;

static int enter(void **state)
{
	(void)state;
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	own = belayi_apartment_current();
	return 0;
}

static int leave(void **state)
{
	(void)state;
	CoUninitialize();
	return 0;
}

static unsigned int read_locked(const unsigned int *number)
{
	unsigned int value;

	(void)pthread_mutex_lock(&own->pool.lock);
	value = *number;
	(void)pthread_mutex_unlock(&own->pool.lock);
	return value;
}

static void look_around(struct job *job)
{
	sigset_t blocked;

	(void)job;
	assert_ptr_equal(belayi_apartment_current(), own);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &blocked), 0);
	assert_true(sigismember(&blocked, SIGTERM));
	assert_true(sigismember(&blocked, SIGALRM));
	/* A worker is in the apartment already, and stays there. */
	assert_int_equal(CoInitialize(NULL), RPC_E_CHANGED_MODE);
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_FALSE);
	CoUninitialize();
	CoUninitialize();
	assert_ptr_equal(belayi_apartment_current(), own);
}

static void a_task_runs_on_a_thread_of_the_apartment(void **state)
{
	struct job job;

	(void)state;
	job_post(&job, own, look_around, NULL);
	flag_wait(&job.ran);
	assert_false(pthread_equal(job.thread, pthread_self()));
}

static void block(struct job *job)
{
	flag_wait(job->data);
}

static void blocked_tasks_do_not_keep_the_next_one_waiting(void **state)
{
	struct job jobs[BLOCKED];
	struct flag go = {0};
	struct job next;
	int i;

	(void)state;
	for (i = 0; i < BLOCKED; i++)
		job_post(&jobs[i], own, block, &go);
	job_post(&next, own, NULL, NULL);
	flag_wait(&next.ran);
	for (i = 0; i < BLOCKED; i++) {
		flag_wait(&jobs[i].begun);
		assert_false(flag_is_set(&jobs[i].ran));
	}
	flag_set(&go);
	for (i = 0; i < BLOCKED; i++)
		flag_wait(&jobs[i].ran);
}

/* As calls do that call back: each holds a thread while it waits. */
static void wait_for_the_next(struct job *job)
{
	struct job *last = job->data;

	if (job == last)
		return;
	job_post(job + 1, own, wait_for_the_next, last);
	flag_wait(&job[1].ran);
}

static void tasks_that_wait_for_later_ones_end(void **state)
{
	struct job jobs[40];

	(void)state;
	job_post(&jobs[0], own, wait_for_the_next, &jobs[39]);
	flag_wait(&jobs[0].ran);
	assert_true(flag_is_set(&jobs[39].ran));
}

static void threads_that_are_not_needed_leave(void **state)
{
	struct job jobs[BLOCKED];
	struct flag go = {0};
	int i;

	(void)state;
	(void)pthread_mutex_lock(&own->pool.lock);
	own->pool.linger_ns = 10000000;
	(void)pthread_mutex_unlock(&own->pool.lock);
	for (i = 0; i < BLOCKED; i++)
		job_post(&jobs[i], own, block, &go);
	for (i = 0; i < BLOCKED; i++)
		flag_wait(&jobs[i].begun);
	assert_int_equal(read_locked(&own->pool.workers), BLOCKED);
	flag_set(&go);
	for (i = 0; i < BLOCKED; i++)
		flag_wait(&jobs[i].ran);
	until(read_locked(&own->pool.workers) == 1);
	job_post(&jobs[0], own, NULL, NULL);
	flag_wait(&jobs[0].ran);
}

static void one_call_at_a_time_needs_one_thread(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 500; i++) {
		struct job job;

		job_post(&job, own, NULL, NULL);
		flag_wait(&job.ran);
	}
	/* A busy machine may have let a task wait now and then. */
	assert_in_range(read_locked(&own->pool.workers), 1, own->pool.at_once);
}

/* Threads of the runtime; a sanitizer has some, too. */
static unsigned int count_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *entry;
	unsigned int count = 0;

	assert_non_null(tasks);
	while ((entry = readdir(tasks)) != NULL) {
		char path[320], name[16] = "";
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			       entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && read(fd, name, sizeof(name)) > 0)
			count += strncmp(name, "belay-", 6) == 0;
		if (fd >= 0)
			(void)close(fd);
	}
	(void)closedir(tasks);
	return count;
}

static void a_pool_that_ends_takes_its_threads_along(void **state)
{
	struct belayi_apartment *apartment;
	struct job jobs[BLOCKED];
	struct flag go = {0};
	struct job queued;
	int i;

	(void)state;
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	apartment = belayi_apartment_ref(belayi_apartment_current());
	for (i = 0; i < BLOCKED; i++)
		job_post(&jobs[i], apartment, block, &go);
	for (i = 0; i < BLOCKED; i++)
		flag_wait(&jobs[i].begun);
	CoUninitialize();
	/* Nobody waits for what runs; what comes now is turned down. */
	job_init(&queued, NULL, NULL);
	assert_false(belayi_apartment_post(apartment, &queued.task));
	assert_false(flag_is_set(&jobs[0].ran));
	flag_set(&go);
	for (i = 0; i < BLOCKED; i++)
		flag_wait(&jobs[i].ran);
	until(count_threads() == 0);
	assert_null(belayi_apartment_unref(apartment));
}

static void tasks_still_queued_at_the_end_are_dropped(void **state)
{
	struct belayi_apartment *apartment;
	struct job jobs[BLOCKED + 400];
	struct flag go = {0};
	int i, dropped = 0;
	const int count = BLOCKED + 400;

	(void)state;
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	apartment = belayi_apartment_ref(belayi_apartment_current());
	for (i = 0; i < count; i++)
		job_post(&jobs[i], apartment, block, &go);
	CoUninitialize();
	flag_set(&go);
	for (i = 0; i < count; i++) {
		until(flag_is_set(&jobs[i].ran) ||
		      flag_is_set(&jobs[i].dropped));
		assert_int_not_equal(flag_is_set(&jobs[i].ran),
				     flag_is_set(&jobs[i].dropped));
		dropped += flag_is_set(&jobs[i].dropped);
	}
	assert_true(dropped > 0);
	assert_null(belayi_apartment_unref(apartment));
}

/* --- Where no thread can be started -------------------------------------- */

/* Of threads that ask for no other, as the pool's do. */
static void set_stacks(size_t size)
{
	pthread_attr_t attributes;

	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstacksize(&attributes, size), 0);
	assert_int_equal(pthread_setattr_default_np(&attributes), 0);
	assert_int_equal(pthread_attr_destroy(&attributes), 0);
}

static size_t stacks(void)
{
	pthread_attr_t attributes;
	size_t size;

	assert_int_equal(pthread_getattr_default_np(&attributes), 0);
	assert_int_equal(pthread_attr_getstacksize(&attributes, &size), 0);
	assert_int_equal(pthread_attr_destroy(&attributes), 0);
	return size;
}

static void a_pool_without_threads_turns_tasks_down(void **state)
{
	const size_t before = stacks();
	struct job job;

	(void)state;
	job_init(&job, NULL, NULL);
	set_stacks(TOO_LARGE);
	assert_false(belayi_apartment_post(own, &job.task));
	set_stacks(before);
	/* It was not kept, and not dropped: who posted it knows. */
	assert_int_equal(read_locked(&own->pool.waiting), 0);
	assert_int_equal(read_locked(&own->pool.workers), 0);
	assert_false(flag_is_set(&job.dropped));
	/* The next one tries again. */
	job_post(&job, own, NULL, NULL);
	flag_wait(&job.ran);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(a_task_runs_on_a_thread_of_the_apartment),
		TEST(blocked_tasks_do_not_keep_the_next_one_waiting),
		TEST(tasks_that_wait_for_later_ones_end),
		TEST(threads_that_are_not_needed_leave),
		TEST(one_call_at_a_time_needs_one_thread),
		TEST(a_pool_without_threads_turns_tasks_down),
		cmocka_unit_test(a_pool_that_ends_takes_its_threads_along),
		cmocka_unit_test(tasks_still_queued_at_the_end_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
