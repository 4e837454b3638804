/* SPDX-License-Identifier: MIT */
/*
 * jobs.c - tasks and threads for the tests of apartments
 */
#include "jobs.h"

#include <time.h>

void jobs_rest(void)
{
	const struct timespec moment = {.tv_nsec = 100000};

	(void)nanosleep(&moment, NULL);
}

void flag_set(struct flag *flag)
{
	__atomic_store_n(&flag->set, 1, __ATOMIC_RELEASE);
	belayi_futex_wake(&flag->set, 1000);
}

bool flag_is_set(const struct flag *flag)
{
	return __atomic_load_n(&flag->set, __ATOMIC_ACQUIRE);
}

void flag_wait(const struct flag *flag)
{
	uint64_t end = belayi_now_ns() + BOUND_NS;

	while (!flag_is_set(flag))
		assert_true(belayi_futex_wait(&flag->set, 0, end));
}

static void run(struct belayi_task *task)
{
	struct job *job = (struct job *)task;
	struct belayi_apartment *rings = job->rings;

	job->thread = pthread_self();
	flag_set(&job->begun);
	if (job->work)
		job->work(job);
	flag_set(&job->ran);
	if (rings)
		belayi_apartment_ring(rings);
}

static void drop(struct belayi_task *task)
{
	flag_set(&((struct job *)task)->dropped);
}

void job_init(struct job *job, void (*work)(struct job *job), void *data)
{
	*job = (struct job){
		.task = {.run = run, .drop = drop},
		.work = work,
		.data = data,
	};
}

void job_post(struct job *job, struct belayi_apartment *apartment,
	      void (*work)(struct job *job), void *data)
{
	job_init(job, work, data);
	assert_true(belayi_apartment_post(apartment, &job->task));
}

bool job_ran(void *data)
{
	return flag_is_set(&((const struct job *)data)->ran);
}

static void *runner_main(void *argument)
{
	const struct runner *runner = argument;

	runner->run(runner->data);
	return NULL;
}

void runner_start(struct runner *runner, void (*run_it)(void *data), void *data)
{
	*runner = (struct runner){.run = run_it, .data = data};
	assert_int_equal(
		pthread_create(&runner->thread, NULL, runner_main, runner), 0);
}

void runner_join(const struct runner *runner)
{
	assert_int_equal(pthread_join(runner->thread, NULL), 0);
}

void runner_run(void (*work)(void *data), void *data)
{
	struct runner runner;

	runner_start(&runner, work, data);
	runner_join(&runner);
}
