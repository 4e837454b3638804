/* SPDX-License-Identifier: MIT */
/*
 * synchronize.c - the classes that wait: events and the container, and waiting
 * for several HANDLEs (com-semantics' table of synchronization objects)
 */
#define COBJMACROS

#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <belay/com/apartment.h>

#define MS UINT64_C(1000000)

/* Longer than anything takes on a busy machine. */
#define BOUND_MS 30000

/* Every test runs once in each kind of apartment. */
static DWORD mode;

static int enter(void **state)
{
	(void)state;
	assert_int_equal(CoInitializeEx(NULL, mode), S_OK);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	CoUninitialize();
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 * MS + (uint64_t)now.tv_nsec;
}

static void *create(REFCLSID clsid, REFIID riid)
{
	void *object = NULL;

	assert_int_equal(CoCreateInstance(clsid, NULL, CLSCTX_INPROC_SERVER,
					  riid, &object),
			 S_OK);
	assert_non_null(object);
	return object;
}

static ISynchronize *create_event(REFCLSID clsid)
{
	return create(clsid, &IID_ISynchronize);
}

static HANDLE handle_of(ISynchronize *event)
{
	ISynchronizeHandle *source;
	HANDLE handle = NULL;

	assert_int_equal(ISynchronize_QueryInterface(event,
						     &IID_ISynchronizeHandle,
						     (void **)&source),
			 S_OK);
	assert_int_equal(ISynchronizeHandle_GetHandle(source, &handle), S_OK);
	(void)ISynchronizeHandle_Release(source);
	assert_non_null(handle);
	return handle;
}

