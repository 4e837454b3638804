/* SPDX-License-Identifier: MIT */
/*
 * forks.c - what a child process finds of the runtime
 */
#define COBJMACROS
#include "jobs.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asleep.h"
#include "fork.h"

/* Runs `life` in a child, which must answer 0. */
static void child_lives(int (*life)(void *data), void *data)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0)
		_exit(life(data));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* --- Locks --------------------------------------------------------------- */

struct holder {
	pthread_mutex_t *lock;
	struct flag holds;
	struct flag forking;
	struct flag over;
	pid_t forks; /* the thread that forks meanwhile */
};

/* Until the thread waits: for the lock where a fork waits, else the child. */
static void hold(void *data)
{
	struct holder *holder = data;

	(void)pthread_mutex_lock(holder->lock);
	flag_set(&holder->holds);
	flag_wait(&holder->forking);
	thread_await_sleep(holder->forks);
	(void)pthread_mutex_unlock(holder->lock);
	flag_wait(&holder->over);
}

static int try_lock(void *data)
{
	const struct holder *holder = data;

	return pthread_mutex_trylock(holder->lock) ? 1 : 0;
}

static void a_child_finds_every_lock_free(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; belayi_fork_locks[i]; i++) {
		struct holder holder = {.lock = belayi_fork_locks[i],
					.forks = gettid()};
		struct runner runner;

		runner_start(&runner, hold, &holder);
		flag_wait(&holder.holds);
		flag_set(&holder.forking);
		child_lives(try_lock, &holder);
		flag_set(&holder.over);
		runner_join(&runner);
		/* This process has it back, too. */
		assert_int_equal(try_lock(&holder), 0);
		assert_int_equal(pthread_mutex_unlock(holder.lock), 0);
	}
	assert_true(i >= 9);
}

/* --- Threads ------------------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE cancel_QueryInterface(ICancelMethodCalls *This,
						       REFIID riid, void **ppv)
{
	(void)riid;
	*ppv = This;
	return S_OK;
}

static ULONG STDMETHODCALLTYPE cancel_ref(ICancelMethodCalls *This)
{
	(void)This;
	return 1;
}

static HRESULT STDMETHODCALLTYPE cancel_Cancel(ICancelMethodCalls *This,
					       ULONG seconds)
{
	(void)This;
	(void)seconds;
	return S_FALSE;
}

static HRESULT STDMETHODCALLTYPE cancel_TestCancel(ICancelMethodCalls *This)
{
	(void)This;
	return RPC_S_CALLPENDING;
}

static CONST_VTBL ICancelMethodCallsVtbl cancel_vtbl = {
	cancel_QueryInterface, cancel_ref,        cancel_ref,
	cancel_Cancel,         cancel_TestCancel,
};

static ICancelMethodCalls cancel = {&cancel_vtbl};

/* Whether this thread finds what it has set, by 0 and by its number. */
static int find_own(void *data)
{
	const DWORD numbers[] = {0, (DWORD)gettid()};
	void *found;
	unsigned int i;

	(void)data;
	if (CoInitializeEx(NULL, COINIT_MULTITHREADED) != S_OK)
		return 1;
	if (CoEnableCallCancellation(NULL) != S_OK)
		return 2;
	if (CoSetCancelObject((IUnknown *)&cancel) != S_OK)
		return 3;
	for (i = 0; i < 2; i++) {
		if (CoGetCancelObject(numbers[i], &IID_ICancelMethodCalls,
				      &found) != S_OK)
			return 4;
		if (CoCancelCall(numbers[i], 0) != S_FALSE)
			return 5;
	}
	if (CoSetCancelObject(NULL) != S_OK)
		return 6;
	CoUninitialize();
	return 0;
}

static void a_child_finds_its_thread_by_its_new_number(void **state)
{
	(void)state;
	assert_int_equal(find_own(NULL), 0);
	child_lives(find_own, NULL);
}

struct settler {
	struct flag set;
	struct flag over;
	DWORD thread;
};

static void settle(void *data)
{
	struct settler *settler = data;

	settler->thread = (DWORD)gettid();
	assert_int_equal(CoSetCancelObject((IUnknown *)&cancel), S_OK);
	flag_set(&settler->set);
	flag_wait(&settler->over);
	assert_int_equal(CoSetCancelObject(NULL), S_OK);
}

static int find_other(void *data)
{
	const struct settler *settler = data;
	void *found;

	return CoGetCancelObject(settler->thread, &IID_ICancelMethodCalls,
				 &found) == E_NOINTERFACE
		       ? 0
		       : 1;
}

static void a_child_has_none_of_the_other_threads(void **state)
{
	struct settler settler = {0};
	struct runner runner;

	(void)state;
	runner_start(&runner, settle, &settler);
	flag_wait(&settler.set);
	assert_int_equal(find_other(&settler), 1);
	child_lives(find_other, &settler);
	assert_int_equal(find_other(&settler), 1);
	flag_set(&settler.over);
	runner_join(&runner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_finds_every_lock_free),
		cmocka_unit_test(a_child_finds_its_thread_by_its_new_number),
		cmocka_unit_test(a_child_has_none_of_the_other_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
