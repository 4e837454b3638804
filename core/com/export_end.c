/* SPDX-License-Identifier: MIT */
/*
 * export_end.c - until when an object is exported
 *
 * Strong and weak references, and what happens when there are none: the export
 * is unlisted with the lock held, and everybody is told without it.
 */
#define COBJMACROS

#include "export_parts.h"

/* --- Disconnecting ------------------------------------------------------- */

static void let_go(struct belayi_export *export)
{
	struct belayi_stub *stub;

	/* Alone: nobody enters any more, so that no stub is added. */
	for (stub = export->stubs; stub; stub = stub->next) {
		if (stub->factory)
			ICallFactory_Release(stub->factory);
		IUnknown_Release(stub->object);
	}
	IUnknown_Release(export->identity);
	belayi_export_unref(export);
}

static struct belayi_pending *take_pending(struct belayi_export *export)
{
	struct belayi_pending *all = export->pending;
	struct belayi_pending *pending;

	for (pending = all; pending; pending = pending->next)
		pending->link = NULL;
	export->pending = NULL;
	return all;
}

/* With the lock: from here on nobody finds the export. */
static struct belayi_pending *retire(struct belayi_export *export)
{
	belayi_export_unlist(export);
	return take_pending(export);
}

bool belayi_export_take_lock(struct belayi_export *export)
{
	uint32_t locks = __atomic_load_n(&export->locks, __ATOMIC_SEQ_CST);

	while (locks)
		if (__atomic_compare_exchange_n(
			    &export->locks, &locks, locks - 1, true,
			    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	return false;
}

/* Return: what `uses` was before. */
static uint64_t become_gone(struct belayi_export *export)
{
	uint64_t uses = __atomic_load_n(&export->uses, __ATOMIC_RELAXED);

	/* Release: pairs with belayi_export_connected(). */
	while (!__atomic_compare_exchange_n(
		&export->uses, &uses,
		(uses | BELAYI_EXPORT_GONE) & ~BELAYI_EXPORT_WAITS, true,
		__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
	return uses;
}

/* After retire(), without the lock, in the export's apartment. */
static void say_goodbye(struct belayi_export *export,
			struct belayi_pending *pending)
{
	if (belayi_apartment_not_at_end(export->apartment, &export->at_end))
		belayi_export_unref(export);
	/* Whoever leaves last need not see to it any more. */
	if (become_gone(export) & BELAYI_EXPORT_WAITS)
		belayi_export_unref(export);
	while (belayi_export_take_lock(export))
		belayi_export_drop(export);
	while (pending) {
		struct belayi_pending *next = pending->next;

		pending->disconnected(pending);
		pending = next;
	}
	belayi_export_leave(export);
}

void belayi_export_disconnect(struct belayi_export *export)
{
	struct belayi_pending *pending = NULL;
	bool mine;

	pthread_mutex_lock(&belayi_tables_lock);
	mine = export->connected;
	if (mine)
		pending = retire(export);
	pthread_mutex_unlock(&belayi_tables_lock);
	if (mine)
		say_goodbye(export, pending);
}

static void apartment_ends(struct belayi_at_end *at_end)
{
	struct belayi_export *export =
		(struct belayi_export *)((char *)at_end -
					 offsetof(struct belayi_export,
						  at_end));

	belayi_export_disconnect(export);
	belayi_export_unref(export);
}

/* --- Strong and weak references ------------------------------------------ */

static struct belayi_export *of_drop(struct belayi_task *task)
{
	return (struct belayi_export *)((char *)task -
					offsetof(struct belayi_export, drop));
}

/* Calls are on their way or in progress: the last of them runs the task. */
static bool is_left_to_calls(struct belayi_export *export)
{
	uint64_t uses = __atomic_load_n(&export->uses, __ATOMIC_ACQUIRE);

	while (uses != 1)
		if (__atomic_compare_exchange_n(
			    &export->uses, &uses, uses | BELAYI_EXPORT_WAITS,
			    true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return true;
	return false;
}

/* On a thread of the apartment: somebody may have taken it up meanwhile. */
static void run_drop(struct belayi_task *task)
{
	struct belayi_export *export = of_drop(task);
	struct belayi_pending *pending = NULL;
	bool mine, later;

	pthread_mutex_lock(&belayi_tables_lock);
	mine = export->doomed && export->connected;
	later = mine && is_left_to_calls(export);
	mine = mine && !later;
	if (!later)
		export->posted = 0;
	if (mine)
		pending = retire(export);
	pthread_mutex_unlock(&belayi_tables_lock);
	if (mine)
		say_goodbye(export, pending);
	if (!later)
		belayi_export_unref(export);
}

/* The apartment ended: it disconnects the export. */
static void drop_drop(struct belayi_task *task)
{
	belayi_export_unref(of_drop(task));
}

/* With the lock. Return: whether the caller is to post the task. */
static bool doom(struct belayi_export *export)
{
	bool post = export->connected && !export->posted;

	export->doomed = 1;
	export->posted |= post;
	return post;
}

/* Takes the reference over that the task is to have. */
static void hasten(struct belayi_export *export)
{
	struct belayi_apartment *apartment = export->apartment;

	if (belayi_apartment_current() == apartment) {
		run_drop(&export->drop);
		return;
	}
	/* The task may be the last that keeps it. */
	(void)belayi_apartment_ref(apartment);
	if (!belayi_apartment_post(apartment, &export->drop))
		belayi_export_unref(export);
	(void)belayi_apartment_unref(apartment);
}

/* Where it was left to the calls, and that was the last one. */
static void end_waiting(struct belayi_export *export, uint64_t left)
{
	uint64_t waits = 1 | BELAYI_EXPORT_WAITS;

	if (left == waits &&
	    __atomic_compare_exchange_n(&export->uses, &waits, 1, false,
					__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		hasten(export);
}

void belayi_export_left(struct belayi_export *export, uint64_t left)
{
	if (!(left & BELAYI_EXPORT_GONE))
		end_waiting(export, left);
	else if (!(left & BELAYI_EXPORT_ENTERED))
		let_go(export);
}

void belayi_export_unqueue(struct belayi_export *export)
{
	end_waiting(export,
		    __atomic_sub_fetch(&export->uses, BELAYI_EXPORT_QUEUED,
				       __ATOMIC_ACQ_REL));
}

/* Ends a reference of one of the two kinds; its memory reference, too. */
static void end_reference(struct belayi_export *export, uint32_t strong,
			  uint32_t weak, bool last_releases)
{
	bool post = false;

	pthread_mutex_lock(&belayi_tables_lock);
	export->strong -= strong;
	export->weak -= weak;
	if (!export->strong && (last_releases || !export->weak))
		post = doom(export);
	pthread_mutex_unlock(&belayi_tables_lock);
	if (post)
		hasten(export);
	else
		belayi_export_unref(export);
}

void belayi_export_take(struct belayi_export *export)
{
	export->strong++;
	export->doomed = 0;
	belayi_export_ref(export);
}

bool belayi_export_hold(struct belayi_export *export)
{
	bool connected;

	pthread_mutex_lock(&belayi_tables_lock);
	connected = export->connected;
	if (connected)
		belayi_export_take(export);
	pthread_mutex_unlock(&belayi_tables_lock);
	return connected;
}

void belayi_export_drop(struct belayi_export *export)
{
	end_reference(export, 1, 0, true);
}

void belayi_export_unlock(struct belayi_export *export,
			  bool last_unlock_releases)
{
	end_reference(export, 1, 0, last_unlock_releases);
}

void belayi_export_drop_weak(struct belayi_export *export)
{
	end_reference(export, 0, 1, false);
}

void belayi_export_weaken(struct belayi_export *export)
{
	pthread_mutex_lock(&belayi_tables_lock);
	export->strong--;
	export->weak++;
	pthread_mutex_unlock(&belayi_tables_lock);
}

void belayi_export_end_init(struct belayi_export *export)
{
	export->drop.run = run_drop;
	export->drop.drop = drop_drop;
	export->at_end.end = apartment_ends;
}

void belayi_export_cut(IUnknown *object)
{
	struct belayi_export *export = belayi_export_find(object);

	if (!export)
		return;
	belayi_export_disconnect(export);
	belayi_export_unref(export);
}

/* --- Who hears of it ----------------------------------------------------- */

bool belayi_export_pend(struct belayi_export *export,
			struct belayi_pending *pending)
{
	bool connected;

	pthread_mutex_lock(&belayi_tables_lock);
	connected = export->connected;
	pending->link = NULL;
	if (connected) {
		pending->next = export->pending;
		pending->link = &export->pending;
		if (pending->next)
			pending->next->link = &pending->next;
		export->pending = pending;
	}
	pthread_mutex_unlock(&belayi_tables_lock);
	return connected;
}

bool belayi_export_unpend(struct belayi_pending *pending)
{
	bool listed;

	pthread_mutex_lock(&belayi_tables_lock);
	listed = pending->link;
	if (listed) {
		*pending->link = pending->next;
		if (pending->next)
			pending->next->link = pending->link;
		pending->link = NULL;
	}
	pthread_mutex_unlock(&belayi_tables_lock);
	return listed;
}
