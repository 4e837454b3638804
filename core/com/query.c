/* SPDX-License-Identifier: MIT */
/*
 * query.c - asks an object of another apartment for interfaces
 *
 * The only question that proxies have besides calls. It goes to the object's
 * apartment as a task of its own. A message filter may end the asking thread's
 * wait before there is an answer, so the question is counted.
 */
#include "query.h"

#include <stdlib.h>
#include <string.h>

#include "apartment.h"
#include "event.h"
#include "export.h"

struct question {
	struct belayi_task task;
	uint32_t refs;
	struct belayi_export *export;
	struct belayi_event answered;
	uint32_t count;
	struct belayi_query queries[];
};

void belayi_queries_fail(struct belayi_query *queries, uint32_t count,
			 HRESULT result)
{
	for (uint32_t i = 0; i < count; i++)
		if (queries[i].result == BELAYI_UNANSWERED)
			queries[i].result = result;
}

void belayi_queries_answer(struct belayi_export *export,
			   struct belayi_query *queries, uint32_t count)
{
	struct belayi_stub *stub;

	for (uint32_t i = 0; i < count; i++)
		if (queries[i].result == BELAYI_UNANSWERED)
			queries[i].result = belayi_stub_query(
				export, &queries[i].iid, &stub);
}

static void unref_question(struct question *question)
{
	if (__atomic_sub_fetch(&question->refs, 1, __ATOMIC_ACQ_REL))
		return;
	belayi_event_deinit(&question->answered);
	belayi_export_unref(question->export);
	free(question);
}

static void answered(struct question *question)
{
	belayi_event_signal(&question->answered);
	unref_question(question);
}

static void run_question(struct belayi_task *task)
{
	struct question *question = (struct question *)task;

	belayi_queries_answer(question->export, question->queries,
			      question->count);
	answered(question);
}

static void drop_question(struct belayi_task *task)
{
	struct question *question = (struct question *)task;

	belayi_queries_fail(question->queries, question->count,
			    RPC_E_DISCONNECTED);
	answered(question);
}

static struct question *new_question(struct belayi_export *export,
				     const struct belayi_query *queries,
				     uint32_t count)
{
	size_t size = count * sizeof(*queries);
	struct question *question = calloc(1, sizeof(*question) + size);

	if (!question)
		return NULL;
	question->task.run = run_question;
	question->task.drop = drop_question;
	question->refs = 2;
	belayi_export_ref(export);
	question->export = export;
	question->count = count;
	memcpy(question->queries, queries, size);
	belayi_event_init(&question->answered, false);
	return question;
}

/* Return: S_OK, and there are answers. */
static HRESULT ask(struct question *question)
{
	if (belayi_apartment_post(question->export->apartment, &question->task))
		return belayi_event_await(&question->answered);
	question->refs = 1; /* nobody else has seen it */
	return RPC_E_DISCONNECTED;
}

void belayi_query_stubs(struct belayi_export *export,
			struct belayi_query *queries, uint32_t count)
{
	struct question *question;
	HRESULT result = E_OUTOFMEMORY;

	if (belayi_apartment_current() == export->apartment) {
		belayi_queries_answer(export, queries, count);
		return;
	}
	question = new_question(export, queries, count);
	if (question) {
		result = ask(question);
		if (SUCCEEDED(result))
			memcpy(queries, question->queries,
			       count * sizeof(*queries));
		unref_question(question);
	}
	if (FAILED(result))
		belayi_queries_fail(queries, count, result);
}

HRESULT belayi_query_stub(struct belayi_export *export, REFIID iid,
			  struct belayi_stub **ret_stub)
{
	struct belayi_query query = {.iid = *iid, .result = BELAYI_UNANSWERED};

	*ret_stub = belayi_stub_find(export, iid);
	if (*ret_stub)
		return S_OK;
	belayi_query_stubs(export, &query, 1);
	if (SUCCEEDED(query.result))
		*ret_stub = belayi_stub_find(export, iid);
	return query.result;
}
