/* SPDX-License-Identifier: MIT */
/*
 * remote_class.c - class objects that live in another apartment
 *
 * IClassFactory has no proxy. Who asks for it from another apartment gets a
 * stand-in of its own, whose CreateInstance() sends an errand: the object is
 * created in the class's apartment, and comes back marshaled.
 */
#define COBJMACROS
#define CONST_VTABLE

#include "remote_class.h"

#include <stdlib.h>

#include "event.h"
#include "impl.h"

/* What is to be done in the class's apartment, for a thread that waits. */
struct errand {
	struct belayi_task task;
	uint32_t references; /* of the thread that waits, and of the task */
	DWORD cookie;
	bool creates; /* an object, and not only asks the class object */
	IID iid;
	struct belayi_event over;
	HRESULT result;
	IStream *stream; /* the interface, marshaled */
};

/* The stand-in */
struct stand_in {
	IClassFactory iface;
	uint32_t references;
	struct belayi_apartment *home; /* counted */
	DWORD cookie;
};

static void errand_unref(struct errand *errand)
{
	if (__atomic_sub_fetch(&errand->references, 1, __ATOMIC_ACQ_REL))
		return;
	/* It came back to nobody: a message filter had ended the wait. */
	if (errand->stream) {
		(void)CoReleaseMarshalData(errand->stream);
		(void)IStream_Release(errand->stream);
	}
	belayi_event_deinit(&errand->over);
	free(errand);
}

static HRESULT create(IUnknown *class, REFIID riid, void **ppv)
{
	IClassFactory *factory;
	HRESULT hr = IUnknown_QueryInterface(class, &IID_IClassFactory,
					     (void **)&factory);

	if (FAILED(hr))
		return hr;
	hr = IClassFactory_CreateInstance(factory, NULL, riid, ppv);
	(void)IClassFactory_Release(factory);
	return hr;
}

static HRESULT perform(struct errand *errand)
{
	IUnknown *class = belayi_class_object(errand->cookie);
	IUnknown *found = NULL;
	HRESULT hr;

	if (!class)
		return REGDB_E_CLASSNOTREG;
	if (errand->creates)
		hr = create(class, &errand->iid, (void **)&found);
	else
		hr = IUnknown_QueryInterface(class, &errand->iid,
					     (void **)&found);
	(void)IUnknown_Release(class);
	if (FAILED(hr))
		return hr;
	hr = CoMarshalInterThreadInterfaceInStream(&errand->iid, found,
						   &errand->stream);
	(void)IUnknown_Release(found);
	return hr;
}

static void finish(struct errand *errand, HRESULT result)
{
	errand->result = result;
	belayi_event_signal(&errand->over);
	errand_unref(errand);
}

static void run(struct belayi_task *task)
{
	struct errand *errand = (struct errand *)task;

	finish(errand, perform(errand));
}

static void drop(struct belayi_task *task)
{
	finish((struct errand *)task, RPC_E_DISCONNECTED);
}

static HRESULT send_errand(struct belayi_apartment *home, DWORD cookie,
			   bool creates, REFIID riid, void **ppv)
{
	struct errand *errand = malloc(sizeof(*errand));
	HRESULT hr = RPC_E_DISCONNECTED;
	IStream *stream;

	if (!errand)
		return E_OUTOFMEMORY;
	*errand = (struct errand){
		.task = {.run = run, .drop = drop},
		.references = 2,
		.cookie = cookie,
		.creates = creates,
		.iid = *riid,
	};
	belayi_event_init(&errand->over, false);
	if (belayi_apartment_post(home, &errand->task)) {
		hr = belayi_event_await(&errand->over);
		if (SUCCEEDED(hr))
			hr = errand->result;
	} else {
		/* Nobody else has it. */
		errand->references = 1;
	}
	if (SUCCEEDED(hr)) {
		stream = errand->stream;
		errand->stream = NULL;
		hr = CoGetInterfaceAndReleaseStream(stream, riid, ppv);
	}
	errand_unref(errand);
	return hr;
}

static struct stand_in *impl_from_IClassFactory(IClassFactory *iface)
{
	return (struct stand_in *)iface;
}

static HRESULT stand_in_QueryInterface(IClassFactory *iface, REFIID riid,
				       void **ppv)
{
	return belayi_query_only(iface, &IID_IClassFactory, riid, ppv);
}

static ULONG stand_in_AddRef(IClassFactory *iface)
{
	return __atomic_add_fetch(&impl_from_IClassFactory(iface)->references,
				  1, __ATOMIC_RELAXED);
}

static ULONG stand_in_Release(IClassFactory *iface)
{
	struct stand_in *stand_in = impl_from_IClassFactory(iface);
	ULONG left =
		__atomic_sub_fetch(&stand_in->references, 1, __ATOMIC_ACQ_REL);

	if (left)
		return left;
	(void)belayi_apartment_unref(stand_in->home);
	free(stand_in);
	return 0;
}

static HRESULT stand_in_CreateInstance(IClassFactory *iface,
				       IUnknown *pUnkOuter, REFIID riid,
				       void **ppvObject)
{
	const struct stand_in *stand_in = impl_from_IClassFactory(iface);

	if (!ppvObject)
		return E_POINTER;
	*ppvObject = NULL;
	/* An object is part of an outer of its own apartment only. */
	if (pUnkOuter)
		return CLASS_E_NOAGGREGATION;
	if (!belayi_apartment_current())
		return CO_E_NOTINITIALIZED;
	return send_errand(stand_in->home, stand_in->cookie, true, riid,
			   ppvObject);
}

static HRESULT stand_in_LockServer(IClassFactory *iface, BOOL fLock)
{
	(void)iface;
	(void)fLock;
	return S_OK;
}

static const IClassFactoryVtbl stand_in_vtbl = {
	stand_in_QueryInterface, stand_in_AddRef,     stand_in_Release,
	stand_in_CreateInstance, stand_in_LockServer,
};

static HRESULT stand_in_new(const struct belayi_class *class, void **ppv)
{
	struct stand_in *stand_in = malloc(sizeof(*stand_in));

	if (!stand_in)
		return E_OUTOFMEMORY;
	*stand_in = (struct stand_in){
		.iface = {.lpVtbl = &stand_in_vtbl},
		.references = 1,
		.home = belayi_apartment_ref(class->home),
		.cookie = class->cookie,
	};
	*ppv = &stand_in->iface;
	return S_OK;
}

HRESULT belayi_remote_class(const struct belayi_class *class, REFIID riid,
			    void **ppv)
{
	if (IsEqualIID(riid, &IID_IUnknown) ||
	    IsEqualIID(riid, &IID_IClassFactory))
		return stand_in_new(class, ppv);
	return send_errand(class->home, class->cookie, false, riid, ppv);
}
