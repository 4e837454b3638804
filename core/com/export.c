/* SPDX-License-Identifier: MIT */
/*
 * export.c - stub managers: which objects are exported, and until when
 *
 * Two tables: the connected ones by identity and apartment, and all by OID.
 * One lock guards both and the counts, and nothing of the program is called
 * with the lock held. How exports end stands in export_end.c, how their
 * objects are asked for interfaces in stub_list.c.
 */
#define COBJMACROS

#include <stdlib.h>

#include "export_parts.h"

static struct belayi_table by_identity;
static struct belayi_table by_oid;
static uint64_t last_oid;

/* --- The tables ---------------------------------------------------------- */

static struct belayi_export *of_identity(struct belayi_entry *entry)
{
	return (struct belayi_export *)((char *)entry -
					offsetof(struct belayi_export,
						 by_identity));
}

static struct belayi_export *of_oid(struct belayi_entry *entry)
{
	return (struct belayi_export *)((char *)entry -
					offsetof(struct belayi_export, by_oid));
}

static uint64_t identity_hash(const struct belayi_apartment *apartment,
			      const IUnknown *identity)
{
	return belayi_table_hash((uintptr_t)identity ^
				 belayi_table_hash((uintptr_t)apartment));
}

static struct belayi_export *find(const struct belayi_apartment *apartment,
				  const IUnknown *identity)
{
	struct belayi_entry *entry = belayi_table_find(
		&by_identity, identity_hash(apartment, identity));

	for (; entry; entry = belayi_table_next(entry)) {
		struct belayi_export *export = of_identity(entry);

		if (export->identity == identity &&
		    export->apartment == apartment)
			return export;
	}
	return NULL;
}

void belayi_export_unlist(struct belayi_export *export)
{
	belayi_table_remove(&by_identity, &export->by_identity);
	export->connected = 0;
}

/* --- Memory -------------------------------------------------------------- */

void belayi_export_ref(struct belayi_export *export)
{
	/* Relaxed: who has a reference may make another. */
	__atomic_add_fetch(&export->refs, 1, __ATOMIC_RELAXED);
}

static void unref_by(struct belayi_export *export, uint32_t count)
{
	struct belayi_stub *stub;

	/* Acq_rel: what others did with it happened before it is freed. */
	if (__atomic_sub_fetch(&export->refs, count, __ATOMIC_ACQ_REL))
		return;
	pthread_mutex_lock(&belayi_tables_lock);
	belayi_table_remove(&by_oid, &export->by_oid);
	pthread_mutex_unlock(&belayi_tables_lock);
	while ((stub = export->stubs)) {
		export->stubs = stub->next;
		free(stub);
	}
	(void)belayi_apartment_unref(export->apartment);
	free(export);
}

void belayi_export_unref(struct belayi_export *export)
{
	unref_by(export, 1);
}