static bool is_readable(HANDLE handle)
{
	struct pollfd fd = {.fd = (int)(intptr_t)handle, .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

/* 39 */
static void fresh_manual_events_are_not_signaled_and_independent(void **state)
{
	ISynchronize *one = create_event(&CLSID_ManualResetEvent);
	ISynchronize *two = create_event(&CLSID_ManualResetEvent);

	(void)state;
	assert_ptr_not_equal(one, two);
	assert_int_equal(ISynchronize_Wait(one, 0, 5), RPC_S_CALLPENDING);
	assert_int_equal(ISynchronize_Reset(one), S_OK);
	assert_int_equal(ISynchronize_Wait(one, 0, 5), RPC_S_CALLPENDING);
	assert_int_equal(ISynchronize_Signal(one), S_OK);
	assert_int_equal(ISynchronize_Wait(one, 0, 5), S_OK);
	assert_int_equal(ISynchronize_Wait(one, 0, INFINITE), S_OK);
	assert_int_equal(ISynchronize_Wait(two, 0, 5), RPC_S_CALLPENDING);
	assert_int_equal(ISynchronize_Reset(one), S_OK);
	assert_int_equal(ISynchronize_Wait(one, 0, 0), RPC_S_CALLPENDING);
	assert_int_equal(ISynchronize_Release(one), 0);
	assert_int_equal(ISynchronize_Release(two), 0);
}

/* 38 */
static void a_wait_resets_a_standard_event(void **state)
{
	ISynchronize *event = create_event(&CLSID_StdEvent);

	(void)state;
	assert_int_equal(ISynchronize_Wait(event, 0, 0), RPC_S_CALLPENDING);
	assert_int_equal(ISynchronize_Signal(event), S_OK);
	assert_int_equal(ISynchronize_Wait(event, 0, 5), S_OK);
	assert_int_equal(ISynchronize_Wait(event, 0, 5), RPC_S_CALLPENDING);
	assert_int_equal(ISynchronize_Release(event), 0);
}

/* 34, of the event */
static void a_handle_belongs_to_its_event_and_says_the_same(void **state)
{
	ISynchronize *event = create_event(&CLSID_ManualResetEvent);
	HANDLE handle = handle_of(event);
	int fd = (int)(intptr_t)handle;

	(void)state;
	assert_false(is_readable(handle));
	assert_int_equal(ISynchronize_Signal(event), S_OK);
	assert_true(is_readable(handle));
	assert_ptr_equal(handle_of(event), handle);
	assert_int_equal(ISynchronize_Reset(event), S_OK);
	assert_false(is_readable(handle));
	assert_int_equal(ISynchronize_Release(event), 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void the_handle_of_an_event_can_be_replaced(void **state)
{
	ISynchronizeEvent *source =
		create(&CLSID_StdEvent, &IID_ISynchronizeEvent);
	int fd = eventfd(0, EFD_CLOEXEC);
	HANDLE handle = (HANDLE)(intptr_t)fd, now;
	ISynchronize *event;

	(void)state;
	assert_int_equal(ISynchronizeEvent_QueryInterface(
				 source, &IID_ISynchronize, (void **)&event),
			 S_OK);
	assert_int_equal(ISynchronize_Signal(event), S_OK);
	assert_int_equal(ISynchronizeEvent_SetEventHandle(source, &handle),
			 S_OK);
	assert_int_equal(ISynchronizeEvent_GetHandle(source, &now), S_OK);
	assert_ptr_equal(now, handle);
	assert_int_equal(ISynchronize_Wait(event, 0, 0), RPC_S_CALLPENDING);
	assert_int_equal(ISynchronize_Signal(event), S_OK);
	assert_int_equal(ISynchronize_Wait(event, 0, 0), S_OK);
	assert_int_equal(ISynchronize_Wait(event, 0, 0), RPC_S_CALLPENDING);
	assert_int_equal(ISynchronizeEvent_SetEventHandle(source, NULL),
			 E_INVALIDARG);
	assert_int_equal(ISynchronizeEvent_GetHandle(source, NULL),
			 E_INVALIDARG);
	assert_int_equal(ISynchronizeEvent_Release(source), 1);
	assert_int_equal(ISynchronize_Release(event), 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void an_event_has_its_interfaces_and_one_identity(void **state)
{
	static const IID *const iids[] = {&IID_ISynchronize,
					  &IID_ISynchronizeHandle,
					  &IID_ISynchronizeEvent};
	IUnknown *identity = create(&CLSID_ManualResetEvent, &IID_IUnknown);
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		IUnknown *found, *back;

		assert_int_equal(IUnknown_QueryInterface(identity, iids[i],
							 (void **)&found),
				 S_OK);
		assert_int_equal(IUnknown_QueryInterface(found, &IID_IUnknown,
							 (void **)&back),
				 S_OK);
		assert_ptr_equal(back, identity);
		(void)IUnknown_Release(back);
		(void)IUnknown_Release(found);
	}
	assert_int_equal(IUnknown_Release(identity), 0);
}

/* Another thread, in an apartment of its own, gets the event, and signals. */
static void *signal_elsewhere(void *data)
{
	ISynchronize *event = NULL;

	assert_int_equal(CoInitialize(NULL), S_OK);
	assert_int_equal(CoGetInterfaceAndReleaseStream(data, &IID_ISynchronize,
							(void **)&event),
			 S_OK);
	assert_int_equal(ISynchronize_Signal(event), S_OK);
	(void)ISynchronize_Release(event);
	CoUninitialize();
	return NULL;
}

static void an_event_is_itself_in_other_apartments(void **state)
{
	ISynchronize *event = create_event(&CLSID_StdEvent);
	pthread_t thread;
	IStream *stream;

	(void)state;
	assert_int_equal(CoMarshalInterThreadInterfaceInStream(
				 &IID_ISynchronize, (IUnknown *)event, &stream),
			 S_OK);
	assert_int_equal(
		pthread_create(&thread, NULL, signal_elsewhere, stream), 0);
	assert_int_equal(ISynchronize_Wait(event, 0, BOUND_MS), S_OK);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(ISynchronize_Release(event), 0);
}

/* An outer that answers with an interface of its own, or with its inner's. */
struct outer {
	IUnknown iface;
	IUnknown *inner;
	ULONG references;
};

static HRESULT outer_QueryInterface(IUnknown *iface, REFIID riid, void **ppv)
{
	struct outer *outer = (struct outer *)iface;

	if (!IsEqualIID(riid, &IID_IUnknown))
		return IUnknown_QueryInterface(outer->inner, riid, ppv);
	*ppv = iface;
	outer->references++;
	return S_OK;
}

static ULONG outer_AddRef(IUnknown *iface)
{
	return ++((struct outer *)iface)->references;
}

static ULONG outer_Release(IUnknown *iface)
{
	return --((struct outer *)iface)->references;
}

static IUnknownVtbl outer_vtbl = {outer_QueryInterface, outer_AddRef,
				  outer_Release};

static void an_event_can_be_aggregated(void **state)
{
	static const CLSID *const clsids[] = {&CLSID_ManualResetEvent,
					      &CLSID_StdEvent};
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct outer outer = {{&outer_vtbl}, NULL, 1};
		ISynchronize *event;
		IUnknown *identity;
		void *marshal;

		assert_int_equal(CoCreateInstance(clsids[i], &outer.iface,
						  CLSCTX_INPROC_SERVER,
						  &IID_IUnknown,
						  (void **)&outer.inner),
				 S_OK);
		assert_int_equal(outer.references, 1);
		assert_int_equal(IUnknown_QueryInterface(&outer.iface,
							 &IID_ISynchronize,
							 (void **)&event),
				 S_OK);
		assert_int_equal(outer.references, 2);
		assert_int_equal(ISynchronize_Signal(event), S_OK);
		assert_int_equal(ISynchronize_Wait(event, 0, 0), S_OK);
		assert_int_equal(
			ISynchronize_QueryInterface(event, &IID_IUnknown,
						    (void **)&identity),
			S_OK);
		assert_ptr_equal(identity, &outer.iface);
		/* How the whole is marshaled is not for a part to say. */
		assert_int_equal(IUnknown_QueryInterface(
					 outer.inner, &IID_IMarshal, &marshal),
				 E_NOINTERFACE);
		assert_int_equal(IUnknown_Release(identity), 2);
		assert_int_equal(ISynchronize_Release(event), 1);
		assert_int_equal(IUnknown_Release(outer.inner), 0);
	}
}

static void an_aggregated_event_gives_its_own_unknown_only(void **state)
{
	struct outer outer = {{&outer_vtbl}, NULL, 1};
	void *object = &outer;

	(void)state;
	assert_int_equal(CoCreateInstance(&CLSID_ManualResetEvent, &outer.iface,
					  CLSCTX_INPROC_SERVER,
					  &IID_ISynchronize, &object),
			 E_INVALIDARG);
	assert_null(object);
	object = &outer;
	assert_int_equal(CoCreateInstance(&CLSID_SynchronizeContainer,
					  &outer.iface, CLSCTX_INPROC_SERVER,
					  &IID_IUnknown, &object),
			 CLASS_E_NOAGGREGATION);
	assert_null(object);
	assert_int_equal(outer.references, 1);
}

/* 36 */
static void a_container_takes_63_events(void **state)
{
	ISynchronizeContainer *container =
		create(&CLSID_SynchronizeContainer, &IID_ISynchronizeContainer);
	ISynchronize *events[64], *first;
	int i;

	(void)state;
	for (i = 0; i < 64; i++)
		events[i] = create_event(&CLSID_ManualResetEvent);
	for (i = 0; i < 63; i++)
		assert_int_equal(ISynchronizeContainer_AddSynchronize(
					 container, events[i]),
				 S_OK);
	assert_int_equal(
		ISynchronizeContainer_AddSynchronize(container, events[63]),
		RPC_E_OUT_OF_RESOURCES);
	assert_int_equal(ISynchronize_Signal(events[62]), S_OK);
	assert_int_equal(ISynchronizeContainer_WaitMultiple(container, 0,
							    BOUND_MS, &first),
			 S_OK);
	assert_ptr_equal(first, events[62]);
	assert_int_equal(ISynchronize_Release(first), 2);
	assert_int_equal(ISynchronizeContainer_Release(container), 0);
	for (i = 0; i < 64; i++)
		assert_int_equal(ISynchronize_Release(events[i]), 0);
}

/* 37 */
static void a_container_answers_as_documented(void **state)
{
	ISynchronizeContainer *container =
		create(&CLSID_SynchronizeContainer, &IID_ISynchronizeContainer);
	ISynchronize *one = create_event(&CLSID_ManualResetEvent);
	ISynchronize *two = create_event(&CLSID_StdEvent);
	ISynchronize *first = one;

	(void)state;
	assert_int_equal(
		ISynchronizeContainer_WaitMultiple(container, 0, 0, &first),
		RPC_E_NO_SYNC);
	assert_null(first);
	assert_int_equal(ISynchronizeContainer_AddSynchronize(container, NULL),
			 E_INVALIDARG);
	assert_int_equal(ISynchronizeContainer_AddSynchronize(container, one),
			 S_OK);
	assert_int_equal(ISynchronizeContainer_AddSynchronize(container, two),
			 S_OK);
	assert_int_equal(
		ISynchronizeContainer_WaitMultiple(container, 0, 0, NULL),
		E_INVALIDARG);
	assert_int_equal(ISynchronizeContainer_WaitMultiple(
				 container, COWAIT_WAITALL, 0, &first),
			 E_INVALIDARG);
	assert_int_equal(
		ISynchronizeContainer_WaitMultiple(container, 0, 0, &first),
		RPC_E_TIMEOUT);
	assert_int_equal(
		ISynchronizeContainer_WaitMultiple(container, 0, 20, &first),
		RPC_E_TIMEOUT);
	assert_null(first);
	assert_int_equal(ISynchronize_Signal(two), S_OK);
	assert_int_equal(ISynchronizeContainer_WaitMultiple(container, 0,
							    INFINITE, &first),
			 S_OK);
	assert_ptr_equal(first, two);
	(void)ISynchronize_Release(first);
	/* The wait took the signal of the event that resets itself. */
	assert_int_equal(
		ISynchronizeContainer_WaitMultiple(container, 0, 0, &first),
		RPC_E_TIMEOUT);
	assert_int_equal(ISynchronizeContainer_Release(container), 0);
	assert_int_equal(ISynchronize_Release(one), 0);
	assert_int_equal(ISynchronize_Release(two), 0);
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

/* Signals a handle a little later, so that somebody is waiting probably. */
static void *signal_later(void *data)
{
	const struct timespec moment = {.tv_nsec = 2000000};
	ISynchronize *event = data;

	(void)nanosleep(&moment, NULL);
	assert_int_equal(ISynchronize_Signal(event), S_OK);
	return NULL;
}

static void a_wait_for_all_needs_all_and_takes_all(void **state)
{
	ISynchronize *one = create_event(&CLSID_StdEvent);
	ISynchronize *two = create_event(&CLSID_StdEvent);
	HANDLE handles[2] = {handle_of(one), handle_of(two)};
	pthread_t thread;
	DWORD index;

	(void)state;
	assert_int_equal(ISynchronize_Signal(one), S_OK);
	assert_int_equal(CoWaitForMultipleHandles(COWAIT_WAITALL, 10, 2,
						  handles, &index),
			 RPC_S_CALLPENDING);
	assert_true(is_readable(handles[0]));
	assert_int_equal(pthread_create(&thread, NULL, signal_later, two), 0);
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	const struct CMUnitTest tests[] = {
		TEST(fresh_manual_events_are_not_signaled_and_independent),
		TEST(a_wait_resets_a_standard_event),
		TEST(a_handle_belongs_to_its_event_and_says_the_same),
		TEST(the_handle_of_an_event_can_be_replaced),
		TEST(an_event_has_its_interfaces_and_one_identity),
		TEST(an_event_is_itself_in_other_apartments),
		TEST(an_event_can_be_aggregated),
		TEST(an_aggregated_event_gives_its_own_unknown_only),
		TEST(a_container_takes_63_events),
		TEST(a_container_answers_as_documented),
		TEST(waiting_for_handles_answers_as_documented),
		TEST(any_of_the_handles_ends_a_wait_and_the_first_is_named),
		TEST(a_wait_for_all_needs_all_and_takes_all),
		TEST(a_wait_for_all_takes_no_handle_twice),
		TEST(a_wait_for_all_that_lost_a_race_goes_on),
		TEST(a_signal_handler_ends_an_alertable_wait_only),
		TEST(anything_that_can_be_polled_is_a_handle),
		TEST(what_is_no_descriptor_is_no_handle),
	};
	int failed;

	mode = COINIT_MULTITHREADED;
	failed = cmocka_run_group_tests_name("MTA", tests, NULL, NULL);
	mode = COINIT_APARTMENTTHREADED;
	return failed + cmocka_run_group_tests_name("STA", tests, NULL, NULL);
}
