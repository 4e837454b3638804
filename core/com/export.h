/* SPDX-License-Identifier: MIT */
/*
 * export.h - stub managers: objects that other apartments may call
 *
 * An *export* stands for one object (by its IUnknown) in one apartment, a
 * *stub* for one of its interfaces. An export keeps its object while anybody
 * outside its apartment may reach it: an import, a marshaled packet, a lock of
 * CoLockObjectExternal(). When the last of them goes, it lets the object go,
 * on a thread of the object's apartment.
 *
 *  (A) An export is *connected* until its last strong reference goes, its
 *      apartment ends, or CoDisconnectObject() is called; never again after.
 *      Calls that are on their way or in progress when the last reference goes
 *      are served first: a client may begin a call, and leave.
 *  (B) Who has entered an export (belayi_export_enter()) has its object until
 *      it leaves, also when the export is disconnected meanwhile. Only then is
 *      it let go: by the last who leaves, who must be in its apartment.
 *  (C) A stub lives as long as its export's memory; there is one for each
 *      interface, and its object pointer is good for who has entered.
 *  (D) No function calls the program with a lock held.
 *
 * An export counts references to its memory (ref, unref), strong ones, which
 * keep it connected (hold, drop), and weak ones. A strong or a weak reference
 * keeps the memory, too. All may be changed on any thread.
 */
#ifndef BELAYI_COM_EXPORT_H
#define BELAYI_COM_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/objbase.h>

#include "apartment.h"
#include "table.h"

struct belayi_export;
struct belayi_interface;

/*
 * What stands in belayi_export.uses above the number of who has entered:
 *
 * GONE:   disconnected; nobody enters any more
 * WAITS:  nobody needs it, but somebody uses it: the last one disconnects it
 * QUEUED: times the requests that have been sent, and are not served yet
 */
#define BELAYI_EXPORT_GONE (UINT64_C(1) << 31)
#define BELAYI_EXPORT_WAITS (UINT64_C(1) << 30)
#define BELAYI_EXPORT_QUEUED (UINT64_C(1) << 32)
#define BELAYI_EXPORT_ENTERED (BELAYI_EXPORT_WAITS - 1)

/*
 * struct belayi_stub - one interface of an exported object
 *
 * iface:  NULL for IUnknown, whose methods are never called from outside
 * object: the interface pointer, see (B)
 * ipid:   names the stub in every process
 */
struct belayi_stub {
	const struct belayi_interface *iface;
	struct belayi_export *export;
	IUnknown *object;
	GUID ipid;
	ICallFactory *factory; /* see belayi_stub_factory() */
	uint32_t factory_asked;
	uint32_t sent; /* how often it stands in messages (marshal.h) */
	struct belayi_stub *next;
};

/*
 * struct belayi_export - one object; its members are export.c's
 *
 * uses:    who has entered, and 1 more while connected; the flags above
 * oid:     names it in every process
 * the rest: under export.c's lock
 */
struct belayi_export {
	struct belayi_apartment *apartment;
	uint64_t uses;
	uint64_t oid;
	IUnknown *identity;
	struct belayi_stub *stubs;
	uint32_t refs;
	struct belayi_entry by_identity;
	struct belayi_entry by_oid;
	uint32_t strong;
	uint32_t weak;
	uint32_t named; /* stubs so far */
	uint32_t locks; /* of the strong ones: CoLockObjectExternal's; atomic */
	uint32_t connected; /* in the table of identities */
	uint32_t doomed;    /* nobody needs it; hold() may still save it */
	uint32_t posted;    /* `drop` waits: for its turn, or see WAITS */
	struct belayi_task drop;
	struct belayi_at_end at_end;
	struct belayi_pending *pending;
};

/*
 * struct belayi_pending - who is to hear that an export was disconnected
 *
 * disconnected: called once, without a lock, on the thread that disconnects;
 *               the entry is out of the list by then
 */
struct belayi_pending {
	struct belayi_pending *next;
	struct belayi_pending **link; /* what points here; NULL: in no list */
	void (*disconnected)(struct belayi_pending *pending);
};

/*
 * belayi_export_object() - the stub for an object of the current apartment
 *
 * iid: as which the object is to be reached. Another interface of the same
 *      object gets another stub of the same export.
 *
 * Return: S_OK: the caller has one strong reference on (*ret_stub)->export;
 *         E_NOINTERFACE: the object does not have it; REGDB_E_IIDNOTREG: no
 *         proxy is registered for it; CO_E_NOTINITIALIZED; E_OUTOFMEMORY.
 */
HRESULT belayi_export_object(IUnknown *object, REFIID iid,
			     struct belayi_stub **ret_stub);

/*
 * belayi_export_find() - the export of an object of the current apartment
 *
 * Return: with a reference to its memory, or NULL: it has none.
 */
struct belayi_export *belayi_export_find(IUnknown *object);

/*
 * belayi_export_lookup() - the export of that OID, connected or not
 *
 * Return: with a reference to its memory, or NULL: there is none.
 */
struct belayi_export *belayi_export_lookup(uint64_t oid);

/* belayi_export_ref(), _unref() - keep the memory */
void belayi_export_ref(struct belayi_export *export);
void belayi_export_unref(struct belayi_export *export);

/*
 * belayi_export_hold() - one more strong reference
 *
 * Return: false, and there is none: the export is disconnected.
 */
bool belayi_export_hold(struct belayi_export *export);

/*
 * belayi_export_drop() - one strong reference less
 *
 * The last one disconnects: at once where the caller is in the export's
 * apartment, else soon, on a thread of it. Never waits.
 */
