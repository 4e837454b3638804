/* SPDX-License-Identifier: MIT */
/*
 * import.c - proxy managers: which objects of other apartments are known where
 *
 * One table, by apartment and export. Its lock is that of the lists of proxies,
 * too, which only grow. What an import answers stands in faces.c.
 */
#define COBJMACROS

#include "import.h"

#include <stddef.h>
#include <stdlib.h>

#include "faces.h"
#include "import_calls.h"
#include "interface.h"
#include "proxy.h"
#include "query.h"

static struct belayi_table imports;

/* --- Memory -------------------------------------------------------------- */

static void free_memory(struct belayi_import *import)
{
	struct belayi_proxy *proxy;

	while ((proxy = import->proxies)) {
		import->proxies = proxy->next;
		(void)belayi_proxy_free(proxy);
	}
	belayi_export_unref(import->export);
	(void)belayi_apartment_unref(import->apartment);
	free(import);
}

static void unref_memory(struct belayi_import *import, uint32_t count)
{
	/* Acq_rel: what others did with it happened before it is freed. */
	if (!__atomic_sub_fetch(&import->memory, count, __ATOMIC_ACQ_REL))
		free_memory(import);
}

/* Nobody has it any more. */
static void let_go(struct belayi_import *import)
{
	bool listed =
		belayi_apartment_not_at_end(import->apartment, &import->at_end);

	unref_memory(import, listed ? 2 : 1);
}

/* Gives the strong reference back, once. */
static void cut_off(struct belayi_import *import)
{
	if (!__atomic_exchange_n(&import->cut_off, 1, __ATOMIC_ACQ_REL))
		belayi_export_drop(import->export);
}

static void apartment_ends(struct belayi_at_end *at_end)
{
	struct belayi_import *import =
		(struct belayi_import *)((char *)at_end -
					 offsetof(struct belayi_import,
						  at_end));

	cut_off(import);
	unref_memory(import, 1);
}

uint32_t belayi_import_ref(struct belayi_import *import)
{
	/* Relaxed: who has a reference may make another. */
	return __atomic_add_fetch(&import->refs, 1, __ATOMIC_RELAXED);
}

uint32_t belayi_import_unref(struct belayi_import *import)
{
	uint32_t refs = __atomic_sub_fetch(&import->refs, 1, __ATOMIC_ACQ_REL);

	if (refs)
		return refs;
	pthread_mutex_lock(&belayi_tables_lock);
	belayi_table_remove(&imports, &import->entry);
	pthread_mutex_unlock(&belayi_tables_lock);
	cut_off(import);
	let_go(import);
	return 0;
}

/* --- Finding and making imports ------------------------------------------ */

static uint64_t import_hash(const struct belayi_apartment *apartment,
			    const struct belayi_export *export)
{
	return belayi_table_hash((uintptr_t) export ^
				 belayi_table_hash((uintptr_t)apartment));
}

