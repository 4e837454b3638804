/* SPDX-License-Identifier: MIT */
/*
 * call_waits.c - what a single-threaded apartment does while it waits for a
 * call's outcome, or for an object's answer
 */
#define COBJMACROS
#include "callee.h"
#include "unknown.h"

#include <unistd.h>

/* --- A message filter that cancels in vain ------------------------------- */

/*
 * Cancels once another thread has, and gives its own apartment work when it is
 * asked again.
 */
struct filter {
	IMessageFilter iface;
	struct callee *callee;
	AsyncICalc *call;
	struct job job;
	DWORD canceled_ticks; /* when it did; 0: not yet */
	DWORD later_ticks;
	HRESULT others_answer;
};

ETERNAL(IMessageFilter, filter)

static void open_gate(struct job *job)
{
	callee_open(job->data);
}

static DWORD STDMETHODCALLTYPE filter_MessagePending(IMessageFilter *This,
						     HTASK callee, DWORD ticks,
						     DWORD type)
{
	struct filter *filter = (struct filter *)This;

	(void)callee;
	(void)type;
	if (filter->later_ticks ||
	    state_of(filter->call) != BELAY_CALL_CANCELWAIT)
		return PENDINGMSG_WAITDEFPROCESS;
	if (!filter->canceled_ticks) {
		filter->canceled_ticks = ticks;
		return PENDINGMSG_CANCELCALL;
	}
	filter->later_ticks = ticks;
	job_post(&filter->job, belayi_apartment_current(), open_gate,
		 filter->callee);
	return PENDINGMSG_WAITDEFPROCESS;
}

static IMessageFilterVtbl filter_vtbl = {
	.QueryInterface = filter_QueryInterface,
	.AddRef = filter_AddRef,
	.Release = filter_Release,
	.MessagePending = filter_MessagePending,
};

/* Longer than it takes, and not for ever: the test ends where it fails. */
static void cancel_and_wait(void *data)
{
	struct filter *filter = data;

	filter->others_answer = ask_cancel(filter->call, 20);
}

static void an_apartment_serves_on_when_its_cancel_is_refused(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, true);
	struct filter filter = {
		.iface = {&filter_vtbl},
		.callee = &callee,
		.call = ask_call(calc),
	};
	struct runner other;
	ULONG slept;

	(void)state;
	assert_int_equal(CoRegisterMessageFilter(&filter.iface, NULL), S_OK);
	assert_int_equal(AsyncICalc_Begin_Slow(filter.call, GATED), S_OK);
	runner_start(&other, cancel_and_wait, &filter);
	assert_int_equal(AsyncICalc_Finish_Slow(filter.call, &slept), S_OK);
	runner_join(&other);
	/* It was asked again a tenth of a second later, of the same wait. */
	assert_in_range(filter.later_ticks, filter.canceled_ticks + 90, 60000);
	assert_true(job_ran(&filter.job));
	assert_int_equal(filter.others_answer, RPC_E_CALL_COMPLETE);
	assert_int_equal(CoRegisterMessageFilter(NULL, NULL), S_OK);
	(void)AsyncICalc_Release(filter.call);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

/* --- What it waits with is released meanwhile ---------------------------- */

/* call: whose own reference is the last; NULL: it is no call object */
struct release {
	struct callee *callee;
	void *object;
	AsyncICalc *call;
	ULONG left;
};

static bool is_held_once(AsyncICalc *call)
{
	return state_of(call) == BELAY_CALL_COMPLETED &&
	       __atomic_load_n(&object_of(call)->refs, __ATOMIC_ACQUIRE) == 1;
}

static void release_and_open(struct job *job)
{
	struct release *release = job->data;

	callee_await(release->callee, entered, 1);
	release->left = IUnknown_Release((IUnknown *)release->object);
	callee_open(release->callee);
	/* The turn's goes, too, before the wait goes on. */
	if (release->call)
		until(is_held_once(release->call));
}

static void a_synchronous_call_keeps_its_proxy(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, true);
	struct release release = {&callee, calc, NULL, 0};
	struct job job;
	ULONG slept;

	(void)state;
	job_post(&job, belayi_apartment_current(), release_and_open, &release);
	assert_int_equal(ICalc_Slow(calc, GATED, &slept), S_OK);
	assert_true(job_ran(&job));
	assert_int_equal(release.left, 1);
	assert_int_equal(slept, GATED);
	callee_stop(&callee);
}

/* The object's last reference is `iid`'s. */
static void try_to_wait(REFIID iid, HRESULT (*wait)(void *waited), HRESULT hr)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, true);
	AsyncICalc *call = ask_call(calc);
	void *waited = query(call, iid);
	struct release release = {&callee, waited, call, 0};
	struct job job;

	(void)ICalc_Release(calc);
	assert_int_equal(AsyncICalc_Begin_Slow(call, GATED), S_OK);
	(void)AsyncICalc_Release(call);
	job_post(&job, belayi_apartment_current(), release_and_open, &release);
	assert_int_equal(wait(waited), hr);
	assert_true(job_ran(&job));
	assert_true(release.left > 0);
	callee_stop(&callee);
}

