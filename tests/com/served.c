/* SPDX-License-Identifier: MIT */
/*
 * served.c - a server whose call objects signal when a test says so
 */
#define COBJMACROS
#include "served.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "impl.h"
#include "server_object.h"

#define IMPL_FROM(member, pointer) BELAYI_IMPL(server_call, member, pointer)

static HRESULT STDMETHODCALLTYPE inner_QueryInterface(IUnknown *This,
						      REFIID riid, void **ppv)
{
	struct server_call *call = IMPL_FROM(inner, This);

	*ppv = NULL;
	if (IsEqualIID(riid, &IID_IUnknown))
		*ppv = &call->inner;
	else if (IsEqualIID(riid, &IID_AsyncICalc))
		*ppv = &call->async;
	else
		return E_NOINTERFACE;
	(void)IUnknown_AddRef((IUnknown *)*ppv);
	return S_OK;
}

static ULONG STDMETHODCALLTYPE inner_AddRef(IUnknown *This)
{
	return __atomic_add_fetch(&IMPL_FROM(inner, This)->refs, 1,
				  __ATOMIC_RELAXED);
}

static ULONG STDMETHODCALLTYPE inner_Release(IUnknown *This)
{
	struct server_call *call = IMPL_FROM(inner, This);
	uint32_t left = __atomic_sub_fetch(&call->refs, 1, __ATOMIC_ACQ_REL);

	if (left == 0)
		free(call);
	return left;
}

static IUnknownVtbl inner_vtbl = {
	inner_QueryInterface,
	inner_AddRef,
	inner_Release,
};

BELAYI_DELEGATE(AsyncICalc, server_call, async, outer)

/* What a call object asks itself for; not counted. */
static ISynchronize *synchronize_of(struct server_call *call)
{
	ISynchronize *found = NULL;

	if (SUCCEEDED(AsyncICalc_QueryInterface(&call->async, &IID_ISynchronize,
						(void **)&found)))
		(void)ISynchronize_Release(found);
	return found;
}

void server_signal(struct server_call *call)
{
	IUnknown *outer = call->outer;

	(void)IUnknown_AddRef(outer);
	(void)ISynchronize_Signal(synchronize_of(call));
	(void)IUnknown_Release(outer);
}

/* The test goes on when it hears of it. */
static void keep(struct server *server, struct server_call *call)
{
	IServerSecurity *security = NULL;

	(void)IUnknown_AddRef(call->outer);
	(void)CoGetCallContext(&IID_IServerSecurity, (void **)&security);
	call->security = security;
	server->thread = gettid();
	server->kept = call;
	if (server->duty == PRETEND) {
		server->impersonated =
			IServerSecurity_ImpersonateClient(security);
		server->was_impersonating =
			IServerSecurity_IsImpersonating(security);
	}
	flag_set(&server->begun);
}

void server_wait_begun(const struct server_call *call)
{
	const struct belayi_server_object *object =
		(const struct belayi_server_object *)call->outer;

	until(__atomic_load_n(&object->state, __ATOMIC_ACQUIRE) ==
	      BELAYI_SERVER_BUSY);
}

void server_let_go(struct server_call *call)
{
	(void)IServerSecurity_Release(call->security);
	(void)IUnknown_Release(call->outer);
}

/* Whether the outer object hands out the event that this call would use. */
static bool is_outers_event(struct server_call *call)
{
	IUnknown *outers = NULL;

	(void)IUnknown_QueryInterface(call->outer, &IID_ISynchronize,
				      (void **)&outers);
	if (outers)
		(void)IUnknown_Release(outers);
	return outers && outers == (IUnknown *)synchronize_of(call);
}

static HRESULT do_duty(struct server_call *call)
{
	struct server *server = call->server;
	/* The test changes it once it has heard of this call. */
	const enum duty duty = server->duty;

	server->is_outers_event = is_outers_event(call);
	(void)ISynchronize_Reset(synchronize_of(call));
	if (duty == DIE)
		pthread_exit(NULL);
	if (duty == SIGNAL || duty == SIGNAL_DIE || duty == DIE_FINISHING) {
		server_signal(call);
	} else if (duty == SIGNAL_BOTH) {
		server->is_one_thread = server->thread == gettid();
		server->is_impersonating =
			IServerSecurity_IsImpersonating(server->kept->security);
		server_signal(server->kept);
		server_signal(call);
	} else {
		keep(server, call);
	}
	if (duty == SIGNAL_LINGER)
		server_signal(call);
	if (duty == SIGNAL_DIE)
		pthread_exit(NULL);
	if (duty != LINGER && duty != SIGNAL_LINGER)
		return S_OK;
	flag_wait(&server->go_on);
	return server->answer;
}

static HRESULT STDMETHODCALLTYPE async_Begin_Add(AsyncICalc *This, LONG a,
						 LONG b)
{
	struct server_call *call = IMPL_FROM(async, This);

	call->sum = a + b;
	return do_duty(call);
}

static HRESULT STDMETHODCALLTYPE async_Begin_Upper(AsyncICalc *This,
						   const char *text)
{
	struct server_call *call = IMPL_FROM(async, This);
	struct server *server = call->server;
	const bool lingers = server->duty >= LINGER;
	char *copy = strdup(text);
	HRESULT hr = do_duty(call);

	if (lingers) {
		server->is_text_whole = copy && strcmp(text, copy) == 0;
		flag_set(&server->returned);
	}
	free(copy);
	return hr;
}

static HRESULT STDMETHODCALLTYPE async_Finish_Upper(AsyncICalc *This,
						    char **upper)
{
	struct server_call *call = IMPL_FROM(async, This);

	call->server->finished++;
	*upper = CoTaskMemAlloc(sizeof("UP"));
	if (!*upper)
		return E_OUTOFMEMORY;
	strcpy(*upper, "UP");
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE async_Finish_Add(AsyncICalc *This, LONG *sum)
{
	struct server_call *call = IMPL_FROM(async, This);

	if (call->server->duty == DIE_FINISHING) {
		/* server_signal() does not come to it. */
		(void)IUnknown_Release(call->outer);
		pthread_exit(NULL);
	}
	call->server->finished++;
	*sum = call->sum;
	return S_OK;
}

static AsyncICalcVtbl async_vtbl = {
	.QueryInterface = async_QueryInterface,
	.AddRef = async_AddRef,
	.Release = async_Release,
	.Begin_Add = async_Begin_Add,
	.Finish_Add = async_Finish_Add,
	.Begin_Upper = async_Begin_Upper,
	.Finish_Upper = async_Finish_Upper,
};

static HRESULT create(struct callee *callee, IUnknown *outer,
		      IUnknown **ret_inner)
{
	struct server_call *call = calloc(1, sizeof(*call));

	if (!call)
		return E_OUTOFMEMORY;
	call->inner.lpVtbl = &inner_vtbl;
	call->async.lpVtbl = &async_vtbl;
	call->outer = outer;
	call->server = callee->data;
	call->refs = 1;
	*ret_inner = &call->inner;
	return S_OK;
}

ICalc *server_start(struct server *server, enum duty duty, bool single_client)
{
	server->duty = duty;
	server->callee.has_factory = true;
	server->callee.create = create;
	server->callee.data = server;
	return callee_start(&server->callee, single_client);
}
