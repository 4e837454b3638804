/* SPDX-License-Identifier: MIT */
/*
 * apartment.c - which apartment a thread is in, and when apartments end
 *
 * A thread that ends without CoUninitialize() leaves its apartment then. A
 * child after fork is in no apartment, and has none.
 */
#include "apartment.h"

#include <pthread.h>
#include <stdlib.h>

#include <belay/call.h>

#include "apartment_parts.h"
#include "context.h"
#include "fork.h"
#include "thread_calls.h"

#define MODES                                                                  \
	(COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE |                   \
	 COINIT_SPEED_OVER_MEMORY)

/* Where this thread is. */
struct place {
	struct belayi_apartment *apartment;
	unsigned int depth; /* of CoInitializeEx() */
	bool pinned;        /* the outermost CoUninitialize() does nothing */
	bool lent;          /* it is a thread of the pool */
};

static _Thread_local struct place place;

/* Of the apartments that have not ended, and of who is in the MTA. */
pthread_mutex_t belayi_apartments_lock = PTHREAD_MUTEX_INITIALIZER;
static struct belayi_apartment *apartments;
static struct belayi_apartment *multithreaded;
static unsigned int members;

/* What a child took over, and leaves alone; for those who look for leaks. */
static struct belayi_apartment *inherited;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_thread_exit;

static void leave(void);

static void leave_for_good(void *unused)
{
	(void)unused;
	/* While it is where its objects are. */
	belayi_services_end();
	if (place.lent)
		belayi_pool_lost(place.apartment);
	else if (place.apartment && !place.pinned)
		leave();
}

/* Nobody serves it: what is posted to it is turned down. */
static void end_in_child(struct belayi_apartment *apartment)
{
	(void)pthread_mutex_init(&apartment->lock, NULL);
	apartment->ended = true;
	(void)belayi_queue_close(&apartment->queue);
	belayi_queue_deinit(&apartment->queue);
	(void)pthread_mutex_init(&apartment->pool.lock, NULL);
	apartment->pool.closed = true;
}

void belayi_apartments_in_child(void)
{
	struct belayi_apartment *apartment;

	for (apartment = apartments; apartment; apartment = apartment->next)
		end_in_child(apartment);
	inherited = apartments;
	apartments = NULL;
	multithreaded = NULL;
	members = 0;
	place = (struct place){0};
}

static void prepare(void)
{
	(void)pthread_key_create(&at_thread_exit, leave_for_good);
}

static __attribute__((constructor)) void mind_forks(void)
{
	belayi_forks_mind();
}

struct belayi_apartment *belayi_apartment_current(void)
{
	return place.apartment;
}

bool belayi_apartment_is_single(const struct belayi_apartment *apartment)
{
	return apartment->single;
}

uint64_t belayi_apartment_id(const struct belayi_apartment *apartment)
{
	return apartment->id;
}

struct belayi_apartment *
belayi_apartment_ref(struct belayi_apartment *apartment)
{
	__atomic_add_fetch(&apartment->references, 1, __ATOMIC_RELAXED);
	return apartment;
}

struct belayi_apartment *
belayi_apartment_unref(struct belayi_apartment *apartment)
{
	/* Whoever frees it sees what all others did with it. */
	if (!apartment ||
	    __atomic_sub_fetch(&apartment->references, 1, __ATOMIC_ACQ_REL))
		return NULL;
	belayi_queue_deinit(&apartment->queue);
	belayi_pool_deinit(&apartment->pool);
	(void)pthread_mutex_destroy(&apartment->lock);
	free(apartment);
	return NULL;
}

struct belayi_apartment *belayi_apartment_find(uint64_t id)
{
	struct belayi_apartment *found;

	(void)pthread_mutex_lock(&belayi_apartments_lock);
	for (found = apartments; found && found->id != id; found = found->next)
		;
	if (found)
		(void)belayi_apartment_ref(found);
	(void)pthread_mutex_unlock(&belayi_apartments_lock);
	return found;
}

bool belayi_apartment_post(struct belayi_apartment *apartment,
			   struct belayi_task *task)
{
	if (apartment->single)
		return belayi_queue_post(&apartment->queue, task);
	return belayi_pool_post(apartment, task);
}

void belayi_apartment_ring(struct belayi_apartment *apartment)
{
	if (apartment->single)
		belayi_queue_ring(&apartment->queue);
}

bool belayi_apartment_at_end(struct belayi_apartment *apartment,
			     struct belayi_at_end *at_end)
{
	bool listed;

	(void)pthread_mutex_lock(&apartment->lock);
	listed = !apartment->ended;
	if (listed) {
		at_end->next = apartment->hooks.next;
		at_end->prev = &apartment->hooks;
		at_end->next->prev = at_end;
		apartment->hooks.next = at_end;
	}
	(void)pthread_mutex_unlock(&apartment->lock);
	return listed;
}

/* With the apartment's lock held. */
static void unlist_hook(struct belayi_at_end *at_end)
{
	at_end->prev->next = at_end->next;
	at_end->next->prev = at_end->prev;
	at_end->prev = NULL;
}

