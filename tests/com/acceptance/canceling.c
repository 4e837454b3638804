/* SPDX-License-Identifier: MIT */
/*
 * canceling.c - Cancel, by call object and by thread: 42 to 64
 */
#define COBJMACROS
#include "acceptance.h"
#include "asleep.h"

#include <unistd.h>

static AsyncICalc *begun(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);

	assert_int_equal(AsyncICalc_Begin_Slow(call, CALC_GATE), S_OK);
	calc_await(p->calc, entered, 1);
	return call;
}

static void check_finish(AsyncICalc *call, HRESULT expected)
{
	uint64_t start = calc_now_ms();
	ULONG slept = 77;

	assert_int_equal(AsyncICalc_Finish_Slow(call, &slept), expected);
	assert_in_range(calc_now_ms() - start, 0, AT_ONCE_MS);
	if (expected != S_OK)
		assert_int_equal(slept, 0);
}

static void cancel_abandons_at_once(struct pairing *p)
{
	AsyncICalc *call = begun(p);
	uint64_t start = calc_now_ms();

	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_in_range(calc_now_ms() - start, 0, AT_ONCE_MS);
	assert_int_equal(calc_count(p->calc, left), 0);
	check_finish(call, RPC_E_CALL_CANCELED);
	AsyncICalc_Release(call);
}

static void a_canceled_call_says_so(struct pairing *p)
{
	AsyncICalc *call = begun(p);

	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_int_equal(ask_wait(call, 0), S_OK);
	assert_int_equal(ask_test_cancel(call), RPC_E_CALL_CANCELED);
	check_finish(call, RPC_E_CALL_CANCELED);
	AsyncICalc_Release(call);
}

/* The heart of the contract: after Cancel, Finish_ is still due. */
static void begin_is_refused_until_finish(struct pairing *p)
{
	AsyncICalc *call = begun(p);
	LONG value = 1;
	LONG sum = 0;

	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_int_equal(AsyncICalc_Begin_Slow(call, 0), RPC_E_CALL_PENDING);
	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), RPC_E_CALL_PENDING);
	assert_int_equal(AsyncICalc_Begin_Next(call, &value),
			 RPC_E_CALL_PENDING);
	check_finish(call, RPC_E_CALL_CANCELED);
	calc_open(p->calc);
	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(sum, 3);
	AsyncICalc_Release(call);
}

/* Lets the server end once the client waits for it. */
struct opener {
	struct calc *calc;
	pid_t client;
	bool opened;
};

static void open_when_asleep(void *data)
{
	struct opener *opener = data;

	thread_await_sleep(opener->client);
	__atomic_store_n(&opener->opened, true, __ATOMIC_RELEASE);
	calc_open(opener->calc);
}

static void cancel_waits_for_the_server(struct pairing *p)
{
	AsyncICalc *call = begun(p);
	struct opener opener = {p->calc, gettid(), false};
	struct acceptance_thread thread;
	uint64_t start = calc_now_ms();

	acceptance_spawn(&thread, open_when_asleep, &opener);
	assert_int_equal(ask_cancel(call, 20), RPC_E_CALL_COMPLETE);
	assert_true(__atomic_load_n(&opener.opened, __ATOMIC_ACQUIRE));
	assert_in_range(calc_now_ms() - start, 0, 10000);
	check_finish(call, S_OK);
	acceptance_join(&thread);
	AsyncICalc_Release(call);
}

static void cancel_gives_up_waiting(struct pairing *p)
{
	AsyncICalc *call = begun(p);
	uint64_t start = calc_now_ms();

	assert_int_equal(ask_cancel(call, 1), S_OK);
	assert_in_range(calc_now_ms() - start, 990, 1000 + AT_ONCE_MS);
	check_finish(call, RPC_E_CALL_CANCELED);
	calc_open(p->calc);
	calc_await(p->calc, left, 1);
	AsyncICalc_Release(call);
}

