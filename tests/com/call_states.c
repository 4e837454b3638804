/* SPDX-License-Identifier: MIT */
/*
 * call_states.c - the state table of a call object: every operation in every
 * state
 *
 * A cell says what an operation returns and where the object is afterwards.
 */
#define COBJMACROS
#include "scene.h"

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

/* One cell, and what came of it. */
struct trial {
	struct job job;
	struct scene scene;
	size_t operation;
	enum situation situation;
	HRESULT answer;
	enum belay_state before;
	enum belay_state after;
};

static void run(struct trial *trial)
{
	trial->before = state_of(trial->scene.call);
	trial->answer = operations[trial->operation].run(&trial->scene);
	trial->after = state_of(trial->scene.call);
}

static void run_inside(struct job *job)
{
	struct trial *trial = job->data;

	run(trial);
	callee_open(trial->scene.callee);
}

/* An STA's thread is in Finish_ itself, which serves calls meanwhile. */
static void run_in_finish(struct trial *trial)
{
	ULONG slept;

	scene_reach(&trial->scene, AT_PENDING);
	job_post(&trial->job, belayi_apartment_current(), run_inside, trial);
	trial->scene.others_answer =
		AsyncICalc_Finish_Slow(trial->scene.call, &slept);
	assert_true(flag_is_set(&trial->job.ran));
}

static void check_cell(const struct trial *trial)
{
	const struct cell *cell =
		&operations[trial->operation].cells[trial->situation];

	if (trial->answer != cell->answer)
		fail_msg("%s in %s: 0x%x, not 0x%x",
			 operations[trial->operation].name,
			 situation_name(trial->situation),
			 (unsigned int)trial->answer,
			 (unsigned int)cell->answer);
	if (cell->after != '*' &&
	    trial->after !=
		    (cell->after == '=' ? trial->before : named(cell->after)))
		fail_msg("%s in %s: then %s", operations[trial->operation].name,
			 situation_name(trial->situation),
			 belay_state_name(trial->after));
}

static void try_cell(struct callee *callee, ICalc *calc, size_t operation,
		     enum situation situation)
{
	struct trial trial = {
		.scene = {.callee = callee, .call = ask_call(calc)},
		.operation = operation,
		.situation = situation,
	};

	if (situation == AT_FINISHING && !callee->single) {
		run_in_finish(&trial);
	} else {
		scene_reach(&trial.scene, situation);
		run(&trial);
	}
	check_cell(&trial);
	settle(&trial.scene);
	(void)AsyncICalc_Release(trial.scene.call);
}

static void try_table(bool single_client)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, single_client);

	for (size_t i = 0; i < OPERATIONS; i++)
		for (int at = 0; at < SITUATION_COUNT; at++)
			if (operations[i].cells[at].answer != NEVER)
				try_cell(&callee, calc, i, (enum situation)at);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_in_every_state),
		cmocka_unit_test(
			every_operation_in_every_state_of_an_sta_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