static HRESULT finish(void *waited)
{
	ULONG slept;

	return AsyncICalc_Finish_Slow((AsyncICalc *)waited, &slept);
}

static void a_finish_keeps_its_call_object(void **state)
{
	(void)state;
	try_to_wait(&IID_AsyncICalc, finish, S_OK);
}

static HRESULT cancel(void *waited)
{
	return ICancelMethodCalls_Cancel((ICancelMethodCalls *)waited, 20);
}

static void a_cancel_keeps_its_call_object(void **state)
{
	(void)state;
	try_to_wait(&IID_ICancelMethodCalls, cancel, RPC_E_CALL_COMPLETE);
}

static HRESULT wait_for(void *waited)
{
	return ISynchronize_Wait((ISynchronize *)waited, 0, INFINITE);
}

static void a_wait_keeps_its_call_object(void **state)
{
	(void)state;
	try_to_wait(&IID_ISynchronize, wait_for, S_OK);
}

/* Another apartment's synchronous call, which this one cancels. */
struct other_call {
	struct runner runner;
	IStream *stream;
	uint32_t thread;
	HRESULT hr;
};

static void call_elsewhere(void *data)
{
	struct other_call *other = data;
	ULONG slept;
	void *calc;

	assert_int_equal(CoInitialize(NULL), S_OK);
	assert_int_equal(CoGetInterfaceAndReleaseStream(other->stream,
							&IID_ICalc, &calc),
			 S_OK);
	assert_int_equal(CoEnableCallCancellation(NULL), S_OK);
	__atomic_store_n(&other->thread, (uint32_t)gettid(), __ATOMIC_RELEASE);
	other->hr = ICalc_Slow((ICalc *)calc, GATED, &slept);
	(void)ICalc_Release((ICalc *)calc);
	CoUninitialize();
}

static void a_cancel_keeps_its_cancel_object(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, true);
	struct other_call other = {.hr = E_UNEXPECTED};
	struct release release = {&callee, NULL, NULL, 0};
	struct job job;

	(void)state;
	assert_int_equal(CoMarshalInterThreadInterfaceInStream(
				 &IID_ICalc, (IUnknown *)calc, &other.stream),
			 S_OK);
	runner_start(&other.runner, call_elsewhere, &other);
	callee_await(&callee, entered, 1);
	assert_int_equal(CoGetCancelObject(other.thread,
					   &IID_ICancelMethodCalls,
					   &release.object),
			 S_OK);
	job_post(&job, belayi_apartment_current(), release_and_open, &release);
	assert_int_equal(cancel(release.object), RPC_E_CALL_COMPLETE);
	assert_true(job_ran(&job));
	assert_true(release.left > 0);
	runner_join(&other.runner);
	assert_int_equal(other.hr, S_OK);
	(void)ICalc_Release(calc);
	callee_stop(&callee);
}

/* What a container waits for is signaled when it is released. */
struct set_down {
	ISynchronizeContainer *container;
	ISynchronize *event;
	ULONG left;
};

static void release_and_signal(struct job *job)
{
	struct set_down *set = job->data;

	set->left = ISynchronizeContainer_Release(set->container);
	(void)ISynchronize_Signal(set->event);
}

static void a_wait_for_several_keeps_its_container(void **state)
{
	struct set_down set = {.left = 0};
	ISynchronize *signaled = NULL;
	struct job job;

	(void)state;
	assert_int_equal(CoInitialize(NULL), S_OK);
	assert_int_equal(CoCreateInstance(&CLSID_SynchronizeContainer, NULL,
					  CLSCTX_INPROC_SERVER,
					  &IID_ISynchronizeContainer,
					  (void **)&set.container),
			 S_OK);
	assert_int_equal(CoCreateInstance(&CLSID_ManualResetEvent, NULL,
					  CLSCTX_INPROC_SERVER,
					  &IID_ISynchronize,
					  (void **)&set.event),
			 S_OK);
	assert_int_equal(
		ISynchronizeContainer_AddSynchronize(set.container, set.event),
		S_OK);
	job_post(&job, belayi_apartment_current(), release_and_signal, &set);
	assert_int_equal(ISynchronizeContainer_WaitMultiple(set.container, 0,
							    20000, &signaled),
			 S_OK);
	assert_true(job_ran(&job));
	assert_true(set.left > 0);
	assert_ptr_equal(signaled, set.event);
	(void)ISynchronize_Release(signaled);
	assert_int_equal(ISynchronize_Release(set.event), 0);
	CoUninitialize();
}

