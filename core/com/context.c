/* SPDX-License-Identifier: MIT */
/*
 * context.c - CoGetCallContext, CoSwitchCallContext, CoTestCancel; and what
 * they give: ICancelMethodCalls and IServerSecurity of the call being served
 *
 * Inside one process a client has no other identity than the server:
 * impersonating is a note on the thread, which IsImpersonating reads.
 */
#define COBJMACROS
#include "context.h"

#include <pthread.h>
#include <stdlib.h>

#include "channel.h"
#include "impl.h"
#include "security.h"

/*
 * message: NULL once the call is over; with the lock held, which keeps the
 *          message the server's while it is looked at
 * number:  what a thread that impersonates this call's client notes
 */
struct belayi_context {
	const IServerSecurityVtbl *security;
	const ICancelMethodCallsVtbl *cancel;
	uint32_t refs;
	pthread_mutex_t lock;
	const struct belayi_message *message;
	uint64_t number;
};

#define IMPL_FROM(member, pointer) BELAYI_IMPL(belayi_context, member, pointer)

static __thread struct belayi_service *current;
static __thread uint64_t impersonates;

/* --- IUnknown ------------------------------------------------------------ */

static IUnknown *unknown_of(struct belayi_context *context)
{
	return (IUnknown *)&context->security;
}

static ULONG add_ref(struct belayi_context *context)
{
	return __atomic_add_fetch(&context->refs, 1, __ATOMIC_RELAXED);
}

static HRESULT query(struct belayi_context *context, REFIID riid, void **ppv)
{
	if (!ppv)
		return E_POINTER;
	*ppv = NULL;
	if (IsEqualIID(riid, &IID_IUnknown) ||
	    IsEqualIID(riid, &IID_IServerSecurity))
		*ppv = &context->security;
	else if (IsEqualIID(riid, &IID_ICancelMethodCalls))
		*ppv = &context->cancel;
	else
		return E_NOINTERFACE;
	(void)add_ref(context);
	return S_OK;
}

static ULONG release(struct belayi_context *context)
{
	uint32_t left = __atomic_sub_fetch(&context->refs, 1, __ATOMIC_ACQ_REL);

	if (left == 0) {
		(void)pthread_mutex_destroy(&context->lock);
		free(context);
	}
	return left;
}

#define UNKNOWN(Interface, member)                                             \
	BELAYI_UNKNOWN(Interface, belayi_context, member, query, add_ref,      \
		       release)

/* --- ICancelMethodCalls: whether the client cancelled -------------------- */

UNKNOWN(ICancelMethodCalls, cancel)

/* The server cannot cancel the client's call. */
static HRESULT STDMETHODCALLTYPE cancel_Cancel(ICancelMethodCalls *This,
					       ULONG ulSeconds)
{
	(void)This;
	(void)ulSeconds;
	return E_NOTIMPL;
}

HRESULT belayi_context_test_cancel(struct belayi_context *context)
{
	HRESULT hr = RPC_E_CALL_COMPLETE;

	(void)pthread_mutex_lock(&context->lock);
	if (context->message)
		hr = belayi_message_is_canceled(context->message)
			     ? RPC_E_CALL_CANCELED
			     : RPC_S_CALLPENDING;
	(void)pthread_mutex_unlock(&context->lock);
	return hr;
}

static HRESULT STDMETHODCALLTYPE cancel_TestCancel(ICancelMethodCalls *This)
{
	return belayi_context_test_cancel(IMPL_FROM(cancel, This));
}

static const ICancelMethodCallsVtbl cancel_vtbl = {
	cancel_QueryInterface, cancel_AddRef,     cancel_Release,
	cancel_Cancel,         cancel_TestCancel,
};

/* --- IServerSecurity ----------------------------------------------------- */

UNKNOWN(IServerSecurity, security)

static bool is_over(struct belayi_context *context)
{
	return belayi_context_test_cancel(context) == RPC_E_CALL_COMPLETE;
}

static HRESULT STDMETHODCALLTYPE
security_QueryBlanket(IServerSecurity *This, DWORD *pAuthnSvc, DWORD *pAuthzSvc,
		      OLECHAR **pServerPrincName, DWORD *pAuthnLevel,
		      DWORD *pImpLevel, void **pPrivs, DWORD *pCapabilities)
{
	if (is_over(IMPL_FROM(security, This)))
		return RPC_E_CALL_COMPLETE;
	return belayi_blanket_query(NULL, pAuthnSvc, pAuthzSvc,
				    pServerPrincName, pAuthnLevel, pImpLevel,
				    pPrivs, pCapabilities);
}

