/* SPDX-License-Identifier: MIT */
/*
 * handles.c - waiting for HANDLEs: of events, and of anything else
 */
#define COBJMACROS

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "asleep.h"
#include "kinds.h"

#define MS UINT64_C(1000000)

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 * MS + (uint64_t)now.tv_nsec;
}

static void waiting_for_handles_answers_as_documented(void **state)
{
	ISynchronize *event = create_event(&CLSID_ManualResetEvent);
	HANDLE handle = handle_of(event);
	HANDLE many[65];
	uint64_t begun = now_ns();
	DWORD index = 7;

	(void)state;
	assert_int_equal(CoWaitForMultipleHandles(0, 50, 1, &handle, NULL),
			 E_INVALIDARG);
	assert_int_equal(CoWaitForMultipleHandles(0, 50, 1, NULL, &index),
			 E_INVALIDARG);
	assert_int_equal(index, 0);
	index = 7;
	assert_int_equal(CoWaitForMultipleHandles(0, 50, 0, &handle, &index),
			 RPC_E_NO_SYNC);
	assert_int_equal(index, 0);
	assert_int_equal(CoWaitForMultipleHandles(0x20, 50, 1, &handle, &index),
			 E_INVALIDARG);
	assert_int_equal(CoWaitForMultipleHandles(0, 50, 65, many, &index),
			 E_INVALIDARG);
	assert_int_equal(CoWaitForMultipleHandles(0, 0, 1, &handle, &index),
			 RPC_S_CALLPENDING);
	assert_int_equal(CoWaitForMultipleHandles(0, 50, 1, &handle, &index),
			 RPC_S_CALLPENDING);
	assert_true(now_ns() - begun >= 50 * MS);
	assert_int_equal(ISynchronize_Signal(event), S_OK);
	assert_int_equal(CoWaitForMultipleHandles(COWAIT_INPUTAVAILABLE |
							  COWAIT_DISPATCH_CALLS,
						  INFINITE, 1, &handle, &index),
			 S_OK);
	assert_int_equal(index, 0);
	assert_int_equal(ISynchronize_Release(event), 0);
	assert_int_equal(CoWaitForMultipleHandles(0, 0, 1, &handle, &index),
			 E_HANDLE);
}

static void any_of_the_handles_ends_a_wait_and_the_first_is_named(void **state)
{
	ISynchronize *events[3];
	HANDLE handles[3];
	DWORD index;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		events[i] = create_event(i == 1 ? &CLSID_StdEvent
						: &CLSID_ManualResetEvent);
		handles[i] = handle_of(events[i]);
	}
	assert_int_equal(ISynchronize_Signal(events[1]), S_OK);
	assert_int_equal(ISynchronize_Signal(events[2]), S_OK);
	assert_int_equal(
		CoWaitForMultipleHandles(0, INFINITE, 3, handles, &index),
		S_OK);
	assert_int_equal(index, 1);
	assert_int_equal(
		CoWaitForMultipleHandles(0, INFINITE, 3, handles, &index),
		S_OK);
	assert_int_equal(index, 2);
	for (i = 0; i < 3; i++)
		assert_int_equal(ISynchronize_Release(events[i]), 0);
}

struct later {
	ISynchronize *event;
	pid_t waiter;
};

/* Signals an event when somebody waits. */
static void *signal_later(void *data)
{
	const struct later *later = data;

	thread_await_sleep(later->waiter);
	assert_int_equal(ISynchronize_Signal(later->event), S_OK);
	return NULL;
}

static void a_wait_for_all_needs_all_and_takes_all(void **state)
{
	ISynchronize *one = create_event(&CLSID_StdEvent);
	ISynchronize *two = create_event(&CLSID_StdEvent);
	HANDLE handles[2] = {handle_of(one), handle_of(two)};
	struct later later = {two, gettid()};
	pthread_t thread;
	DWORD index;

	(void)state;
	assert_int_equal(ISynchronize_Signal(one), S_OK);
	assert_int_equal(CoWaitForMultipleHandles(COWAIT_WAITALL, 10, 2,
						  handles, &index),
			 RPC_S_CALLPENDING);
	assert_true(is_readable(handles[0]));
	assert_int_equal(pthread_create(&thread, NULL, signal_later, &later),
			 0);
	assert_int_equal(CoWaitForMultipleHandles(COWAIT_WAITALL, BOUND_MS, 2,
						  handles, &index),
			 S_OK);
	assert_int_equal(index, 0);
	assert_false(is_readable(handles[0]));
	assert_false(is_readable(handles[1]));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(ISynchronize_Release(one), 0);
	assert_int_equal(ISynchronize_Release(two), 0);
}

static void a_wait_for_all_takes_no_handle_twice(void **state)
{
	ISynchronize *event = create_event(&CLSID_StdEvent);
	ISynchronize *other = create_event(&CLSID_StdEvent);
	HANDLE handles[3] = {handle_of(event), handle_of(other),
			     handle_of(event)};
	DWORD index;

	(void)state;
	assert_int_equal(
		CoWaitForMultipleHandles(COWAIT_WAITALL, 0, 3, handles, &index),
		E_INVALIDARG);
	assert_int_equal(ISynchronize_Signal(event), S_OK);
	assert_int_equal(CoWaitForMultipleHandles(0, 0, 3, handles, &index),
			 S_OK);
	assert_int_equal(index, 0);
	assert_int_equal(ISynchronize_Release(event), 0);
	assert_int_equal(ISynchronize_Release(other), 0);
}