/* --- So is what it asks with --------------------------------------------- */

/* An ICalc that is asked for another interface has the asker release first. */
struct asked {
	struct callee callee;
	ICalcVtbl vtbl;
	HRESULT(STDMETHODCALLTYPE *query)(ICalc *, REFIID, void **);
	struct belayi_apartment *asker;
	void *object;
	struct job job;
};

static void release_it(struct job *job)
{
	struct asked *asked = job->data;

	(void)IUnknown_Release((IUnknown *)asked->object);
}

static HRESULT STDMETHODCALLTYPE answer(ICalc *This, REFIID riid, void **ppv)
{
	struct asked *asked = (struct asked *)This;

	if (!IsEqualIID(riid, &IID_ICalcMemory))
		return asked->query(This, riid, ppv);
	job_post(&asked->job, asked->asker, release_it, asked);
	flag_wait(&asked->job.ran);
	/* IUnknown's methods are all that is used. */
	return asked->query(This, &IID_ICalc, ppv);
}

static ICalc *ask_start(struct asked *asked)
{
	ICalc *calc = callee_start(&asked->callee, true);

	asked->vtbl = *asked->callee.calc.lpVtbl;
	asked->query = asked->vtbl.QueryInterface;
	asked->vtbl.QueryInterface = answer;
	asked->callee.calc.lpVtbl = &asked->vtbl;
	asked->asker = belayi_apartment_current();
	return calc;
}

static void a_query_keeps_its_proxy(void **state)
{
	struct asked asked = {0};
	ICalc *calc = ask_start(&asked);
	void *memory;

	(void)state;
	asked.object = calc;
	assert_int_equal(ICalc_QueryInterface(calc, &IID_ICalcMemory, &memory),
			 S_OK);
	(void)IUnknown_Release((IUnknown *)memory);
	callee_stop(&asked.callee);
}

static void many_queries_keep_their_proxy(void **state)
{
	struct asked asked = {0};
	ICalc *calc = ask_start(&asked);
	IMultiQI *many = AS(calc, IMultiQI);
	MULTI_QI queries[] = {{&IID_ICalcMemory, NULL, E_FAIL}};

	(void)state;
	(void)ICalc_Release(calc);
	asked.object = many;
	assert_int_equal(IMultiQI_QueryMultipleInterfaces(many, 1, queries),
			 S_OK);
	(void)IUnknown_Release(queries[0].pItf);
	callee_stop(&asked.callee);
}

static void a_factory_keeps_its_proxy(void **state)
{
	struct asked asked = {0};
	ICalc *calc = ask_start(&asked);
	ICallFactory *factory = AS(calc, ICallFactory);
	IUnknown *call;

	(void)state;
	(void)ICalc_Release(calc);
	asked.object = factory;
	assert_int_equal(ICallFactory_CreateCall(factory, &IID_AsyncICalcMemory,
						 NULL, &IID_IUnknown, &call),
			 S_OK);
	(void)IUnknown_Release(call);
	callee_stop(&asked.callee);
}

static void an_asynchronous_query_keeps_its_proxy(void **state)
{
	struct asked asked = {0};
	ICalc *calc = ask_start(&asked);
	ICallFactory *factory = AS(calc, ICallFactory);
	AsyncIUnknown *call;
	void *memory;

	(void)state;
	assert_int_equal(ICallFactory_CreateCall(factory, &IID_AsyncIUnknown,
						 NULL, &IID_AsyncIUnknown,
						 (IUnknown **)&call),
			 S_OK);
	(void)ICallFactory_Release(factory);
	(void)ICalc_Release(calc);
	asked.object = call;
	assert_int_equal(
		AsyncIUnknown_Begin_QueryInterface(call, &IID_ICalcMemory),
		S_OK);
	assert_int_equal(AsyncIUnknown_Finish_QueryInterface(call, &memory),
			 S_OK);
	(void)IUnknown_Release((IUnknown *)memory);
	callee_stop(&asked.callee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_apartment_serves_on_when_its_cancel_is_refused),
		cmocka_unit_test(a_synchronous_call_keeps_its_proxy),
		cmocka_unit_test(a_finish_keeps_its_call_object),
		cmocka_unit_test(a_cancel_keeps_its_call_object),
		cmocka_unit_test(a_wait_keeps_its_call_object),
		cmocka_unit_test(a_cancel_keeps_its_cancel_object),
		cmocka_unit_test(a_wait_for_several_keeps_its_container),
		cmocka_unit_test(a_query_keeps_its_proxy),
		cmocka_unit_test(many_queries_keep_their_proxy),
		cmocka_unit_test(a_factory_keeps_its_proxy),
		cmocka_unit_test(an_asynchronous_query_keeps_its_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