static void cancel_waits_for_ever(struct pairing *p)
{
	AsyncICalc *call = begun(p);
	struct opener opener = {p->calc, gettid(), false};
	struct acceptance_thread thread;

	acceptance_spawn(&thread, open_when_asleep, &opener);
	assert_int_equal(ask_cancel(call, (ULONG)RPC_C_CANCEL_INFINITE_TIMEOUT),
			 RPC_E_CALL_COMPLETE);
	assert_int_equal(calc_count(p->calc, left), 1);
	check_finish(call, S_OK);
	acceptance_join(&thread);
	AsyncICalc_Release(call);
}

static void cancel_comes_too_late(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	LONG sum = 0;

	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
	assert_int_equal(ask_wait(call, INFINITE), S_OK);
	assert_int_equal(ask_cancel(call, 0), RPC_E_CALL_COMPLETE);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(sum, 3);
	AsyncICalc_Release(call);
}

static void a_second_cancel_says_so(struct pairing *p)
{
	AsyncICalc *call = begun(p);

	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_int_equal(ask_cancel(call, 0), RPC_E_CALL_CANCELED);
	assert_int_equal(ask_cancel(call, 1), RPC_E_CALL_CANCELED);
	check_finish(call, RPC_E_CALL_CANCELED);
	AsyncICalc_Release(call);
}

static void cancel_needs_a_begin(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	LONG sum;

	assert_int_equal(ask_cancel(call, 0), RPC_E_CALL_COMPLETE);
	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(ask_cancel(call, 0), RPC_E_CALL_COMPLETE);
	AsyncICalc_Release(call);
}

struct second {
	AsyncICalc *call;
	pid_t client;
};

static void cancel_when_asleep(void *data)
{
	struct second *second = data;

	thread_await_sleep(second->client);
	assert_int_equal(ask_cancel(second->call, 0), S_OK);
}

static void cancel_releases_a_finisher(struct pairing *p)
{
	AsyncICalc *call = begun(p);
	struct second second = {call, gettid()};
	struct acceptance_thread thread;
	ULONG slept = 77;

	acceptance_spawn(&thread, cancel_when_asleep, &second);
	assert_int_equal(AsyncICalc_Finish_Slow(call, &slept),
			 RPC_E_CALL_CANCELED);
	assert_int_equal(slept, 0);
	acceptance_join(&thread);
	assert_int_equal(calc_count(p->calc, left), 0);
	AsyncICalc_Release(call);
}

static void test_cancel_before(struct pairing *p)
{
	AsyncICalc *call = begun(p);

	assert_int_equal(ask_test_cancel(call), RPC_S_CALLPENDING);
	calc_open(p->calc);
	check_finish(call, S_OK);
	AsyncICalc_Release(call);
}

static void the_server_sees_it(struct pairing *p)
{
	AsyncICalc *call = begun(p);

	calc_await(p->calc, looks, 3);
	assert_int_equal(calc_count(p->calc, canceled), 0);
	assert_int_equal(ask_cancel(call, 0), S_OK);
	calc_await(p->calc, canceled, 1);
	check_finish(call, RPC_E_CALL_CANCELED);
	AsyncICalc_Release(call);
}