/* Signals a pipe once it was read. */
static void *signal_again(void *data)
{
	const struct timespec moment = {.tv_nsec = 100000};
	const uint64_t end = now_ns() + BOUND_MS * MS;
	const int *ends = data;
	int left = 1;

	while (left && now_ns() < end) {
		assert_int_equal(ioctl(ends[0], FIONREAD, &left), 0);
		(void)nanosleep(&moment, NULL);
	}
	assert_int_equal(write(ends[1], "signaled", 8), 8);
	return NULL;
}

/*
 * A pipe plays the event that another wait takes between the poll and the read:
 * one byte of it is readable, but is no signal.
 */
static void a_wait_for_all_that_lost_a_race_goes_on(void **state)
{
	ISynchronize *event = create_event(&CLSID_StdEvent);
	HANDLE handles[2] = {handle_of(event)};
	uint64_t begun = now_ns();
	pthread_t thread;
	DWORD index;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	/* Automatic, as the handle of an event that resets itself. */
	assert_int_equal(fcntl(ends[0], F_SETSIG,
			       fcntl((int)(intptr_t)handles[0], F_GETSIG)),
			 0);
	handles[1] = (HANDLE)(intptr_t)ends[0];
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(ISynchronize_Signal(event), S_OK);
	assert_int_equal(pthread_create(&thread, NULL, signal_again, ends), 0);
	assert_int_equal(CoWaitForMultipleHandles(COWAIT_WAITALL, BOUND_MS, 2,
						  handles, &index),
			 S_OK);
	assert_true(now_ns() - begun < BOUND_MS * MS);
	assert_false(is_readable(handles[0]));
	assert_false(is_readable(handles[1]));
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_int_equal(ISynchronize_Release(event), 0);
}

static void note_signal(int number)
{
	(void)number;
}

static void a_signal_handler_ends_an_alertable_wait_only(void **state)
{
	const struct sigaction action = {.sa_handler = note_signal};
	ISynchronize *event = create_event(&CLSID_ManualResetEvent);
	HANDLE handle = handle_of(event);
	const struct itimerspec often = {
		.it_value = {.tv_nsec = 5000000},
		.it_interval = {.tv_nsec = 5000000},
	};
	struct sigevent how = {.sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGALRM};
	struct sigaction before;
	timer_t timer;
	DWORD index;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &how, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &often, NULL), 0);
	assert_int_equal(CoWaitForMultipleHandles(0, 50, 1, &handle, &index),
			 RPC_S_CALLPENDING);
	assert_int_equal(CoWaitForMultipleHandles(COWAIT_ALERTABLE, BOUND_MS, 1,
						  &handle, &index),
			 S_OK);
	assert_int_equal(index, 0xC0);
	assert_int_equal(timer_delete(timer), 0);
	assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
	assert_int_equal(ISynchronize_Release(event), 0);
}

static void anything_that_can_be_polled_is_a_handle(void **state)
{
	HANDLE handle;
	DWORD index;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	handle = (HANDLE)(intptr_t)ends[0];
	assert_int_equal(CoWaitForMultipleHandles(0, 0, 1, &handle, &index),
			 RPC_S_CALLPENDING);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(CoWaitForMultipleHandles(0, 0, 1, &handle, &index),
			 S_OK);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void what_is_no_descriptor_is_no_handle(void **state)
{
	ISynchronize *event = create_event(&CLSID_ManualResetEvent);
	HANDLE handles[2] = {handle_of(event), (HANDLE)(intptr_t)-1};
	DWORD index;

	(void)state;
	assert_int_equal(ISynchronize_Signal(event), S_OK);
	assert_int_equal(CoWaitForMultipleHandles(0, 0, 1, &handles[1], &index),
			 E_HANDLE);
	assert_int_equal(CoWaitForMultipleHandles(0, 0, 2, handles, &index),
			 E_HANDLE);
	assert_int_equal(
		CoWaitForMultipleHandles(COWAIT_WAITALL, 0, 2, handles, &index),
		E_HANDLE);
	assert_int_equal(ISynchronize_Release(event), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_KIND(waiting_for_handles_answers_as_documented),
		IN_KIND(any_of_the_handles_ends_a_wait_and_the_first_is_named),
		IN_KIND(a_wait_for_all_needs_all_and_takes_all),
		IN_KIND(a_wait_for_all_takes_no_handle_twice),
		IN_KIND(a_wait_for_all_that_lost_a_race_goes_on),
		IN_KIND(a_signal_handler_ends_an_alertable_wait_only),
		IN_KIND(anything_that_can_be_polled_is_a_handle),
		IN_KIND(what_is_no_descriptor_is_no_handle),
	};

	return run_in_each_kind(tests);
}
