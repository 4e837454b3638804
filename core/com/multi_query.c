/* SPDX-License-Identifier: MIT */
/*
 * multi_query.c - many interfaces of an import at once
 */
#include "multi_query.h"

#include <stdlib.h>

#include "faces.h"
#include "import.h"

HRESULT belayi_queries_new(ULONG count, const MULTI_QI *asked,
			   struct belayi_queries **ret_queries)
{
	struct belayi_queries *queries;

	if (!count || !asked)
		return E_INVALIDARG;
	queries = malloc(sizeof(*queries) + count * sizeof(*queries->queries));
	if (!queries)
		return E_OUTOFMEMORY;
	queries->count = 0;
	for (ULONG i = 0; i < count; i++) {
		if (asked[i].pItf)
			continue;
		if (!asked[i].pIID) {
			free(queries);
			return E_INVALIDARG;
		}
		queries->queries[queries->count++] = (struct belayi_query){
			*asked[i].pIID, i, BELAYI_UNANSWERED};
	}
	*ret_queries = queries;
	return S_OK;
}

bool belayi_queries_know(struct belayi_import *import,
			 struct belayi_query *queries, uint32_t count)
{
	bool all = true;

	for (uint32_t i = 0; i < count; i++)
		if (belayi_faces_know(import, &queries[i].iid))
			queries[i].result = S_OK;
		else
			all = false;
	return all;
}

HRESULT belayi_queries_collect(struct belayi_import *import,
			       const struct belayi_queries *queries,
			       MULTI_QI *asked)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < queries->count; i++) {
		const struct belayi_query *query = &queries->queries[i];
		MULTI_QI *answer = &asked[query->place];

		answer->hr = query->result;
		/* Nothing has to be asked any more. */
		if (SUCCEEDED(query->result))
			answer->hr = belayi_faces_query(import, &query->iid,
							(void **)&answer->pItf);
		if (SUCCEEDED(answer->hr))
			found++;
		else
			answer->pItf = NULL;
	}
	if (found == queries->count)
		return S_OK;
	return found ? S_FALSE : E_NOINTERFACE;
}

HRESULT belayi_multi_query(struct belayi_import *import, ULONG count,
			   MULTI_QI *asked)
{
	struct belayi_queries *queries;
	HRESULT result = belayi_queries_new(count, asked, &queries);

	if (FAILED(result))
		return result;
	/* What comes in meanwhile may release it. */
	(void)belayi_import_ref(import);
	if (!belayi_queries_know(import, queries->queries, queries->count))
		belayi_query_stubs(import->export, queries->queries,
				   queries->count);
	result = belayi_queries_collect(import, queries, asked);
	(void)belayi_import_unref(import);
	free(queries);
	return result;
}
