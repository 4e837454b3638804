/* SPDX-License-Identifier: MIT */
/*
 * query.c - asks an object of another apartment for an interface
 *
 * The only question that proxies have besides calls. It goes to the object's
 * apartment as a task of its own. The asking thread may end its wait by
 * itself (its apartment ends), so the question is counted.
 */
#include "query.h"

#include <stdlib.h>

#include "apartment.h"
#include "event.h"
#include "export.h"

struct query {
	struct belayi_task task;
	uint32_t refs;
	struct belayi_export *export;
	IID iid;
	struct belayi_event answered;
	HRESULT result;
	struct belayi_stub *stub;
};

static void unref_query(struct query *query)
{
	if (__atomic_sub_fetch(&query->refs, 1, __ATOMIC_ACQ_REL))
		return;
	belayi_event_deinit(&query->answered);
	belayi_export_unref(query->export);
	free(query);
}

static void answer(struct query *query, HRESULT result)
{
	query->result = result;
	belayi_event_signal(&query->answered);
	unref_query(query);
}

static void run_query(struct belayi_task *task)
{
	struct query *query = (struct query *)task;

	answer(query,
	       belayi_stub_query(query->export, &query->iid, &query->stub));
}

static void drop_query(struct belayi_task *task)
{
	answer((struct query *)task, RPC_E_DISCONNECTED);
}

static struct query *new_query(struct belayi_export *export, REFIID iid)
{
	struct query *query = calloc(1, sizeof(*query));

	if (!query)
		return NULL;
	query->task.run = run_query;
	query->task.drop = drop_query;
	query->refs = 2;
	belayi_export_ref(export);
	query->export = export;
	query->iid = *iid;
	belayi_event_init(&query->answered, false);
	return query;
}

HRESULT belayi_query_stub(struct belayi_export *export, REFIID iid,
			  struct belayi_stub **ret_stub)
{
	struct query *query;
	HRESULT result;

	*ret_stub = belayi_stub_find(export, iid);
	if (*ret_stub)
		return S_OK;
	if (belayi_apartment_current() == export->apartment)
		return belayi_stub_query(export, iid, ret_stub);
	query = new_query(export, iid);
	if (!query)
		return E_OUTOFMEMORY;
	if (belayi_apartment_post(export->apartment, &query->task)) {
		result = belayi_event_wait(&query->answered, INFINITE);
		if (SUCCEEDED(result))
			result = query->result;
	} else {
		result = RPC_E_DISCONNECTED;
		query->refs = 1; /* nobody else has seen it */
	}
	*ret_stub = query->stub;
	unref_query(query);
	return result;
}
