/* SPDX-License-Identifier: MIT */
/*
 * thread_calls.c - what each thread can be cancelled in
 *
 * The list's lock is taken when a thread comes or goes, and by who cancels; a
 * thread's own lock when something is pushed or popped that can be cancelled.
 * Neither is held while the program's code runs.
 */
#define COBJMACROS
#include "thread_calls.h"

#include <stdlib.h>
#include <unistd.h>

#include "cancel_object.h"
#include "client_call.h"
#include "fork.h"

pthread_mutex_t belayi_threads_lock = PTHREAD_MUTEX_INITIALIZER;
static struct belayi_thread_calls *threads;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;

static __thread struct belayi_thread_calls *own;

/* What a child took over of other threads; for those who look for leaks. */
static struct belayi_thread_calls *inherited;

/* With the list's lock held. */
static void unlist(const struct belayi_thread_calls *calls)
{
	struct belayi_thread_calls **link = &threads;

	while (*link != calls)
		link = &(*link)->next;
	*link = calls->next;
}

void belayi_thread_calls_in_child(void)
{
	if (own) {
		unlist(own);
		own->thread = (uint32_t)gettid();
		own->next = NULL;
	}
	inherited = threads;
	threads = own;
	/* Its apartment is the parent's. */
	belayi_thread_calls_leave();
}

/* Of an entry with an object. Without a lock: the object is the program's. */
static void drop(struct belayi_cancelable *entry)
{
	if (__atomic_sub_fetch(&entry->refs, 1, __ATOMIC_ACQ_REL))
		return;
	(void)ICancelMethodCalls_Release(entry->object);
	free(entry);
}

static void end_thread(void *data)
{
	struct belayi_thread_calls *calls = data;

	own = NULL;
	(void)pthread_mutex_lock(&belayi_threads_lock);
	unlist(calls);
	(void)pthread_mutex_unlock(&belayi_threads_lock);
	while (calls->top) {
		struct belayi_cancelable *entry = calls->top;

		calls->top = entry->below;
		drop(entry);
	}
	belayi_sync_free_idle(calls->idle);
	belayi_stub_free_frames(calls->frames);
	(void)pthread_mutex_destroy(&calls->lock);
	free(calls);
}

static void make_key(void)
{
	has_key = pthread_key_create(&key, end_thread) == 0;
}

__attribute__((noinline, cold)) static struct belayi_thread_calls *
make_own(void)
{
	struct belayi_thread_calls *calls;

	(void)pthread_once(&key_once, make_key);
	calls = has_key ? calloc(1, sizeof(*calls)) : NULL;
	if (!calls)
		return NULL;
	if (pthread_setspecific(key, calls)) {
		free(calls);
		return NULL;
	}
	calls->thread = (uint32_t)gettid();
	(void)pthread_mutex_init(&calls->lock, NULL);
	(void)pthread_mutex_lock(&belayi_threads_lock);
	calls->next = threads;
	threads = calls;
	(void)pthread_mutex_unlock(&belayi_threads_lock);
	own = calls;
	return calls;
}

struct belayi_thread_calls *belayi_thread_calls(void)
{
	return __builtin_expect(own != NULL, 1) ? own : make_own();
}

void belayi_thread_calls_leave(void)
{
	struct belayi_sync_call *idle = own ? own->idle : NULL;

	if (!idle)
		return;
	own->idle = NULL;
	belayi_sync_free_idle(idle);
}

void belayi_cancelable_push(struct belayi_thread_calls *calls,
			    struct belayi_cancelable *entry)
{
	(void)pthread_mutex_lock(&calls->lock);
	entry->below = calls->top;
	calls->top = entry;
	(void)pthread_mutex_unlock(&calls->lock);
}

void belayi_cancelable_pop(struct belayi_thread_calls *calls,
			   struct belayi_cancelable *entry)
{
	struct belayi_cancelable **link = &calls->top;

	(void)pthread_mutex_lock(&calls->lock);
	while (*link != entry)
		link = &(*link)->below;
	*link = entry->below;
	(void)pthread_mutex_unlock(&calls->lock);
}

/* --- Found by others ----------------------------------------------------- */

/* What was found: an object of ours, or an entry that is kept. */
struct found {
	ICancelMethodCalls *object;
	struct belayi_cancelable *entry;
};

/* With the thread's lock held: what is on top stays. */
static HRESULT object_of(struct belayi_cancelable *top, struct found *ret_found)
{
	if (top->client)
		return belayi_cancel_object_new(top->client, &top->ref,
						&ret_found->object);
	(void)__atomic_add_fetch(&top->refs, 1, __ATOMIC_RELAXED);
	ret_found->entry = top;
	return S_OK;
}