static void the_server_stops_and_is_finished(struct pairing *p)
{
	AsyncICalc *call = begun(p);
	LONG sum;

	assert_int_equal(ask_cancel(call, 0), S_OK);
	calc_await(p->calc, finished, 1);
	check_finish(call, RPC_E_CALL_CANCELED);
	assert_int_equal(AsyncICalc_Begin_Add(call, 1, 2), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(sum, 3);
	AsyncICalc_Release(call);
}

/* What the server answers to the cancel in time is its outcome. */
static void the_servers_own_cancel_is_an_outcome(struct pairing *p)
{
	AsyncICalc *call = begun(p);
	ULONG slept;

	assert_int_equal(ask_cancel(call, 20), RPC_E_CALL_COMPLETE);
	assert_int_equal(AsyncICalc_Finish_Slow(call, &slept),
			 RPC_E_CALL_CANCELED);
	AsyncICalc_Release(call);
}

static HRESULT query_cancel(AsyncICalc *call)
{
	ICancelMethodCalls *cancel = (ICancelMethodCalls *)call;
	HRESULT hr = AsyncICalc_QueryInterface(call, &IID_ICancelMethodCalls,
					       (void **)&cancel);

	if (hr == S_OK)
		ICancelMethodCalls_Release(cancel);
	else
		assert_null(cancel);
	return hr;
}

static void a_call_object_may_lack_cancel(struct pairing *p)
{
	AsyncICalc *call = begun(p);

	assert_int_equal(query_cancel(call), E_NOINTERFACE);
	calc_open(p->calc);
	check_finish(call, S_OK);
	AsyncICalc_Release(call);
}

static void a_call_object_may_have_cancel(struct pairing *p)
{
	AsyncICalc *call = begun(p);
	ULONG slept;

	assert_int_equal(query_cancel(call), S_OK);
	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_int_equal(AsyncICalc_Finish_Slow(call, &slept),
			 RPC_E_CALL_CANCELED);
	assert_int_equal(calc_count(p->calc, canceled), 1);
	AsyncICalc_Release(call);
}

/* From Begin_ on, and until Finish_ has returned. */
static void a_standard_call_has_cancel(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);

	assert_int_equal(query_cancel(call), S_OK);
	AsyncICalc_Release(call);
	call = begun(p);
	assert_int_equal(query_cancel(call), S_OK);
	assert_int_equal(ask_cancel(call, 0), S_OK);
	assert_int_equal(query_cancel(call), S_OK);
	check_finish(call, RPC_E_CALL_CANCELED);
	AsyncICalc_Release(call);
}

/* --- By thread ----------------------------------------------------------- */

static void threads_do_not_find_asynchronous_calls(struct pairing *p)
{
	AsyncICalc *call = begun(p);
	void *object = call;

	assert_int_equal(CoEnableCallCancellation(NULL), S_OK);
	assert_int_equal(CoCancelCall(0, 0), E_NOINTERFACE);
	assert_int_equal(CoGetCancelObject(0, &IID_ICancelMethodCalls, &object),
			 E_NOINTERFACE);
	assert_null(object);
	assert_int_equal(CoDisableCallCancellation(NULL), S_OK);
	calc_open(p->calc);
	check_finish(call, S_OK);
	AsyncICalc_Release(call);
}

static ULONG refs_of(void *object)
{
	IUnknown_AddRef((IUnknown *)object);
	return IUnknown_Release((IUnknown *)object);
}

static void a_cancel_object_is_counted(struct pairing *p)
{
	AsyncICalc *call = pairing_call(p);
	ULONG before = refs_of(call);

	assert_int_equal(CoSetCancelObject(calc_unknown(p->calc)),
			 E_NOINTERFACE);
	assert_int_equal(CoSetCancelObject((IUnknown *)call), S_OK);
	assert_int_equal(refs_of(call), before + 1);
	assert_int_equal(CoSetCancelObject(NULL), S_OK);
	assert_int_equal(refs_of(call), before);
	AsyncICalc_Release(call);
}

/* Another thread cancels this one's synchronous call. */
struct canceler {
	struct calc *calc;
	DWORD thread;
	HRESULT hr;
};

static void cancel_thread(void *data)
{
	struct canceler *canceler = data;

	calc_await(canceler->calc, entered, 1);
	canceler->hr = CoCancelCall(canceler->thread, 0);
	if (canceler->hr != S_OK)
		calc_open(canceler->calc);
}

static HRESULT cancel_synchronous(struct pairing *p, HRESULT expected)
{
	struct canceler canceler = {p->calc, (DWORD)gettid(), E_UNEXPECTED};
	struct acceptance_thread thread;
	ULONG slept = 77;
	HRESULT hr;

	acceptance_spawn(&thread, cancel_thread, &canceler);
	hr = ICalc_Slow(p->icalc, CALC_GATE, &slept);
	acceptance_join(&thread);
	assert_int_equal(canceler.hr, expected);
	return hr;
}

static void a_synchronous_call_is_canceled(struct pairing *p)
{
	assert_int_equal(CoEnableCallCancellation(NULL), S_OK);
	assert_int_equal(cancel_synchronous(p, S_OK), RPC_E_CALL_CANCELED);
	assert_int_equal(CoDisableCallCancellation(NULL), S_OK);
}

static void a_synchronous_call_needs_enabling(struct pairing *p)
{
	assert_int_equal(cancel_synchronous(p, CO_E_CANCEL_DISABLED), S_OK);
}

