/* SPDX-License-Identifier: MIT */
/*
 * listener.c - one call, and an observer that writes down what it is told
 */
#include "listener.h"

#include <string.h>

char told[4096];
struct belay_call call;
struct belay_ref ref;
bool lets_begin;
bool lets_cancel;
struct belay_outcome fault;
const struct belay_outcome *replacement;
const void *seen_site;

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	size_t length = strlen(told);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(told + length, sizeof(told) - length, format,
			arguments);
	va_end(arguments);
}

static const char *state_of(const struct belay_call *whose)
{
	assert_ptr_equal(whose, &call);
	return belay_state_name(belay_call_state(whose));
}

static bool on_begin(struct belay_call *whose, const struct belay_begin *begin,
		     uint64_t turn, struct belay_outcome *ret_fault)
{
	tell("begin %s turn=%d in %s\n", begin->operation->name, (int)turn,
	     state_of(whose));
	seen_site = begin->site;
	assert_int_not_equal(whose->id, 0);
	assert_int_not_equal(whose->begun, 0);
	assert_int_equal(whose->completed, 0);
	if (!lets_begin)
		*ret_fault = fault;
	return lets_begin;
}

static void on_refuse(struct belay_call *whose,
		      const struct belay_operation *operation, int32_t status,
		      bool pending)
{
	tell("refuse %s status=%#x%s in %s\n", operation->name,
	     (unsigned int)status, pending ? " pending" : "", state_of(whose));
	assert_int_not_equal(whose->id, 0);
}

static bool on_cancel(struct belay_call *whose, enum belay_party by)
{
	tell("cancel by=%d in %s\n", by, state_of(whose));
	return lets_cancel;
}

static void on_answered(struct belay_call *whose, uint64_t turn,
			enum belay_party by, enum belay_answer answer,
			int32_t status)
{
	tell("answered turn=%d by=%d answer=%d status=%#x in %s\n", (int)turn,
	     by, answer, (unsigned int)status, state_of(whose));
	assert_int_not_equal(whose->id, 0);
}

static enum belay_verdict on_completing(struct belay_call *whose,
					struct belay_outcome *outcome,
					enum belay_moment moment)
{
	tell("completing result=%d %s in %s\n", (int)outcome->result,
	     moment == BELAY_AT_FINISH ? "at finish" : "at complete",
	     state_of(whose));
	if (replacement)
		*outcome = *replacement;
	return verdict;
}

static void on_complete(struct belay_call *whose,
			const struct belay_outcome *outcome)
{
	tell("complete ending=%d result=%d in %s\n", outcome->ending,
	     (int)outcome->result, state_of(whose));
	assert_int_not_equal(whose->completed, 0);
}

static void on_finish(struct belay_call *whose, uint64_t turn,
		      const struct belay_outcome *outcome)
{
	tell("finish turn=%d ending=%d status=%#x result=%d in %s\n", (int)turn,
	     outcome->ending, (unsigned int)outcome->status,
	     (int)outcome->result, state_of(whose));
	assert_int_not_equal(whose->id, 0);
}

static void on_server_enter(const struct belay_server_call *server)
{
	tell("enter caller=%d id=%d %s\n", (int)server->caller, (int)server->id,
	     server->operation->name);
}

static void on_server_exit(const struct belay_server_call *server,
			   int32_t status, uint64_t duration_ns)
{
	tell("exit id=%d status=%d after %d\n", (int)server->id, status,
	     (int)duration_ns);
}

const struct belay_observer listener = {
	.size = sizeof(listener),
	.begin = on_begin,
	.refuse = on_refuse,
	.cancel = on_cancel,
	.answered = on_answered,
	.completing = on_completing,
	.complete = on_complete,
	.finish = on_finish,
	.server_enter = on_server_enter,
	.server_exit = on_server_exit,
};

int listener_start(void **state)
{
	(void)state;
	told[0] = '\0';
	lets_begin = lets_cancel = true;
	verdict = BELAY_DELIVER;
	replacement = NULL;
	fault = (struct belay_outcome){BELAY_FAILED, E_FAIL, 0};
	belay_call_init(&call);
	belay_call_observe(&listener);
	return 0;
}

int listener_stop(void **state)
{
	(void)state;
	belay_call_observe(NULL);
	return 0;
}

HRESULT begin(const struct belay_operation *operation)
{
	const struct belay_begin how = {.operation = operation};

	return belay_call_begin(&call, &how, &ref);
}

bool complete(int64_t result)
{
	struct belay_outcome outcome = succeeded_with(result);

	return belay_call_complete(&ref, &outcome);
}

struct belay_outcome finish(void)
{
	struct belay_outcome outcome = {0};

	assert_int_equal(belay_call_finish(&call, &reading, &outcome), S_OK);
	return outcome;
}

HRESULT cancel(enum belay_party by)
{
	return belay_call_cancel(&ref, 0, by);
}
