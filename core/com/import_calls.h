/* SPDX-License-Identifier: MIT */
/*
 * import_calls.h - asynchronous calls of an import's own interfaces
 *
 * AsyncIUnknown and AsyncIMultiQI: IUnknown and IMultiQI, without a wait. Their
 * call objects are like any other, of a proxy that no program sees. The calls
 * go through a channel of their own, as no object's methods serve them: AddRef
 * and Release count the import's references at once; what is queried goes to
 * the object's apartment where this one cannot tell the answer.
 */
#ifndef BELAYI_COM_IMPORT_CALLS_H
#define BELAYI_COM_IMPORT_CALLS_H

#include <belay/com/objbase.h>

#include "call_object.h"
#include "query.h"

struct belayi_import;
struct belayi_procedure;
struct belayi_proxy;
struct belayi_queries;

/* struct belayi_import_calls - one such interface; vtable: of its call objects */
struct belayi_import_calls {
	const struct belayi_interface *iface;
	const void *vtable;
};

/* belayi_import_calls() - by its IID; NULL: it is none of them */
const struct belayi_import_calls *belayi_import_calls(REFIID async_iid);

/*
 * belayi_import_calls_proxy() - the proxy that these calls are made of
 *
 * Part of the import, which it counts as a reference of its own.
 */
struct belayi_proxy *belayi_import_calls_proxy(struct belayi_import *import);

/* belayi_import_calls_init() - of an import that has its export */
void belayi_import_calls_init(struct belayi_import *import);

/* The methods, and the images of their arguments. */
enum belayi_import_call {
	BELAYI_CALL_QUERY,
	BELAYI_CALL_ADD_REF,
	BELAYI_CALL_RELEASE,
	BELAYI_CALL_QUERY_MANY,
};

struct belayi_query_image {
	void *object;
	const struct belayi_query *wanted;
	struct belayi_query *found; /* the caller's */
};

struct belayi_queries_image {
	void *object;
	struct belayi_queries *const *wanted;
	struct belayi_queries **found; /* to be freed */
};

/* belayi_import_begin() - site: where the program calls */
HRESULT belayi_import_begin(void *async, enum belayi_import_call call,
			    void *image, const void *site);
void belayi_import_finish(void *async, enum belayi_import_call call,
			  void *image, uint64_t *ret_value);

/* What a call object's `async` is then. */
extern CONST_VTBL AsyncIUnknownVtbl belayi_async_unknown_vtable;
extern CONST_VTBL AsyncIMultiQIVtbl belayi_async_multi_vtable;

#endif
