/* SPDX-License-Identifier: MIT */
/*
 * query.h - asks an object of another apartment for interfaces
 */
#ifndef BELAYI_COM_QUERY_H
#define BELAYI_COM_QUERY_H

#include <stdint.h>

#include <belay/com/objbase.h>

struct belayi_export;
struct belayi_stub;

/* The result of what the object has not been asked for yet. */
#define BELAYI_UNANSWERED RPC_S_CALLPENDING

/*
 * struct belayi_query - one interface that is asked for
 *
 * place:  whose it is among many; only the asking side knows what that means
 * result: as of belayi_stub_query(), or BELAYI_UNANSWERED
 */
struct belayi_query {
	IID iid;
	uint32_t place;
	HRESULT result;
};

/*
 * belayi_queries_answer() - asks the object for all that is unanswered
 *
 * In its apartment.
 */
void belayi_queries_answer(struct belayi_export *export,
			   struct belayi_query *queries, uint32_t count);

/* belayi_queries_fail() - gives all that is unanswered that result */
void belayi_queries_fail(struct belayi_query *queries, uint32_t count,
			 HRESULT result);

/*
 * belayi_query_stubs() - belayi_queries_answer(), from any apartment
 *
 * One message for all of them. Waits for the object's answer; in an STA it
 * pumps meanwhile, and a message filter may end the wait. What could not be
 * asked for has a result that says why, as RPC_E_CALL_CANCELED.
 */
void belayi_query_stubs(struct belayi_export *export,
			struct belayi_query *queries, uint32_t count);

/*
 * belayi_query_stub() - belayi_stub_query(), from any apartment
 *
 * No reference is added.
 *
 * Return: as belayi_stub_query(); RPC_E_CALL_CANCELED: a message filter's.
 */
HRESULT belayi_query_stub(struct belayi_export *export, REFIID iid,
			  struct belayi_stub **ret_stub);

#endif