static HRESULT STDMETHODCALLTYPE
security_ImpersonateClient(IServerSecurity *This)
{
	struct belayi_context *context = IMPL_FROM(security, This);

	if (is_over(context))
		return E_FAIL;
	impersonates = context->number;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE security_RevertToSelf(IServerSecurity *This)
{
	if (impersonates == IMPL_FROM(security, This)->number)
		impersonates = 0;
	return S_OK;
}

static BOOL STDMETHODCALLTYPE security_IsImpersonating(IServerSecurity *This)
{
	return impersonates == IMPL_FROM(security, This)->number;
}

static const IServerSecurityVtbl security_vtbl = {
	security_QueryInterface,    security_AddRef,
	security_Release,           security_QueryBlanket,
	security_ImpersonateClient, security_RevertToSelf,
	security_IsImpersonating,
};

/* --- Services ------------------------------------------------------------ */

struct belayi_context *belayi_context_new(const struct belayi_message *message)
{
	static uint64_t last_number;
	struct belayi_context *context = malloc(sizeof(*context));

	if (!context)
		return NULL;
	context->security = &security_vtbl;
	context->cancel = &cancel_vtbl;
	context->refs = 1;
	(void)pthread_mutex_init(&context->lock, NULL);
	context->message = message;
	context->number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
	return context;
}

void belayi_context_end(struct belayi_context *context)
{
	(void)pthread_mutex_lock(&context->lock);
	context->message = NULL;
	(void)pthread_mutex_unlock(&context->lock);
}

void belayi_context_unref(struct belayi_context *context)
{
	(void)release(context);
}

void belayi_service_enter(struct belayi_service *service,
			  const struct belayi_message *message,
			  struct belayi_context *context,
			  void (*died)(struct belayi_service *service))
{
	*service = (struct belayi_service){
		.outer = current,
		.died = died,
		.message = message,
		.context = context,
		.impersonates = impersonates,
	};
	if (context)
		(void)add_ref(context);
	current = service;
}

void belayi_service_leave(struct belayi_service *service)
{
	current = service->outer;
	impersonates = service->impersonates;
	if (!service->context)
		return;
	if (service->message)
		belayi_context_end(service->context);
	belayi_context_unref(service->context);
}

void belayi_services_end(void)
{
	while (current)
		current->died(current);
}

/* Borrowed. NULL where no memory is left. */
static IUnknown *object_of(struct belayi_service *service)
{
	if (service->is_given)
		return service->given;
	if (!service->context)
		service->context = belayi_context_new(service->message);
	return service->context ? unknown_of(service->context) : NULL;
}

/* --- Flat functions ------------------------------------------------------ */

/* What CoSwitchCallContext() set on a thread that serves no call. */
static __thread IUnknown *given;

static HRESULT find_object(IUnknown **ret_object)
{
	struct belayi_service *service = current;

	*ret_object = service ? object_of(service) : given;
	if (service && !service->is_given && !*ret_object)
		return E_OUTOFMEMORY;
	if (!*ret_object || (service && !service->is_given &&
			     !service->message && is_over(service->context)))
		return RPC_E_CALL_COMPLETE;
	return S_OK;
}

STDAPI CoGetCallContext(REFIID riid, void **ppv)
{
	IUnknown *object;
	HRESULT hr;

	if (!ppv)
		return E_INVALIDARG;
	*ppv = NULL;
	hr = find_object(&object);
	return FAILED(hr) ? hr : IUnknown_QueryInterface(object, riid, ppv);
}

STDAPI CoSwitchCallContext(IUnknown *context, IUnknown **ret_previous)
{
	struct belayi_service *service = current;

	if (!ret_previous)
		return E_INVALIDARG;
	if (!service) {
		*ret_previous = given;
		given = context;
		return S_OK;
	}
	*ret_previous = object_of(service);
	service->given = context;
	/* Its own object is put back as any other is. */
	service->is_given =
		!service->context || context != unknown_of(service->context);
	return S_OK;
}

STDAPI CoTestCancel(void)
{
	struct belayi_service *service = current;
	void *found;
	HRESULT hr;

	if (service && !service->is_given && service->message)
		return belayi_message_is_canceled(service->message)
			       ? RPC_E_CALL_CANCELED
			       : RPC_S_CALLPENDING;
	hr = CoGetCallContext(&IID_ICancelMethodCalls, &found);
	if (FAILED(hr))
		return hr;
	hr = ICancelMethodCalls_TestCancel((ICancelMethodCalls *)found);
	(void)ICancelMethodCalls_Release((ICancelMethodCalls *)found);
	return hr;
}
