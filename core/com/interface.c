/* SPDX-License-Identifier: MIT */
/*
 * interface.c - the registry of interfaces that can be marshaled
 *
 * A file's interfaces are made one by one and published together, so that a
 * file is registered as a whole or not at all. Readers walk lists that only
 * grow at their head: they need no lock.
 */
#include "interface.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "client_call.h"
#include "complain.h"
#include "fork.h"
#include "format.h"
#include "signature.h"
#include "vtables.h"

#define BUCKETS 256U
#define NAME_SIZE 128U

/* Vtbl[i] of a method that its format string describes. */
#define DESCRIBED ((const void *)-1)

/* struct registration - a file that is being registered */
struct registration {
	const ExtendedProxyFileInfo *file;
	const struct belay_proxy_names *names;
	struct belayi_store store;
	struct belayi_interface *first; /* by `next` */
};

/* Published with release: a reader that sees an interface sees all of it. */
static const struct belayi_interface *by_iid[BUCKETS];
static const struct belayi_interface *by_async_iid[BUCKETS];
pthread_mutex_t belayi_interfaces_lock = PTHREAD_MUTEX_INITIALIZER;

static unsigned int bucket_of(REFIID iid)
{
	uint32_t hash = iid->Data1 ^ iid->Data2 ^ (uint32_t)iid->Data3 << 16 ^
			iid->Data4[7] ^ (uint32_t)iid->Data4[6] << 8;

	return (hash * UINT32_C(2654435761)) >> 24;
}

static bool is_same(REFIID a, REFIID b)
{
	return memcmp(a, b, sizeof(IID)) == 0;
}

const struct belayi_interface *belayi_interface_find(REFIID iid)
{
	/* Acquire: pairs with publish(). */
	const struct belayi_interface *iface =
		__atomic_load_n(&by_iid[bucket_of(iid)], __ATOMIC_ACQUIRE);

	while (iface && !is_same(&iface->iid, iid))
		iface = iface->next;
	return iface;
}

const struct belayi_interface *belayi_interface_find_async(REFIID async_iid)
{
	const struct belayi_interface *iface = __atomic_load_n(
		&by_async_iid[bucket_of(async_iid)], __ATOMIC_ACQUIRE);

	while (iface && !is_same(&iface->async_iid, async_iid))
		iface = iface->next_async;
	return iface;
}

/* --- One method ---------------------------------------------------------- */

static const char *method_name(struct registration *registration,
			       unsigned int index, uint32_t slot)
{
	char *number;

	if (registration->names)
		return registration->names
			->methods[index][slot - BELAYI_FIRST_SLOT];
	number = belayi_store_take(&registration->store, 12);
	if (number)
		(void)snprintf(number, 12, "%u", slot);
	return number;
}

static const char *letters_of(const struct registration *registration,
			      unsigned int index, uint32_t slot)
{
	const struct belay_proxy_names *names = registration->names;

	if (!names ||
	    names->size < offsetof(struct belay_proxy_names, letters) +
				  sizeof(names->letters) ||
	    !names->letters || !names->letters[index])
		return NULL;
	return names->letters[index][slot - BELAYI_FIRST_SLOT];
}

/* What an observer is told. */
static HRESULT describe(struct registration *registration,
			struct belayi_procedure *procedure)
{
	char *name = belayi_store_take(&registration->store, NAME_SIZE);

	if (!name)
		return E_OUTOFMEMORY;
	(void)snprintf(name, NAME_SIZE, "%s.%s", procedure->iface->name,
		       procedure->name);
	procedure->operation = belayi_client_operation;
	procedure->operation.number = &procedure->operation_number;
	procedure->operation.name = name;
	return S_OK;
}