bool belayi_apartment_not_at_end(struct belayi_apartment *apartment,
				 struct belayi_at_end *at_end)
{
	bool listed;

	(void)pthread_mutex_lock(&apartment->lock);
	listed = at_end->prev != NULL;
	if (listed)
		unlist_hook(at_end);
	(void)pthread_mutex_unlock(&apartment->lock);
	return listed;
}

/* The next hook to be called, the latest first; NULL: all have been. */
static struct belayi_at_end *next_hook(struct belayi_apartment *apartment)
{
	struct belayi_at_end *hook;

	(void)pthread_mutex_lock(&apartment->lock);
	apartment->ended = true;
	hook = apartment->hooks.next;
	if (hook == &apartment->hooks)
		hook = NULL;
	else
		unlist_hook(hook);
	(void)pthread_mutex_unlock(&apartment->lock);
	return hook;
}

static struct belayi_apartment *new_apartment(bool single)
{
	struct belayi_apartment *apartment = calloc(1, sizeof(*apartment));

	if (!apartment)
		return NULL;
	apartment->id = belay_id_new();
	apartment->references = 1;
	apartment->single = single;
	apartment->hooks.next = &apartment->hooks;
	apartment->hooks.prev = &apartment->hooks;
	(void)pthread_mutex_init(&apartment->lock, NULL);
	belayi_queue_init(&apartment->queue);
	belayi_pool_init(&apartment->pool);
	apartment->next = apartments;
	if (apartments)
		apartments->prev = apartment;
	apartments = apartment;
	return apartment;
}

/* The thread's reference to the apartment that it enters; NULL: no memory. */
static struct belayi_apartment *enter(bool single)
{
	struct belayi_apartment *apartment = NULL;

	(void)pthread_mutex_lock(&belayi_apartments_lock);
	if (!single && multithreaded)
		apartment = belayi_apartment_ref(multithreaded);
	else
		apartment = new_apartment(single);
	if (apartment && !single) {
		multithreaded = apartment;
		members++;
	}
	(void)pthread_mutex_unlock(&belayi_apartments_lock);
	return apartment;
}

/* Whether the apartment ends with this thread's leaving. */
static bool take_leave(struct belayi_apartment *apartment)
{
	bool ends;

	(void)pthread_mutex_lock(&belayi_apartments_lock);
	ends = apartment->single || --members == 0;
	if (ends) {
		if (!apartment->single)
			multithreaded = NULL;
		if (apartment->prev)
			apartment->prev->next = apartment->next;
		else
			apartments = apartment->next;
		if (apartment->next)
			apartment->next->prev = apartment->prev;
	}
	(void)pthread_mutex_unlock(&belayi_apartments_lock);
	return ends;
}

static void end(struct belayi_apartment *apartment)
{
	struct belayi_task *tasks =
		apartment->single ? belayi_queue_close(&apartment->queue)
				  : belayi_pool_close(&apartment->pool);
	struct belayi_at_end *hook;

	while (tasks) {
		struct belayi_task *task = tasks;

		tasks = task->next;
		task->drop(task);
	}
	while ((hook = next_hook(apartment)) != NULL)
		hook->end(hook);
	belayi_filter_drop(apartment);
}

static void leave(void)
{
	struct belayi_apartment *apartment = place.apartment;

	place.pinned = true;
	if (take_leave(apartment))
		end(apartment);
	belayi_thread_calls_leave();
	place = (struct place){0};
	(void)belayi_apartment_unref(apartment);
}

void belayi_apartment_lend(struct belayi_apartment *apartment)
{
	place = (struct place){.apartment = apartment,
			       .depth = 1,
			       .pinned = true,
			       .lent = true};
	(void)pthread_setspecific(at_thread_exit, &place);
}

void belayi_apartment_take_back(void)
{
	place = (struct place){0};
}

HRESULT CoInitializeEx(LPVOID reserved, DWORD coinit)
{
	bool single = coinit & COINIT_APARTMENTTHREADED;

	if (reserved || (coinit & ~(DWORD)MODES))
		return E_INVALIDARG;
	if (place.apartment) {
		if (place.apartment->single != single)
			return RPC_E_CHANGED_MODE;
		place.depth++;
		return S_FALSE;
	}
	(void)pthread_once(&once, prepare);
	place.apartment = enter(single);
	if (!place.apartment)
		return E_OUTOFMEMORY;
	place.depth = 1;
	(void)pthread_setspecific(at_thread_exit, &place);
	return S_OK;
}

HRESULT CoInitialize(LPVOID reserved)
{
	return CoInitializeEx(reserved, COINIT_APARTMENTTHREADED);
}

void CoUninitialize(void)
{
	/* The dispatcher that called this goes on with the apartment. */
	if (!place.apartment ||
	    ((place.pinned || place.apartment->nesting) && place.depth == 1))
		return;
	if (--place.depth == 0)
		leave();
}
