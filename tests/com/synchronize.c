/* SPDX-License-Identifier: MIT */
/*
 * synchronize.c - the classes that wait: events and the container
 */
#define COBJMACROS

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kinds.h"

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
	assert_true(ISynchronize_Release(first) >= 2);
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

static void a_container_follows_the_handles_of_its_members(void **state)
{
	ISynchronizeContainer *container =
		create(&CLSID_SynchronizeContainer, &IID_ISynchronizeContainer);
	ISynchronizeEvent *event =
		create(&CLSID_ManualResetEvent, &IID_ISynchronizeEvent);
	HANDLE handle = (HANDLE)(intptr_t)eventfd(0, EFD_CLOEXEC);
	ISynchronize *member, *found;
	int unrelated;

	(void)state;
	assert_int_equal(ISynchronizeEvent_QueryInterface(
				 event, &IID_ISynchronize, (void **)&member),
			 S_OK);
	assert_int_equal(
		ISynchronizeContainer_AddSynchronize(container, member), S_OK);
	assert_int_equal(ISynchronizeEvent_SetEventHandle(event, &handle),
			 S_OK);
	/* It gets the number of the descriptor that was closed. */
	unrelated = eventfd(1, EFD_CLOEXEC);
	assert_int_equal(
		ISynchronizeContainer_WaitMultiple(container, 0, 10, &found),
		RPC_E_TIMEOUT);
	assert_null(found);
	assert_int_equal(ISynchronize_Signal(member), S_OK);
	assert_int_equal(
		ISynchronizeContainer_WaitMultiple(container, 0, 10, &found),
		S_OK);
	assert_ptr_equal(found, member);
	assert_int_equal(close(unrelated), 0);
	(void)ISynchronize_Release(found);
	(void)ISynchronizeContainer_Release(container);
	(void)ISynchronize_Release(member);
	assert_int_equal(ISynchronizeEvent_Release(event), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_KIND(fresh_manual_events_are_not_signaled_and_independent),
		IN_KIND(a_wait_resets_a_standard_event),
		IN_KIND(a_handle_belongs_to_its_event_and_says_the_same),
		IN_KIND(the_handle_of_an_event_can_be_replaced),
		IN_KIND(an_event_has_its_interfaces_and_one_identity),
		IN_KIND(an_event_is_itself_in_other_apartments),
		IN_KIND(an_event_can_be_aggregated),
		IN_KIND(an_aggregated_event_gives_its_own_unknown_only),
		IN_KIND(a_container_takes_63_events),
		IN_KIND(a_container_answers_as_documented),
		IN_KIND(a_container_follows_the_handles_of_its_members),
	};

	return run_in_each_kind(tests);
}
