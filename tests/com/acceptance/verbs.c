/* SPDX-License-Identifier: MIT */
/*
 * verbs.c - what tests of the acceptance list share
 */
#define COBJMACROS
#include <stdlib.h>

#include "acceptance.h"

bool acceptance_same_object(void *one, void *other)
{
	IUnknown *first = AS(one, IUnknown);
	IUnknown *second = AS(other, IUnknown);
	bool same = first == second;

	IUnknown_Release(first);
	IUnknown_Release(second);
	return same;
}

static void *run_thread(void *data)
{
	struct acceptance_thread *thread = data;

	if (CoInitializeEx(NULL, COINIT_MULTITHREADED) != S_OK)
		abort();
	thread->run(thread->data);
	CoUninitialize();
	return NULL;
}

void acceptance_spawn(struct acceptance_thread *thread, void (*run)(void *data),
		      void *data)
{
	thread->run = run;
	thread->data = data;
	assert_int_equal(
		pthread_create(&thread->thread, NULL, run_thread, thread), 0);
}

void acceptance_join(struct acceptance_thread *thread)
{
	assert_int_equal(pthread_join(thread->thread, NULL), 0);
}
