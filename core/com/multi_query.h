/* SPDX-License-Identifier: MIT */
/*
 * multi_query.h - many interfaces of an import at once, as IMultiQI asks
 *
 * An import answers what it knows by itself; for the rest one message goes to
 * the object's apartment. Between the two there is a list of queries, whether
 * the program waits for the answer or not.
 */
#ifndef BELAYI_COM_MULTI_QUERY_H
#define BELAYI_COM_MULTI_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/objbase.h>

#include "query.h"

struct belayi_import;

/* struct belayi_queries - what is asked for; malloc()'s */
struct belayi_queries {
	uint32_t count;
	struct belayi_query queries[];
};

/*
 * belayi_queries_new() - of an array that a program gave
 *
 * What has a pointer already is passed by.
 *
 * Return: S_OK, E_INVALIDARG, E_OUTOFMEMORY.
 */
HRESULT belayi_queries_new(ULONG count, const MULTI_QI *asked,
			   struct belayi_queries **ret_queries);

/*
 * belayi_queries_know() - answers all that takes no message
 *
 * Return: whether nothing is unanswered.
 */
bool belayi_queries_know(struct belayi_import *import,
			 struct belayi_query *queries, uint32_t count);

/*
 * belayi_queries_collect() - writes the answers into the program's array
 *
 * In the import's apartment.
 *
 * Return: S_OK: all are there; S_FALSE: some are; E_NOINTERFACE: none is.
 */
HRESULT belayi_queries_collect(struct belayi_import *import,
			       const struct belayi_queries *queries,
			       MULTI_QI *asked);

/* belayi_multi_query() - IMultiQI::QueryMultipleInterfaces(), which waits */
HRESULT belayi_multi_query(struct belayi_import *import, ULONG count,
			   MULTI_QI *asked);

#endif