static HRESULT refuse(const struct belayi_procedure *procedure, uint32_t param,
		      const char *why)
{
	if (why == belayi_no_memory)
		return E_OUTOFMEMORY;
	if (param)
		belayi_complain("Cannot marshal: interface=\"%s\", "
				"method=\"%s\", parameter=%u, error=\"%s\"",
				procedure->iface->name, procedure->name, param,
				why);
	else
		belayi_complain("Cannot marshal: interface=\"%s\", "
				"method=\"%s\", error=\"%s\"",
				procedure->iface->name, procedure->name, why);
	return E_NOTIMPL;
}

static HRESULT make_procedure(struct registration *registration,
			      unsigned int index,
			      struct belayi_procedure *procedure)
{
	const CInterfaceProxyVtbl *proxy =
		registration->file->pProxyVtblList[index];
	const MIDL_STUBLESS_PROXY_INFO *info = proxy->header.pStublessProxyInfo;
	uint32_t slot = procedure->slot, param;
	const char *why;

	if (!info || !info->pStubDesc || !info->ProcFormatString ||
	    !info->FormatStringOffset)
		return refuse(procedure, 0,
			      "it has no format string: make "
			      "the file with belay idl");
	if (!belayi_format_procedure(
		    info->pStubDesc,
		    info->ProcFormatString + info->FormatStringOffset[slot],
		    letters_of(registration, index, slot), &registration->store,
		    procedure, &why, &param))
		return refuse(procedure, param, why);
	if (proxy->Vtbl[slot] != DESCRIBED)
		return refuse(procedure, 0, "[call_as] is not supported");
	return belayi_signatures_make(procedure, &registration->store);
}

/* A method of a base in another file: the base's, under this name. */
static HRESULT copy_procedure(struct registration *registration,
			      unsigned int index,
			      struct belayi_procedure *procedure)
{
	const struct belayi_interface *base = NULL;
	const struct belayi_procedure *inherited;
	const IID **bases = registration->file->pDelegatedIIDs;

	if (bases && bases[index])
		base = belayi_interface_find(bases[index]);
	inherited = base ? belayi_procedure_of(base, procedure->slot) : NULL;
	if (!inherited) {
		(void)refuse(procedure, 0,
			     "its base is in another file, which "
			     "is to be registered before");
		return REGDB_E_IIDNOTREG;
	}
	*procedure = (struct belayi_procedure){
		.iface = procedure->iface,
		.name = procedure->name,
		.slot = procedure->slot,
		.image_size = inherited->image_size,
		.params_count = inherited->params_count,
		.mirrors_count = inherited->mirrors_count,
		.is_hresult = inherited->is_hresult,
		.has_in = inherited->has_in,
		.has_out = inherited->has_out,
		.out_has_pointers = inherited->out_has_pointers,
		.counts_change = inherited->counts_change,
		.value = inherited->value,
		.params = inherited->params,
		.mirrors = inherited->mirrors,
		.call = inherited->call,
		.begin = inherited->begin,
		.finish = inherited->finish,
	};
	return S_OK;
}

/* --- One interface ------------------------------------------------------- */

static HRESULT make_methods(struct registration *registration,
			    unsigned int index, struct belayi_interface *iface)
{
	const CInterfaceProxyVtbl *proxy =
		registration->file->pProxyVtblList[index];
	uint32_t count = iface->slots - BELAYI_FIRST_SLOT;
	struct belayi_procedure *procedures = belayi_store_take(
		&registration->store, (count + 1) * sizeof(*procedures));

	if (!procedures)
		return E_OUTOFMEMORY;
	iface->procedures = procedures;
	for (uint32_t i = 0; i < count; i++) {
		struct belayi_procedure *procedure = &procedures[i];
		HRESULT status;

		procedure->iface = iface;
		procedure->slot = (uint16_t)(i + BELAYI_FIRST_SLOT);
		procedure->name =
			method_name(registration, index, procedure->slot);
		if (!procedure->name)
			return E_OUTOFMEMORY;
		status =
			proxy->Vtbl[procedure->slot]
				? make_procedure(registration, index, procedure)
				: copy_procedure(registration, index,
						 procedure);
		if (status == S_OK)
			status = describe(registration, procedure);
		if (status != S_OK)
			return status;
	}
	return S_OK;
}

