/* SPDX-License-Identifier: MIT */
/*
 * call_states.c - the state table of a call object: every operation in every
 * state
 *
 * A cell says what an operation returns and where the object is afterwards.
 */
#define COBJMACROS
#include "callee.h"

#include <string.h>

#include "state.h"

/* --- The states, and how to get there ------------------------------------ */

#define SITUATIONS(X)                                                          \
	X(FRESH)      /* never used */                                         \
	X(FINISHED)   /* used, and finished */                                 \
	X(PENDING)    /* the server is at it */                                \
	X(CANCELWAIT) /* and another thread is in Cancel(1000) */              \
	X(COMPLETED)  /* as the state says */                                  \
	X(CANCELED)   /* as the state says; the server is still at it */       \
	X(FINISHING)  /* pending, and another thread waits in Finish_ */

enum situation {
#define SITUATION(name) AT_##name,
	SITUATIONS(SITUATION)
#undef SITUATION
		SITUATION_COUNT
};

static const char *const situation_names[] = {
#define NAME(name) #name,
	SITUATIONS(NAME)
#undef NAME
};

/* A call object in a situation, and who else is at it. */
struct scene {
	struct callee *callee;
	AsyncICalc *call;
	struct runner other;
	bool has_other;
	HRESULT others_answer;
};

static void join_client(const struct scene *scene)
{
	/* Where the client is an STA, its one other operation is Cancel. */
	if (scene->callee->single)
		assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED),
				 S_OK);
}

static void leave_client(const struct scene *scene)
{
	if (scene->callee->single)
		CoUninitialize();
}

static void cancel_long(void *data)
{
	struct scene *scene = data;

	join_client(scene);
	scene->others_answer = ask_cancel(scene->call, 1000);
	leave_client(scene);
}

static void finish_there(void *data)
{
	struct scene *scene = data;
	ULONG slept;

	join_client(scene);
	scene->others_answer = AsyncICalc_Finish_Slow(scene->call, &slept);
	leave_client(scene);
}

static uint64_t word_of(AsyncICalc *call)
{
	return __atomic_load_n(&object_of(call)->client.call.word,
			       __ATOMIC_ACQUIRE);
}

static void start_other(struct scene *scene, void (*run)(void *))
{
	scene->has_other = true;
	runner_start(&scene->other, run, scene);
}

static void reach(struct scene *scene, enum situation situation)
{
	AsyncICalc *call = scene->call;
	uint32_t entered = callee_count(scene->callee, entered);
	LONG sum;

	if (situation == AT_FRESH)
		return;
	if (situation == AT_FINISHED) {
		assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
		assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
		assert_int_equal(sum, 3);
		return;
	}
	assert_int_equal(AsyncICalc_Begin_Slow(call, GATED), S_OK);
	callee_await(scene->callee, entered, entered + 1);
	if (situation == AT_CANCELWAIT) {
		start_other(scene, cancel_long);
		until(state_of(call) == BELAY_CALL_CANCELWAIT);
	} else if (situation == AT_COMPLETED) {
		callee_open(scene->callee);
		until(state_of(call) == BELAY_CALL_COMPLETED);
		callee_close(scene->callee);
	} else if (situation == AT_CANCELED) {
		assert_int_equal(ask_cancel(call, 0), S_OK);
	} else if (situation == AT_FINISHING) {
		start_other(scene, finish_there);
		until(word_of(call) & BELAYI_CLAIMED);
	}
}

/* --- The operations ------------------------------------------------------ */

static HRESULT begin_same(struct scene *scene)
{
	return AsyncICalc_Begin_Slow(scene->call, GATED);
}

static HRESULT begin_another(struct scene *scene)
{
	LONG value = 0;

	return AsyncICalc_Begin_Next(scene->call, &value);
}

static HRESULT finish_same(struct scene *scene)
{
	ULONG slept = 4711;
	HRESULT hr;

	callee_open(scene->callee);
	hr = AsyncICalc_Finish_Slow(scene->call, &slept);
	assert_int_equal(slept, SUCCEEDED(hr) ? GATED : 0);
	return hr;
}

static HRESULT finish_another(struct scene *scene)
{
	LONG sum = 4711;
	HRESULT hr = AsyncICalc_Finish_Add(scene->call, &sum);

	assert_int_equal(sum, 0);
	return hr;
}

