/* SPDX-License-Identifier: MIT */
/*
 * faces.c - the interfaces that an import itself has
 *
 * IUnknown, IMultiQI, IMarshal, IClientSecurity, ICallFactory: all of them
 * share the import's count, and none but AddRef and Release works outside its
 * apartment.
 */
#define COBJMACROS

#include "faces.h"

#include <pthread.h>
#include <stddef.h>

#include "client_call.h"
#include "fork.h"
#include "impl.h"
#include "import_calls.h"
#include "interface.h"
#include "multi_query.h"
#include "proxy.h"
#include "security.h"
#include "standard.h"

#define IMPL_FROM(member) BELAYI_IMPL(belayi_import, member, This)

/* Settings are written by one thread at a time. */
pthread_mutex_t belayi_proxy_settings_lock = PTHREAD_MUTEX_INITIALIZER;

static HRESULT check(const struct belayi_import *import)
{
	if (belayi_apartment_current() == import->apartment)
		return S_OK;
	return belayi_proxy_wrong();
}

/* --- QueryInterface ------------------------------------------------------ */

static const struct {
	const IID *iid;
	size_t offset;
} faces[] = {
	{&IID_IUnknown, offsetof(struct belayi_import, identity)},
	{&IID_IMultiQI, offsetof(struct belayi_import, multi)},
	{&IID_IMarshal, offsetof(struct belayi_import, marshal)},
	{&IID_IClientSecurity, offsetof(struct belayi_import, security)},
	{&IID_ICallFactory, offsetof(struct belayi_import, factory)},
};

static void *find_face(struct belayi_import *import, REFIID iid)
{
	for (size_t i = 0; i < sizeof(faces) / sizeof(*faces); i++)
		if (IsEqualIID(faces[i].iid, iid))
			return (char *)import + faces[i].offset;
	return NULL;
}

/* Only call objects have such interfaces. */
static bool is_asynchronous(REFIID iid)
{
	return belayi_import_calls(iid) || belayi_interface_find_async(iid);
}

HRESULT belayi_faces_query(struct belayi_import *import, REFIID iid,
			   void **ret_object)
{
	struct belayi_proxy *proxy;
	HRESULT result = check(import);

	if (!ret_object)
		return E_POINTER;
	*ret_object = NULL;
	if (FAILED(result))
		return result;
	*ret_object = find_face(import, iid);
	if (*ret_object) {
		(void)belayi_import_ref(import);
		return S_OK;
	}
	if (is_asynchronous(iid))
		return E_NOINTERFACE;
	result = belayi_import_proxy(import, iid, &proxy);
	if (SUCCEEDED(result))
		*ret_object = proxy;
	return result;
}

bool belayi_faces_know(struct belayi_import *import, REFIID iid)
{
	return find_face(import, iid) || is_asynchronous(iid) ||
	       belayi_stub_find(import->export, iid);
}

#define FACE(Interface, member)                                                \
	BELAYI_UNKNOWN(Interface, belayi_import, member, belayi_faces_query,   \
		       belayi_import_ref, belayi_import_unref)

FACE(IUnknown, identity)
FACE(IMultiQI, multi)
FACE(IMarshal, marshal)
FACE(IClientSecurity, security)
FACE(ICallFactory, factory)

static CONST_VTBL IUnknownVtbl identity_vtable = {
	identity_QueryInterface,
	identity_AddRef,
	identity_Release,
};

/* --- IMultiQI ------------------------------------------------------------ */

static HRESULT STDMETHODCALLTYPE multi_query_many(IMultiQI *This, ULONG count,
						  MULTI_QI *queries)
{
	struct belayi_import *import = IMPL_FROM(multi);
	HRESULT result = check(import);

	if (FAILED(result))
		return result;
	return belayi_multi_query(import, count, queries);
}

static CONST_VTBL IMultiQIVtbl multi_vtable = {
	multi_QueryInterface,
	multi_AddRef,
	multi_Release,
	multi_query_many,
};

/* --- IMarshal ------------------------------------------------------------ */

static HRESULT STDMETHODCALLTYPE marshal_marshal(IMarshal *This,
						 IStream *stream, REFIID iid,
						 void *object, DWORD mshctx,
						 void *context, DWORD mshlflags)
{
	struct belayi_import *import = IMPL_FROM(marshal);

	(void)object, (void)mshctx, (void)context;
	return belayi_standard_marshal(&import->identity, stream, iid,
				       mshlflags);
}

/* What disconnects an object happens where the object is. */
static HRESULT STDMETHODCALLTYPE marshal_disconnect(IMarshal *This,
						    DWORD reserved)
{
	(void)reserved;
	return check(IMPL_FROM(marshal));
}