void belayi_export_drop(struct belayi_export *export);

/*
 * belayi_export_unlock() - drops a strong reference, but may keep weak ones
 *
 * last_unlock_releases: false: while there are weak references, the export
 *                       stays connected.
 */
void belayi_export_unlock(struct belayi_export *export,
			  bool last_unlock_releases);

/*
 * belayi_export_take_lock() - one of CoLockObjectExternal()'s less
 *
 * Whoever asks for more unlocks than there were locks gets no other's.
 * Return: the caller has its strong reference; false: there is none.
 */
bool belayi_export_take_lock(struct belayi_export *export);

/*
 * belayi_export_weaken() - makes a strong reference a weak one
 *
 * Weak ones keep an export connected until the last strong one goes: an
 * object that is only in a table does not die, one that was used and is not
 * used any more does.
 */
void belayi_export_weaken(struct belayi_export *export);
void belayi_export_drop_weak(struct belayi_export *export);

/*
 * belayi_export_disconnect() - CoDisconnectObject
 *
 * In the export's apartment. Whoever is pending hears of it.
 */
void belayi_export_disconnect(struct belayi_export *export);

/*
 * belayi_stub_query() - the stub for an interface of an exported object
 *
 * Where there is none yet the object is asked: only in its apartment. No
 * reference is added.
 *
 * Return: S_OK, RPC_E_DISCONNECTED, or as belayi_export_object().
 */
HRESULT belayi_stub_query(struct belayi_export *export, REFIID iid,
			  struct belayi_stub **ret_stub);

/* belayi_stub_iid() - which interface it is, IUnknown included */
const IID *belayi_stub_iid(const struct belayi_stub *stub);

/* belayi_stub_find() - the stub there is for an interface, or NULL */
struct belayi_stub *belayi_stub_find(struct belayi_export *export, REFIID iid);

/* belayi_stub_named() - the stub that has that IPID, or NULL */
struct belayi_stub *belayi_stub_named(struct belayi_export *export,
				      const GUID *ipid);

/*
 * belayi_stub_factory() - the object's call factory, asked for once
 *
 * For who has entered the export.
 * Return: borrowed; NULL: the object has none.
 */
ICallFactory *belayi_stub_factory(struct belayi_stub *stub);

/* belayi_stub_add() - for stub_list.c: lists it, unless there is one; false then */
bool belayi_stub_add(struct belayi_stub *stub);

/* belayi_export_cut() - the same, where the object was exported from here */
void belayi_export_cut(IUnknown *object);

/* belayi_export_connected() - false for ever, once false; true: just now */
static inline bool belayi_export_connected(const struct belayi_export *export)
{
	return !(__atomic_load_n(&export->uses, __ATOMIC_ACQUIRE) &
		 BELAYI_EXPORT_GONE);
}

/* For the functions below: adds to `uses`, unless disconnected. */
static inline bool belayi_export_use(struct belayi_export *export,
				     uint64_t more)
{
	uint64_t uses = __atomic_load_n(&export->uses, __ATOMIC_RELAXED);

	/* Acquire: pairs with the release of who connected it. */
	while (!(uses & BELAYI_EXPORT_GONE))
		if (__atomic_compare_exchange_n(
			    &export->uses, &uses, uses + more, true,
			    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}

/*
 * belayi_export_enter() - keeps the object, to call it
 *
 * Return: false: disconnected; answer RPC_E_DISCONNECTED, do not leave.
 */
static inline bool belayi_export_enter(struct belayi_export *export)
{
	return belayi_export_use(export, 1);
}

/* belayi_export_left() - for belayi_export_leave(): something may be due */
void belayi_export_left(struct belayi_export *export, uint64_t left);

/* belayi_export_leave() - in the export's apartment; see (B) */
static inline void belayi_export_leave(struct belayi_export *export)
{
	/* Acq_rel: whoever lets go has seen all the calls end. */
	uint64_t left = __atomic_sub_fetch(&export->uses, 1, __ATOMIC_ACQ_REL);

	if (left & (BELAYI_EXPORT_GONE | BELAYI_EXPORT_WAITS))
		belayi_export_left(export, left);
}

/*
 * belayi_export_queue() - before a request is sent
 *
 * Return: false: disconnected, as belayi_export_enter().
 */
static inline bool belayi_export_queue(struct belayi_export *export)
{
	return belayi_export_use(export, BELAYI_EXPORT_QUEUED);
}

/* belayi_export_enter_queued() - to serve it; what is queued becomes entered */
static inline bool belayi_export_enter_queued(struct belayi_export *export)
{
	if (belayi_export_use(export, 1 - BELAYI_EXPORT_QUEUED))
		return true;
	(void)__atomic_sub_fetch(&export->uses, BELAYI_EXPORT_QUEUED,
				 __ATOMIC_RELAXED);
	return false;
}

/* belayi_export_unqueue() - it will not be served */
void belayi_export_unqueue(struct belayi_export *export);

/*
 * belayi_export_pend() - to be told when the export is disconnected
 *
 * For a call that the server answers later. The entry belongs to the caller,
 * who has entered the export.
 *
 * Return: false: it is disconnected, and the entry in no list.
 */
bool belayi_export_pend(struct belayi_export *export,
			struct belayi_pending *pending);

/*
 * belayi_export_unpend() - takes the entry out
 *
 * Return: true; false: its `disconnected` was called, or is just being
 *         called: the entry is that function's.
 */
bool belayi_export_unpend(struct belayi_pending *pending);

#endif