static HRESULT look(struct scene *scene)
{
	return ask_wait(scene->call, 0);
}

static HRESULT wait_a_little(struct scene *scene)
{
	return ask_wait(scene->call, 5);
}

static HRESULT wait_for_ever(struct scene *scene)
{
	callee_open(scene->callee);
	return ask_wait(scene->call, INFINITE);
}

static HRESULT signal_it(struct scene *scene)
{
	return ask_signal(scene->call);
}

static HRESULT reset_it(struct scene *scene)
{
	return ask_reset(scene->call);
}

static HRESULT get_handle(struct scene *scene)
{
	HANDLE handle;

	return ask_handle(scene->call, &handle);
}

static HRESULT cancel_at_once(struct scene *scene)
{
	return ask_cancel(scene->call, 0);
}

static HRESULT cancel_and_wait(struct scene *scene)
{
	return ask_cancel(scene->call, 1);
}

static HRESULT cancel_when_done(struct scene *scene)
{
	/* A second Cancel does not wait. */
	if (state_of(scene->call) != BELAY_CALL_CANCELWAIT)
		callee_open(scene->callee);
	return ask_cancel(scene->call, (ULONG)RPC_C_CANCEL_INFINITE_TIMEOUT);
}

static HRESULT test_cancel(struct scene *scene)
{
	return ask_test_cancel(scene->call);
}

static HRESULT cancel_thread(struct scene *scene)
{
	(void)scene;
	return CoCancelCall(0, 0);
}

static HRESULT find_thread(struct scene *scene)
{
	void *object;

	(void)scene;
	return CoGetCancelObject(0, &IID_ICancelMethodCalls, &object);
}

static HRESULT query_its_interfaces(struct scene *scene)
{
	static const IID *const iids[] = {
		&IID_IUnknown,           &IID_AsyncICalc,
		&IID_ISynchronize,       &IID_ISynchronizeHandle,
		&IID_ICancelMethodCalls, &IID_IClientSecurity,
	};

	for (size_t i = 0; i < sizeof(iids) / sizeof(iids[0]); i++) {
		IUnknown *one = query(scene->call, iids[i]);
		IUnknown *two = query(one, iids[i]);

		assert_ptr_equal(one, two);
		(void)IUnknown_Release(one);
		(void)IUnknown_Release(two);
	}
	return S_OK;
}

static HRESULT query_the_synchronous_one(struct scene *scene)
{
	void *found = scene;
	HRESULT hr = IUnknown_QueryInterface((IUnknown *)scene->call,
					     &IID_ICalc, &found);

	assert_null(found);
	return hr;
}

static HRESULT set_blanket(struct scene *scene)
{
	IClientSecurity *security = AS(scene->call, IClientSecurity);
	HRESULT hr = IClientSecurity_SetBlanket(
		security, (IUnknown *)scene->call, RPC_C_AUTHN_NONE,
		RPC_C_AUTHZ_NONE, NULL, RPC_C_AUTHN_LEVEL_CALL,
		RPC_C_IMP_LEVEL_IDENTIFY, NULL, EOAC_NONE);

	(void)IClientSecurity_Release(security);
	return hr;
}

/* --- The table ----------------------------------------------------------- */

#define OK S_OK
#define REFUSED RPC_E_CALL_PENDING
#define NOT_YET RPC_S_CALLPENDING
#define NONE RPC_E_CALL_COMPLETE
#define GONE RPC_E_CALL_CANCELED
#define NO_IFACE E_NOINTERFACE
/* The cell has no sense: it would wait for ever. */
#define NEVER ((HRESULT)0x7fffffff)

struct cell {
	HRESULT answer;
	char after; /* its state: i, p, w, c, x as below; = as before */
};

