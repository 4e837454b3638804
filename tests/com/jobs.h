/* SPDX-License-Identifier: MIT */
/*
 * jobs.h - tasks and threads for the tests of apartments
 */
#ifndef TESTS_COM_JOBS_H
#define TESTS_COM_JOBS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "apartment.h"
#include "check.h"
#include "futex.h"

/* Longer than anything takes, even under a sanitizer on a busy machine. */
#define BOUND_NS UINT64_C(60000000000)

/* Fails the test if the condition does not come true in time. */
#define until(condition)                                                       \
	do {                                                                   \
		uint64_t end_ = belayi_now_ns() + BOUND_NS;                    \
		while (!(condition)) {                                         \
			assert_true(belayi_now_ns() < end_);                   \
			jobs_rest();                                           \
		}                                                              \
	} while (0)

/* A word that one side sets and others wait for. */
struct flag {
	uint32_t set;
};

/* A task, and what became of it. */
struct job {
	struct belayi_task task;
	void (*work)(struct job *job); /* may be NULL */
	void *data;
	struct belayi_apartment *rings; /* when it ran; may be NULL */
	pthread_t thread;               /* that ran it */
	struct flag begun;
	struct flag ran;
	struct flag dropped;
};

/* jobs_rest() - a moment in which others can run */
void jobs_rest(void);

void flag_set(struct flag *flag);
bool flag_is_set(const struct flag *flag);
void flag_wait(const struct flag *flag);

void job_init(struct job *job, void (*work)(struct job *job), void *data);

/* job_post() - initializes and posts a job; fails the test if that fails */
void job_post(struct job *job, struct belayi_apartment *apartment,
	      void (*work)(struct job *job), void *data);

/* job_ran() - for belayi_apartment_wait(): whether the job `data` ran */
bool job_ran(void *data);

/* A thread that runs a function. */
struct runner {
	pthread_t thread;
	void (*run)(void *data);
	void *data;
};

void runner_start(struct runner *runner, void (*run)(void *data), void *data);
void runner_join(const struct runner *runner);

/* runner_run() - both: has run it when it returns */
void runner_run(void (*work)(void *data), void *data);

#endif