/*
 * The calling thread itself enables while its call is pending: in a method of
 * an object of its own, which the waiting STA serves.
 */
struct enabler {
	struct canceler canceler;
	IStream *stream;
};

static void enable_and_cancel(void *data)
{
	struct enabler *enabler = data;
	ICalc *own = NULL;
	LONG value = 0;

	calc_await(enabler->canceler.calc, entered, 1);
	if (CoGetInterfaceAndReleaseStream(enabler->stream, &IID_ICalc,
					   (void **)&own) == S_OK) {
		(void)ICalc_Fail(own, CALC_ENABLE, &value);
		ICalc_Release(own);
	}
	cancel_thread(&enabler->canceler);
}

static void enabling_later_is_too_late(struct pairing *p)
{
	struct enabler enabler = {{p->calc, (DWORD)gettid(), E_UNEXPECTED},
				  NULL};
	struct calc *own = calc_new(0);
	struct acceptance_thread thread;
	ULONG slept = 0;

	assert_int_equal(
		CoMarshalInterThreadInterfaceInStream(
			&IID_ICalc, calc_unknown(own), &enabler.stream),
		S_OK);
	acceptance_spawn(&thread, enable_and_cancel, &enabler);
	assert_int_equal(ICalc_Slow(p->icalc, CALC_GATE, &slept), S_OK);
	acceptance_join(&thread);
	assert_int_equal(enabler.canceler.hr, CO_E_CANCEL_DISABLED);
	assert_int_equal(own->thread, gettid());
	assert_int_equal(CoDisableCallCancellation(NULL), S_OK);
	(void)belay_apartment_dispatch();
	IUnknown_Release(calc_unknown(own));
}

static void count_enabling(void *data)
{
	HRESULT *results = data;

	results[0] = CoDisableCallCancellation(NULL);
	results[1] = CoEnableCallCancellation(NULL);
	results[2] = CoEnableCallCancellation(NULL);
	results[3] = CoDisableCallCancellation(NULL);
	results[4] = CoDisableCallCancellation(NULL);
	results[5] = CoDisableCallCancellation(NULL);
}

static void enabling_is_counted(struct pairing *p)
{
	HRESULT results[6] = {E_UNEXPECTED};
	struct acceptance_thread thread;

	(void)p;
	acceptance_spawn(&thread, count_enabling, results);
	acceptance_join(&thread);
	assert_int_equal(results[0], CO_E_CANCEL_DISABLED);
	assert_int_equal(results[1], S_OK);
	assert_int_equal(results[2], S_OK);
	assert_int_equal(results[3], S_OK);
	assert_int_equal(results[4], S_OK);
	assert_int_equal(results[5], CO_E_CANCEL_DISABLED);
}

static void enable_across_apartments(void *data)
{
	HRESULT *results = data;

	results[0] = CoEnableCallCancellation(NULL);
	CoUninitialize();
	results[1] = CoDisableCallCancellation(NULL);
	results[2] = CoEnableCallCancellation(NULL);
	results[3] = CoInitializeEx(NULL, COINIT_MULTITHREADED);
	results[4] = CoDisableCallCancellation(NULL);
	results[5] = CoDisableCallCancellation(NULL);
}

static void enabling_outlives_the_apartment(struct pairing *p)
{
	HRESULT results[6] = {E_UNEXPECTED};
	struct acceptance_thread thread;

	(void)p;
	acceptance_spawn(&thread, enable_across_apartments, results);
	acceptance_join(&thread);
	assert_int_equal(results[0], S_OK);
	assert_int_equal(results[1], S_OK);
	assert_int_equal(results[2], S_OK);
	assert_true(SUCCEEDED(results[3]));
	assert_int_equal(results[4], S_OK);
	assert_int_equal(results[5], CO_E_CANCEL_DISABLED);
}

static void release_is_no_cancel(struct pairing *p)
{
	AsyncICalc *call = begun(p);

	AsyncICalc_Release(call);
	calc_await(p->calc, looks, calc_count(p->calc, looks) + 3);
	assert_int_equal(calc_count(p->calc, canceled), 0);
	calc_open(p->calc);
	calc_await(p->calc, left, 1);
	assert_int_equal(calc_count(p->calc, canceled), 0);
}