/* With the lock, so that who brings the count to 0 has not freed it yet. */
static bool ref_unless_released(struct belayi_import *import)
{
	uint32_t refs = __atomic_load_n(&import->refs, __ATOMIC_RELAXED);

	while (refs)
		if (__atomic_compare_exchange_n(&import->refs, &refs, refs + 1,
						true, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

/* With the lock. Return: counted. */
static struct belayi_import *find(const struct belayi_apartment *apartment,
				  const struct belayi_export *export)
{
	struct belayi_entry *entry =
		belayi_table_find(&imports, import_hash(apartment, export));

	for (; entry; entry = belayi_table_next(entry)) {
		struct belayi_import *import =
			(struct belayi_import *)((char *)entry -
						 offsetof(struct belayi_import,
							  entry));

		if (import->export == export &&
		    import->apartment == apartment &&
		    ref_unless_released(import))
			return import;
	}
	return NULL;
}

/* Has no strong reference yet, and so is cut off. */
static struct belayi_import *make(struct belayi_apartment *apartment,
				  struct belayi_export *export)
{
	struct belayi_import *import = calloc(1, sizeof(*import));

	if (!import)
		return NULL;
	belayi_faces_init(import);
	import->apartment = belayi_apartment_ref(apartment);
	belayi_export_ref(export);
	import->export = export;
	belayi_import_calls_init(import);
	import->refs = 1;
	import->memory = 2; /* of the references, and of `at_end` */
	import->cut_off = 1;
	import->at_end.end = apartment_ends;
	if (belayi_apartment_at_end(apartment, &import->at_end))
		return import;
	free_memory(import);
	return NULL;
}

/*
 * Another thread may have imported the object meanwhile: that one then, and
 * `made` is no longer.
 */
static struct belayi_import *publish(struct belayi_import *made)
{
	struct belayi_import *import;
	bool inserted = false;

	pthread_mutex_lock(&belayi_tables_lock);
	import = find(made->apartment, made->export);
	if (!import) {
		inserted = belayi_table_insert(
			&imports, &made->entry,
			import_hash(made->apartment, made->export));
		if (inserted)
			import = made;
	}
	pthread_mutex_unlock(&belayi_tables_lock);
	if (!inserted)
		let_go(made);
	return import;
}

static struct belayi_import *find_or_make(struct belayi_apartment *apartment,
					  struct belayi_export *export)
{
	struct belayi_import *import;

	pthread_mutex_lock(&belayi_tables_lock);
	import = find(apartment, export);
	pthread_mutex_unlock(&belayi_tables_lock);
	if (import)
		return import;
	import = make(apartment, export);
	return import ? publish(import) : NULL;
}

/* Takes a strong reference over: the import's, if it has none yet. */
static void connect(struct belayi_import *import)
{
	if (!__atomic_exchange_n(&import->cut_off, 0, __ATOMIC_ACQ_REL))
		belayi_export_drop(import->export);
}

/* --- Proxies ------------------------------------------------------------- */

static struct belayi_proxy *find_proxy(struct belayi_import *import, REFIID iid)
{
	/* Acquire: pairs with the release in list_proxy(). */
	struct belayi_proxy *proxy =
		__atomic_load_n(&import->proxies, __ATOMIC_ACQUIRE);

	while (proxy && !IsEqualIID(&proxy->iface->iid, iid))
		proxy = __atomic_load_n(&proxy->next, __ATOMIC_ACQUIRE);
	return proxy;
}

/* Return: the one that is listed: another one where a thread was faster. */
static struct belayi_proxy *list_proxy(struct belayi_proxy *proxy)
{
	struct belayi_import *import = proxy->import;
	struct belayi_proxy *listed;

	pthread_mutex_lock(&belayi_tables_lock);
	listed = find_proxy(import, &proxy->iface->iid);
	if (!listed) {
		listed = proxy;
		proxy->next = import->proxies;
		__atomic_store_n(&import->proxies, proxy, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&belayi_tables_lock);
	if (listed != proxy)
		free(proxy);
	return listed;
}

/* Lent; the stub is not IUnknown's. */
static HRESULT proxy_of(struct belayi_import *import, struct belayi_stub *stub,
			struct belayi_proxy **ret_proxy)
{
	struct belayi_proxy *proxy = find_proxy(import, &stub->iface->iid);

	if (!proxy) {
		HRESULT result = belayi_proxy_new(import, stub, &proxy);

		if (FAILED(result))
			return result;
		proxy = list_proxy(proxy);
	}
	*ret_proxy = proxy;
	return S_OK;
}

/* --- From stubs to pointers ---------------------------------------------- */

static HRESULT own_object(struct belayi_stub *stub, IUnknown **ret_object)
{
	if (!belayi_export_enter(stub->export))
		return CO_E_OBJNOTCONNECTED;
	*ret_object = stub->object;
	IUnknown_AddRef(stub->object);
	belayi_export_leave(stub->export);
	return S_OK;
}

static HRESULT foreign_object(struct belayi_apartment *apartment,
			      struct belayi_stub *stub, IUnknown **ret_object)
{
	struct belayi_export *export = stub->export;
	struct belayi_import *import = find_or_make(apartment, export);
	struct belayi_proxy *proxy = NULL;
	HRESULT result;

	if (!import) {
		belayi_export_drop(export);
		return E_OUTOFMEMORY;
	}
	connect(import);
	if (!belayi_export_connected(export)) {
		result = CO_E_OBJNOTCONNECTED;
	} else if (stub->iface) {
		result = proxy_of(import, stub, &proxy);
		*ret_object = (IUnknown *)proxy;
	} else {
		result = S_OK;
		*ret_object = &import->identity;
	}
	if (FAILED(result))
		(void)belayi_import_unref(import);
	return result;
}

HRESULT belayi_import_stub(struct belayi_stub *stub, IUnknown **ret_object)
{
	struct belayi_apartment *apartment = belayi_apartment_current();
	struct belayi_export *export = stub->export;
	HRESULT result = CO_E_NOTINITIALIZED;

	if (apartment && apartment != export->apartment)
		return foreign_object(apartment, stub, ret_object);
	if (apartment)
		result = own_object(stub, ret_object);
	/* Nobody used it from outside: weak ones stay as they are. */
	belayi_export_unlock(export, false);
	return result;
}

HRESULT belayi_import_proxy(struct belayi_import *import, REFIID iid,
			    struct belayi_proxy **ret_proxy)
{
	struct belayi_proxy *proxy = find_proxy(import, iid);
	struct belayi_stub *stub;
	HRESULT result = S_OK;

	/* First: what comes in while the object is asked may release it. */
	(void)belayi_import_ref(import);
	if (!proxy) {
		result = belayi_query_stub(import->export, iid, &stub);
		if (SUCCEEDED(result))
			result = proxy_of(import, stub, &proxy);
	}
	if (FAILED(result)) {
		(void)belayi_import_unref(import);
		return result;
	}
	*ret_proxy = proxy;
	return S_OK;
}