static CONST_VTBL IMarshalVtbl marshal_vtable = {
	marshal_QueryInterface, marshal_AddRef,          marshal_Release,
	belayi_standard_class,  belayi_standard_size,    marshal_marshal,
	belayi_standard_read,   belayi_standard_discard, marshal_disconnect,
};

struct belayi_import *belayi_import_of(IMarshal *This)
{
	return This->lpVtbl == &marshal_vtable ? IMPL_FROM(marshal) : NULL;
}

struct belayi_import *belayi_import_find(IUnknown *object)
{
	struct belayi_import *import;
	IMarshal *marshal;

	if (FAILED(IUnknown_QueryInterface(object, &IID_IMarshal,
					   (void **)&marshal)))
		return NULL;
	import = belayi_import_of(marshal);
	if (!import)
		IMarshal_Release(marshal);
	return import;
}

/* --- IClientSecurity ----------------------------------------------------- */

/* What a program may ask about: a proxy of this import. */
static HRESULT find_proxy(struct belayi_import *import, const IUnknown *object,
			  struct belayi_proxy **ret_proxy)
{
	HRESULT result = check(import);

	if (FAILED(result))
		return result;
	*ret_proxy = belayi_proxy_find(import, object);
	return *ret_proxy ? S_OK : E_INVALIDARG;
}

static HRESULT STDMETHODCALLTYPE
security_query_blanket(IClientSecurity *This, IUnknown *object, DWORD *authn,
		       DWORD *authz, OLECHAR **principal, DWORD *authn_level,
		       DWORD *imp_level, void **info, DWORD *capabilities)
{
	struct belayi_proxy *proxy;
	HRESULT result = find_proxy(IMPL_FROM(security), object, &proxy);

	if (FAILED(result))
		return result;
	pthread_mutex_lock(&belayi_proxy_settings_lock);
	result = belayi_blanket_query(proxy->blanket, authn, authz, principal,
				      authn_level, imp_level, info,
				      capabilities);
	pthread_mutex_unlock(&belayi_proxy_settings_lock);
	return result;
}

static HRESULT STDMETHODCALLTYPE
security_set_blanket(IClientSecurity *This, IUnknown *object, DWORD authn,
		     DWORD authz, OLECHAR *principal, DWORD authn_level,
		     DWORD imp_level, void *info, DWORD capabilities)
{
	struct belayi_proxy *proxy;
	HRESULT result = find_proxy(IMPL_FROM(security), object, &proxy);

	if (FAILED(result))
		return result;
	pthread_mutex_lock(&belayi_proxy_settings_lock);
	result = belayi_blanket_set(&proxy->blanket, authn, authz, principal,
				    authn_level, imp_level, info, capabilities);
	pthread_mutex_unlock(&belayi_proxy_settings_lock);
	return result;
}

static HRESULT STDMETHODCALLTYPE security_copy_proxy(IClientSecurity *This,
						     IUnknown *object,
						     IUnknown **ret_copy)
{
	struct belayi_import *import = IMPL_FROM(security);
	HRESULT result = check(import);

	if (!ret_copy)
		return E_INVALIDARG;
	*ret_copy = NULL;
	if (FAILED(result))
		return result;
	pthread_mutex_lock(&belayi_proxy_settings_lock);
	result = belayi_proxy_copy(import, object, ret_copy);
	pthread_mutex_unlock(&belayi_proxy_settings_lock);
	return result;
}

static CONST_VTBL IClientSecurityVtbl security_vtable = {
	security_QueryInterface, security_AddRef,      security_Release,
	security_query_blanket,  security_set_blanket, security_copy_proxy,
};

/* --- ICallFactory -------------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE factory_create(ICallFactory *This,
						REFIID async_iid,
						IUnknown *outer, REFIID iid,
						IUnknown **ret_object)
{
	struct belayi_import *import = IMPL_FROM(factory);
	HRESULT result = check(import);

	if (!ret_object)
		return E_INVALIDARG;
	*ret_object = NULL;
	if (FAILED(result))
		return result;
	return belayi_call_object_create(import, async_iid, outer, iid,
					 ret_object);
}

static CONST_VTBL ICallFactoryVtbl factory_vtable = {
	factory_QueryInterface,
	factory_AddRef,
	factory_Release,
	factory_create,
};

void belayi_faces_init(struct belayi_import *import)
{
	import->identity.lpVtbl = &identity_vtable;
	import->multi.lpVtbl = &multi_vtable;
	import->marshal.lpVtbl = &marshal_vtable;
	import->security.lpVtbl = &security_vtable;
	import->factory.lpVtbl = &factory_vtable;
}