/* The columns are the situations, in their order. */
static const struct {
	const char *name;
	HRESULT (*run)(struct scene *scene);
	struct cell cells[SITUATION_COUNT];
} operations[] = {
#define ALL(answer)                                                            \
	{                                                                      \
		{answer, '='}, {answer, '='}, {answer, '='}, {answer, '='},    \
			{answer, '='}, {answer, '='}, {answer, '='},           \
	}
	{"Begin_, same method",
	 begin_same,
	 {{OK, 'p'},
	  {OK, 'p'},
	  {REFUSED, '='},
	  {REFUSED, '='},
	  {REFUSED, '='},
	  {REFUSED, '='},
	  {REFUSED, '='}}},
	{"Begin_, another method",
	 begin_another,
	 {{OK, '*'},
	  {OK, '*'},
	  {REFUSED, '='},
	  {REFUSED, '='},
	  {REFUSED, '='},
	  {REFUSED, '='},
	  {REFUSED, '='}}},
	{"Finish_",
	 finish_same,
	 {{NONE, '='},
	  {NONE, '='},
	  {OK, 'i'},
	  {OK, 'i'},
	  {OK, 'i'},
	  {GONE, 'i'},
	  {NONE, '*'}}},
	{"Finish_, another method", finish_another, ALL(NONE)},
	{"Wait(0)",
	 look,
	 {{NOT_YET, '='},
	  {OK, '='},
	  {NOT_YET, '='},
	  {NOT_YET, '='},
	  {OK, '='},
	  {OK, '='},
	  {NOT_YET, '='}}},
	{"Wait(5)",
	 wait_a_little,
	 {{NOT_YET, '='},
	  {OK, '='},
	  {NOT_YET, '='},
	  {NOT_YET, '='},
	  {OK, '='},
	  {OK, '='},
	  {NOT_YET, '='}}},
	{"Wait(INFINITE)",
	 wait_for_ever,
	 {{NEVER, '='},
	  {OK, '='},
	  {OK, 'c'},
	  {OK, 'c'},
	  {OK, '='},
	  {OK, '='},
	  {OK, '*'}}},
	{"Signal", signal_it, ALL(OK)},
	{"Reset", reset_it, ALL(OK)},
	{"GetHandle", get_handle, ALL(OK)},
	{"Cancel(0)",
	 cancel_at_once,
	 {{NONE, '='},
	  {NONE, '='},
	  {OK, 'x'},
	  {GONE, '='},
	  {NONE, '='},
	  {GONE, '='},
	  {OK, '*'}}},
	{"Cancel(1)",
	 cancel_and_wait,
	 {{NONE, '='},
	  {NONE, '='},
	  {OK, 'x'},
	  {GONE, '='},
	  {NONE, '='},
	  {GONE, '='},
	  {OK, '*'}}},
	{"Cancel(infinite)",
	 cancel_when_done,
	 {{NONE, '='},
	  {NONE, '='},
	  {NONE, 'c'},
	  {GONE, '*'},
	  {NONE, '='},
	  {GONE, '='},
	  {NONE, '*'}}},
	{"TestCancel",
	 test_cancel,
	 {{NONE, '='},
	  {NONE, '='},
	  {NOT_YET, '='},
	  {GONE, '='},
	  {NOT_YET, '='},
	  {GONE, '='},
	  {NOT_YET, '='}}},
	{"CoCancelCall", cancel_thread, ALL(NO_IFACE)},
	{"CoGetCancelObject", find_thread, ALL(NO_IFACE)},
	{"QueryInterface", query_its_interfaces, ALL(OK)},
	{"QueryInterface, ICalc", query_the_synchronous_one, ALL(NO_IFACE)},
	{"SetBlanket", set_blanket, ALL(OK)},
#undef ALL
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static enum belay_state named(char state)
{
	switch (state) {
	case 'i':
		return BELAY_CALL_IDLE;
	case 'p':
		return BELAY_CALL_PENDING;
	case 'c':
		return BELAY_CALL_COMPLETED;
	case 'x':
		return BELAY_CALL_CANCELED;
	default:
		fail_msg("no such state: %c", state);
		return BELAY_CALL_IDLE;
	}
}

/* Whatever there is to finish is finished. */
static void settle(struct scene *scene)
{
	ULONG slept;
	LONG value;

	callee_open(scene->callee);
	if (scene->has_other)
		runner_join(&scene->other);
	(void)AsyncICalc_Finish_Slow(scene->call, &slept);
	(void)AsyncICalc_Finish_Next(scene->call, &value);
	assert_int_equal(state_of(scene->call), BELAY_CALL_IDLE);
	/* The server may still be at a cancelled one. */
	callee_await(scene->callee, left, callee_count(scene->callee, entered));
	callee_close(scene->callee);
}

static void try_cell(struct callee *callee, ICalc *calc, size_t operation,
		     enum situation situation)
{
	const struct cell *cell = &operations[operation].cells[situation];
	struct scene scene = {.callee = callee, .call = ask_call(calc)};
	enum belay_state before;
	HRESULT answer;

	reach(&scene, situation);
	before = state_of(scene.call);
	answer = operations[operation].run(&scene);
	if (answer != cell->answer)
		fail_msg("%s in %s: 0x%x, not 0x%x", operations[operation].name,
			 situation_names[situation], (unsigned int)answer,
			 (unsigned int)cell->answer);
	if (cell->after != '*' &&
	    state_of(scene.call) !=
		    (cell->after == '=' ? before : named(cell->after)))
		fail_msg("%s in %s: then %s", operations[operation].name,
			 situation_names[situation],
			 belay_state_name(state_of(scene.call)));
	settle(&scene);
	(void)AsyncICalc_Release(scene.call);
}

static void try_table(bool single_client)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, single_client);

	for (size_t i = 0; i < OPERATIONS; i++)
		for (int at = 0; at < SITUATION_COUNT; at++) {
			/* Nobody else can finish in an STA. */
			if ((single_client && at == AT_FINISHING) ||
			    operations[i].cells[at].answer == NEVER)
				continue;
			try_cell(&callee, calc, i, (enum situation)at);
		}
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