/*
 * Return: S_OK; E_NOINTERFACE: there is nothing to cancel on that thread;
 *         CO_E_CANCEL_DISABLED: nothing that may be.
 */
static HRESULT find_on(struct belayi_thread_calls *calls, bool to_cancel,
		       struct found *ret_found)
{
	struct belayi_cancelable *top;
	HRESULT hr = E_NOINTERFACE;

	(void)pthread_mutex_lock(&calls->lock);
	top = calls->top;
	if (top && (top->enabled || !to_cancel))
		hr = object_of(top, ret_found);
	else if (top || __atomic_load_n(&calls->depth, __ATOMIC_RELAXED))
		hr = CO_E_CANCEL_DISABLED;
	(void)pthread_mutex_unlock(&calls->lock);
	return hr;
}

static HRESULT find(DWORD thread, bool to_cancel,
		    ICancelMethodCalls **ret_object)
{
	uint32_t wanted = thread ? thread : (uint32_t)gettid();
	struct found found = {NULL, NULL};
	struct belayi_thread_calls *calls;
	HRESULT hr = E_NOINTERFACE;

	(void)pthread_mutex_lock(&belayi_threads_lock);
	calls = threads;
	while (calls && calls->thread != wanted)
		calls = calls->next;
	if (calls)
		hr = find_on(calls, to_cancel, &found);
	(void)pthread_mutex_unlock(&belayi_threads_lock);
	if (found.entry) {
		found.object = found.entry->object;
		(void)ICancelMethodCalls_AddRef(found.object);
		drop(found.entry);
	}
	*ret_object = found.object;
	return hr;
}

STDAPI CoGetCancelObject(DWORD thread, REFIID riid, void **ppv)
{
	ICancelMethodCalls *object;
	HRESULT hr;

	if (!ppv)
		return E_INVALIDARG;
	*ppv = NULL;
	if (FAILED(find(thread, false, &object)))
		return E_NOINTERFACE;
	hr = ICancelMethodCalls_QueryInterface(object, riid, ppv);
	(void)ICancelMethodCalls_Release(object);
	return hr;
}

STDAPI CoCancelCall(DWORD thread, ULONG seconds)
{
	ICancelMethodCalls *object;
	HRESULT hr = find(thread, true, &object);

	if (FAILED(hr))
		return hr;
	hr = ICancelMethodCalls_Cancel(object, seconds);
	(void)ICancelMethodCalls_Release(object);
	return hr;
}

/* --- The thread itself --------------------------------------------------- */

static struct belayi_cancelable *
topmost_object(const struct belayi_thread_calls *calls)
{
	struct belayi_cancelable *entry = calls->top;

	while (entry && !entry->object)
		entry = entry->below;
	return entry;
}

static void unset_object(struct belayi_thread_calls *calls)
{
	struct belayi_cancelable *entry = topmost_object(calls);

	if (!entry)
		return;
	belayi_cancelable_pop(calls, entry);
	drop(entry);
}

static HRESULT set_object(struct belayi_thread_calls *calls, IUnknown *object)
{
	struct belayi_cancelable *entry;
	void *cancel;

	if (FAILED(IUnknown_QueryInterface(object, &IID_ICancelMethodCalls,
					   &cancel)))
		return E_NOINTERFACE;
	entry = calloc(1, sizeof(*entry));
	if (!entry) {
		(void)ICancelMethodCalls_Release((ICancelMethodCalls *)cancel);
		return E_OUTOFMEMORY;
	}
	entry->object = cancel;
	entry->refs = 1;
	entry->enabled = calls->enabled != 0;
	belayi_cancelable_push(calls, entry);
	return S_OK;
}

STDAPI CoSetCancelObject(IUnknown *object)
{
	struct belayi_thread_calls *calls = belayi_thread_calls();

	if (!calls)
		return E_OUTOFMEMORY;
	if (object)
		return set_object(calls, object);
	unset_object(calls);
	return S_OK;
}

STDAPI CoEnableCallCancellation(LPVOID reserved)
{
	struct belayi_thread_calls *calls = belayi_thread_calls();

	if (reserved)
		return E_INVALIDARG;
	if (!calls)
		return E_OUTOFMEMORY;
	calls->enabled++;
	return S_OK;
}

STDAPI CoDisableCallCancellation(LPVOID reserved)
{
	struct belayi_thread_calls *calls = belayi_thread_calls();

	if (reserved)
		return E_INVALIDARG;
	if (!calls || calls->enabled == 0)
		return CO_E_CANCEL_DISABLED;
	calls->enabled--;
	return S_OK;
}