#define BLOCKED (CALC_ASYNC | CALC_DEAF)

const struct statement statements[] = {
	{42, "Cancel(0) abandons the call at once", cancel_abandons_at_once,
	 STANDARD, BLOCKED},
	{42, "Cancel(0) abandons a synchronous server's call",
	 cancel_abandons_at_once, STANDARD, CALC_DEAF},
	{43, "A cancelled call says so", a_canceled_call_says_so, STANDARD,
	 BLOCKED},
	{44, "Begin_ is refused until a cancelled call is finished",
	 begin_is_refused_until_finish, STANDARD, BLOCKED},
	{44, "Begin_ is refused then with a synchronous server, too",
	 begin_is_refused_until_finish, STANDARD, CALC_DEAF},
	{45, "Cancel(n) waits for the server", cancel_waits_for_the_server,
	 STANDARD, BLOCKED},
	{46, "Cancel(n) gives up waiting", cancel_gives_up_waiting, STANDARD,
	 BLOCKED},
	{47, "Cancel(infinite) waits for the server", cancel_waits_for_ever,
	 STANDARD, BLOCKED},
	{48, "Cancel of a complete call changes nothing", cancel_comes_too_late,
	 STANDARD, CALC_ASYNC},
	{49, "A second Cancel says so", a_second_cancel_says_so, STANDARD,
	 BLOCKED},
	{50, "Cancel needs a Begin_", cancel_needs_a_begin, STANDARD,
	 CALC_ASYNC},
	{51, "Cancel releases a thread in Finish_", cancel_releases_a_finisher,
	 MTA_TO_STA, BLOCKED},
	{52, "TestCancel of a pending call", test_cancel_before, STANDARD,
	 CALC_ASYNC},
	{53, "The server's call object sees the Cancel", the_server_sees_it,
	 STANDARD, CALC_ASYNC},
	{53, "A synchronous server sees the Cancel", the_server_sees_it,
	 STANDARD, 0},
	{54, "A server that stops is finished",
	 the_server_stops_and_is_finished, STANDARD, CALC_ASYNC},
	{54, "What the server answers to a Cancel is an outcome",
	 the_servers_own_cancel_is_an_outcome, STANDARD, CALC_ASYNC},
	{55, "A call object may lack ICancelMethodCalls",
	 a_call_object_may_lack_cancel, SAME, CALC_ASYNC},
	{55, "A call object may have ICancelMethodCalls",
	 a_call_object_may_have_cancel, SAME, CALC_ASYNC | CALC_CANCELS},
	{56, "A custom-marshaled call may lack ICancelMethodCalls",
	 a_call_object_may_lack_cancel, CUSTOM, CALC_ASYNC},
	{56, "A custom-marshaled call may have ICancelMethodCalls",
	 a_call_object_may_have_cancel, CUSTOM, CALC_ASYNC | CALC_CANCELS},
	{57, "A standard-marshaled call has ICancelMethodCalls",
	 a_standard_call_has_cancel, STANDARD, CALC_DEAF},
	{58, "Threads do not find asynchronous calls",
	 threads_do_not_find_asynchronous_calls, ALL, CALC_ASYNC},
	{59, "A thread's cancel object is counted", a_cancel_object_is_counted,
	 STANDARD, 0},
	{60, "A synchronous call can be cancelled",
	 a_synchronous_call_is_canceled, STANDARD, CALC_DEAF},
	{60, "A synchronous call cannot be cancelled unless enabled",
	 a_synchronous_call_needs_enabling, STANDARD, CALC_DEAF},
	{61, "Enabling during a call does not count",
	 enabling_later_is_too_late, STA_TO_MTA | STA_TO_STA, CALC_DEAF},
	{62, "Enabling is counted", enabling_is_counted, FROM_MTA, 0},
	{63, "Enabling outlives the apartment", enabling_outlives_the_apartment,
	 FROM_MTA, 0},
	{64, "Release is no Cancel", release_is_no_cancel, ALL, CALC_ASYNC},
	{64, "Release is no Cancel to a synchronous server",
	 release_is_no_cancel, STANDARD, 0},
	{0},
};