static const IID *async_iid_of(const ExtendedProxyFileInfo *file,
			       unsigned int index)
{
	const IID *iid = NULL;

	if (file->TableVersion >= 6 && file->pAsyncIIDLookup)
		iid = file->pAsyncIIDLookup[index];
	return iid == (const IID *)-1 ? NULL : iid;
}

static HRESULT make_interface(struct registration *registration,
			      unsigned int index)
{
	const ExtendedProxyFileInfo *file = registration->file;
	const CInterfaceProxyVtbl *proxy = file->pProxyVtblList[index];
	const CInterfaceStubVtbl *stub = file->pStubVtblList[index];
	const IID *async_iid = async_iid_of(file, index);
	struct belayi_interface *iface;

	if (!proxy || !stub || !proxy->header.piid || !stub->header.piid ||
	    !file->pNamesArray[index] ||
	    !is_same(proxy->header.piid, stub->header.piid) ||
	    stub->header.DispatchTableCount < BELAYI_FIRST_SLOT ||
	    stub->header.DispatchTableCount > UINT16_MAX / 2)
		return E_INVALIDARG;
	if (belayi_interface_find(proxy->header.piid))
		return S_OK;
	iface = belayi_store_take(&registration->store, sizeof(*iface));
	if (!iface)
		return E_OUTOFMEMORY;
	iface->iid = *proxy->header.piid;
	if (async_iid)
		iface->async_iid = *async_iid;
	iface->name = file->pNamesArray[index];
	iface->slots = stub->header.DispatchTableCount;
	iface->vtables = belayi_vtables_make(&registration->store);
	if (!iface->vtables)
		return E_OUTOFMEMORY;
	iface->next = registration->first;
	registration->first = iface;
	return make_methods(registration, index, iface);
}

/* --- A file -------------------------------------------------------------- */

static void publish(struct belayi_interface *iface)
{
	const struct belayi_interface **bucket =
		&by_iid[bucket_of(&iface->iid)];

	iface->next = *bucket;
	/* Release: pairs with belayi_interface_find(). */
	__atomic_store_n(bucket, iface, __ATOMIC_RELEASE);
	if (is_same(&iface->async_iid, &GUID_NULL))
		return;
	bucket = &by_async_iid[bucket_of(&iface->async_iid)];
	iface->next_async = *bucket;
	__atomic_store_n(bucket, iface, __ATOMIC_RELEASE);
}

static const struct belay_proxy_names *
names_of(const ExtendedProxyFileInfo *file)
{
	const struct belay_proxy_names *names =
		(const struct belay_proxy_names *)file->Filler2;

	if (!names || names->mark != BELAY_PROXY_NAMES_MARK || !names->methods)
		return NULL;
	return names;
}

static HRESULT register_file(const ExtendedProxyFileInfo *file)
{
	struct registration registration = {.file = file,
					    .names = names_of(file)};

	for (unsigned int i = 0; i < file->TableSize; i++) {
		HRESULT status = make_interface(&registration, i);

		if (status != S_OK) {
			belayi_store_deinit(&registration.store);
			return status;
		}
	}
	while (registration.first) {
		struct belayi_interface *iface = registration.first;

		registration.first = (struct belayi_interface *)iface->next;
		publish(iface);
	}
	return S_OK;
}

HRESULT belay_register_proxies(const ExtendedProxyFileInfo *file)
{
	HRESULT status;

	if (!file ||
	    (file->TableSize && (!file->pProxyVtblList ||
				 !file->pStubVtblList || !file->pNamesArray)))
		return E_INVALIDARG;
	(void)pthread_mutex_lock(&belayi_interfaces_lock);
	status = register_file(file);
	(void)pthread_mutex_unlock(&belayi_interfaces_lock);
	return status;
}