/* With the lock, so that who brings the count to 0 has not freed it yet. */
static bool ref_unless_freed(struct belayi_export *export)
{
	uint32_t refs = __atomic_load_n(&export->refs, __ATOMIC_RELAXED);

	while (refs)
		if (__atomic_compare_exchange_n(&export->refs, &refs, refs + 1,
						true, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

/* --- Finding and making -------------------------------------------------- */

struct belayi_export *belayi_export_lookup(uint64_t oid)
{
	struct belayi_entry *entry;
	struct belayi_export *export = NULL;

	pthread_mutex_lock(&belayi_tables_lock);
	/* The hash is one to one: whoever has it has the OID. */
	entry = belayi_table_find(&by_oid, belayi_table_hash(oid));
	if (entry && ref_unless_freed(of_oid(entry)))
		export = of_oid(entry);
	pthread_mutex_unlock(&belayi_tables_lock);
	return export;
}

struct belayi_export *belayi_export_find(IUnknown *object)
{
	struct belayi_apartment *apartment = belayi_apartment_current();
	struct belayi_export *export;
	IUnknown *identity;

	if (FAILED(IUnknown_QueryInterface(object, &IID_IUnknown,
					   (void **)&identity)))
		return NULL;
	pthread_mutex_lock(&belayi_tables_lock);
	export = find(apartment, identity);
	if (export)
		belayi_export_ref(export);
	pthread_mutex_unlock(&belayi_tables_lock);
	IUnknown_Release(identity);
	return export;
}

/* Not in the table of identities yet. Takes the reference over if it works. */
static struct belayi_export *make(struct belayi_apartment *apartment,
				  IUnknown *identity)
{
	struct belayi_export *export = calloc(1, sizeof(*export));
	bool inserted;

	if (!export)
		return NULL;
	export->apartment = belayi_apartment_ref(apartment);
	export->identity = identity;
	export->uses = 1;
	export->refs = 1;
	belayi_export_end_init(export);
	pthread_mutex_lock(&belayi_tables_lock);
	export->oid = ++last_oid;
	inserted = belayi_table_insert(&by_oid, &export->by_oid,
				       belayi_table_hash(export->oid));
	pthread_mutex_unlock(&belayi_tables_lock);
	if (inserted)
		return export;
	(void)belayi_apartment_unref(export->apartment);
	free(export);
	return NULL;
}

/* Another thread may have exported the object meanwhile: that one then. */
static HRESULT publish(struct belayi_export *made,
		       struct belayi_export **ret_export)
{
	struct belayi_export *export;
	HRESULT result = S_OK;

	pthread_mutex_lock(&belayi_tables_lock);
	export = find(made->apartment, made->identity);
	if (!export) {
		export = made;
		if (belayi_table_insert(
			    &by_identity, &made->by_identity,
			    identity_hash(made->apartment, made->identity)))
			made->connected = 1;
		else
			result = E_OUTOFMEMORY;
	}
	if (SUCCEEDED(result)) {
		belayi_export_take(export);
		*ret_export = export;
	}
	pthread_mutex_unlock(&belayi_tables_lock);
	return result;
}

static HRESULT make_and_publish(struct belayi_apartment *apartment,
				IUnknown *identity,
				struct belayi_export **ret_export)
{
	struct belayi_export *made = make(apartment, identity);
	HRESULT result;

	if (!made)
		return E_OUTOFMEMORY;
	belayi_export_ref(made); /* for `at_end` */
	if (!belayi_apartment_at_end(apartment, &made->at_end)) {
		unref_by(made, 2);
		return RPC_E_DISCONNECTED;
	}
	IUnknown_AddRef(identity);
	result = publish(made, ret_export);
	if (SUCCEEDED(result) && *ret_export == made)
		return S_OK; /* `made` is the reference of who is connected */
	IUnknown_Release(identity);
	unref_by(made,
		 belayi_apartment_not_at_end(apartment, &made->at_end) ? 2 : 1);
	return result;
}

static HRESULT obtain(IUnknown *identity, struct belayi_export **ret_export)
{
	struct belayi_apartment *apartment = belayi_apartment_current();
	struct belayi_export *export;

	pthread_mutex_lock(&belayi_tables_lock);
	export = find(apartment, identity);
	if (export)
		belayi_export_take(export);
	pthread_mutex_unlock(&belayi_tables_lock);
	*ret_export = export;
	if (export)
		return S_OK;
	return make_and_publish(apartment, identity, ret_export);
}

HRESULT belayi_export_object(IUnknown *object, REFIID iid,
			     struct belayi_stub **ret_stub)
{
	struct belayi_export *export;
	IUnknown *identity;
	HRESULT result;

	if (!belayi_apartment_current())
		return CO_E_NOTINITIALIZED;
	result = IUnknown_QueryInterface(object, &IID_IUnknown,
					 (void **)&identity);
	if (FAILED(result))
		return result;
	result = obtain(identity, &export);
	IUnknown_Release(identity);
	if (FAILED(result))
		return result;
	result = belayi_stub_query(export, iid, ret_stub);
	if (FAILED(result))
		belayi_export_drop(export);
	return result;
}

/* --- Stubs --------------------------------------------------------------- */

bool belayi_stub_add(struct belayi_stub *stub)
{
	struct belayi_export *export = stub->export;
	struct belayi_stub **link = &export->stubs;
	bool is_new = true;

	pthread_mutex_lock(&belayi_tables_lock);
	for (; is_new && *link; link = &(*link)->next)
		is_new = (*link)->iface != stub->iface;
	if (is_new) {
		stub->ipid.Data1 = (uint32_t)++ export->named;
		/* Release: pairs with the acquire in belayi_stub_find(). */
		__atomic_store_n(link, stub, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&belayi_tables_lock);
	return is_new;
}