static void every_operation_in_every_state(void **state)
{
	(void)state;
	try_table(false);
}

static void every_operation_in_every_state_of_an_sta_client(void **state)
{
	(void)state;
	try_table(true);
}

/* --- Beside the table ---------------------------------------------------- */

/* The server goes on, nobody hears of it, and nothing is left. */
static void try_release(bool single_client)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, single_client);
	uint32_t begun = 0;

	for (int at = 0; at <= AT_CANCELED; at++) {
		struct scene scene = {&callee};

		if (at == AT_CANCELWAIT)
			continue; /* who cancels has a reference */
		scene.call = ask_call(calc);
		reach(&scene, (enum situation)at);
		begun += at >= AT_PENDING;
		(void)AsyncICalc_Release(scene.call);
		callee_open(&callee);
		callee_await(&callee, left, begun);
		callee_close(&callee);
	}
	/* That of the cancelled one. */
	assert_int_equal(callee_count(&callee, canceled), 1);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

static void release_in_every_state_ends_nothing_and_leaves_nothing(void **state)
{
	(void)state;
	try_release(false);
	try_release(true);
}

static void finish_decides_by_the_state_not_by_the_event(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, false);
	struct scene scene = {&callee, ask_call(calc)};

	(void)state;
	reach(&scene, AT_COMPLETED);
	assert_int_equal(reset_it(&scene), S_OK);
	assert_int_equal(look(&scene), RPC_S_CALLPENDING);
	assert_int_equal(finish_same(&scene), S_OK);
	callee_close(&callee);
	reach(&scene, AT_PENDING);
	assert_int_equal(signal_it(&scene), S_OK);
	assert_int_equal(look(&scene), S_OK);
	start_other(&scene, finish_there);
	until(word_of(scene.call) & BELAYI_CLAIMED);
	assert_int_equal(state_of(scene.call), BELAY_CALL_PENDING);
	callee_open(&callee);
	runner_join(&scene.other);
	assert_int_equal(scene.others_answer, S_OK);
	(void)AsyncICalc_Release(scene.call);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

static void
an_object_is_used_while_the_server_has_its_cancelled_calls(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, true);
	AsyncICalc *call = ask_call(calc);
	LONG sum;
	ULONG slept;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(AsyncICalc_Begin_Slow(call, GATED), S_OK);
		assert_int_equal(ask_cancel(call, 0), S_OK);
		assert_int_equal(AsyncICalc_Finish_Slow(call, &slept),
				 RPC_E_CALL_CANCELED);
		assert_int_equal(AsyncICalc_Begin_Add(call, i, 1), S_OK);
		assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
		assert_int_equal(sum, i + 1);
	}
	callee_await(&callee, entered, 3);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
	assert_int_equal(callee_count(&callee, left), 3);
	assert_int_equal(callee_count(&callee, canceled), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_in_every_state),
		cmocka_unit_test(
			every_operation_in_every_state_of_an_sta_client),
		cmocka_unit_test(
			release_in_every_state_ends_nothing_and_leaves_nothing),
		cmocka_unit_test(finish_decides_by_the_state_not_by_the_event),
		cmocka_unit_test(
			an_object_is_used_while_the_server_has_its_cancelled_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
