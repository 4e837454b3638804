/* SPDX-License-Identifier: MIT */
/*
 * served_calls.c - a server's call objects, and what its calls look like
 *
 * Acceptance statements 68, 73, 77 and 78.
 */
#define COBJMACROS
#include <string.h>

#include "import.h"
#include "served.h"

/* --- Statements ---------------------------------------------------------- */

static void statement_73_a_call_object_has_the_runtimes_event(void **state)
{
	struct server server = {0};
	ICalc *calc = server_start(&server, SIGNAL, true);
	AsyncICalc *call = ask_call(calc);
	LONG sum = 0;

	(void)state;
	assert_int_equal(AsyncICalc_Begin_Add(call, 40, 2), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(sum, 42);
	assert_true(server.is_outers_event);
	assert_int_equal(server.finished, 1);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&server.callee);
}

/* A thread of the object's apartment that finishes the work. */
struct work {
	struct server *server;
	HRESULT in_time;
	BOOL impersonated;
	BOOL reverted;
	HRESULT late;
	HRESULT late_query;
};

static void do_work(void *data)
{
	struct work *work = data;
	struct server_call *call = work->server->kept;
	IServerSecurity *security = call->security;

	(void)CoInitializeEx(NULL, COINIT_MULTITHREADED);
	/* A Signal before that would let the call go on until then. */
	server_wait_begun(call);
	work->in_time = IServerSecurity_ImpersonateClient(security);
	work->impersonated = IServerSecurity_IsImpersonating(security);
	(void)IServerSecurity_RevertToSelf(security);
	work->reverted = !IServerSecurity_IsImpersonating(security);
	server_signal(call);
	work->late = IServerSecurity_ImpersonateClient(security);
	work->late_query = IServerSecurity_QueryBlanket(
		security, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	server_let_go(call);
	CoUninitialize();
}

static void statement_77_a_context_is_good_until_signal(void **state)
{
	struct server server = {0};
	ICalc *calc = server_start(&server, KEEP, true);
	AsyncICalc *call = ask_call(calc);
	struct work work = {.server = &server};
	LONG sum = 0;

	(void)state;
	assert_int_equal(AsyncICalc_Begin_Add(call, 40, 2), S_OK);
	flag_wait(&server.begun);
	runner_run(do_work, &work);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	assert_int_equal(sum, 42);
	assert_int_equal(work.in_time, S_OK);
	assert_true(work.impersonated);
	assert_true(work.reverted);
	assert_int_equal(work.late, E_FAIL);
	assert_int_equal(work.late_query, RPC_E_CALL_COMPLETE);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&server.callee);
}

static void statement_78_impersonation_ends_with_begin(void **state)
{
	struct server server = {0};
	ICalc *calc = server_start(&server, PRETEND, false);
	AsyncICalc *one = ask_call(calc);
	AsyncICalc *other = ask_call(calc);
	LONG sum = 0;

	(void)state;
	assert_int_equal(AsyncICalc_Begin_Add(one, 1, 2), S_OK);
	flag_wait(&server.begun);
	/* The next call is served when Begin_ has returned to the thread. */
	server.duty = SIGNAL_BOTH;
	assert_int_equal(AsyncICalc_Begin_Add(other, 3, 4), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(other, &sum), S_OK);
	assert_int_equal(sum, 7);
	assert_int_equal(AsyncICalc_Finish_Add(one, &sum), S_OK);
	assert_int_equal(sum, 3);
	assert_int_equal(server.impersonated, S_OK);
	assert_true(server.was_impersonating);
	assert_true(server.is_one_thread);
	assert_false(server.is_impersonating);
	server_let_go(server.kept);
	(void)AsyncICalc_Release(one);
	(void)AsyncICalc_Release(other);
	(void)ICalc_Release(calc);
	callee_stop(&server.callee);
}

/* --- A Signal elsewhere, and the end of the object ----------------------- */

struct errand {
	struct server *server;
	HRESULT hr;
};

/* Another thread does it, once Begin_ of the server has kept its call. */
static HRESULT run_errand(struct server *server, void (*run)(void *data))
{
	struct errand errand = {server, E_UNEXPECTED};

	flag_wait(&server->begun);
	runner_run(run, &errand);
	return errand.hr;
}

/* In the multithreaded apartment, which is not the server's. */
static void signal_elsewhere(void *data)
{
	struct errand *errand = data;
	ISynchronize *synchronize;

	(void)CoInitializeEx(NULL, COINIT_MULTITHREADED);
	server_wait_begun(errand->server->kept);
	synchronize = AS(errand->server->kept->outer, ISynchronize);
	errand->hr = ISynchronize_Signal(synchronize);
	(void)ISynchronize_Release(synchronize);
	CoUninitialize();
}

static void a_signal_elsewhere_does_not_end_the_call(void **state)
{
	struct server server = {0};
	ICalc *calc = server_start(&server, KEEP, false);
	AsyncICalc *one = ask_call(calc);
	AsyncICalc *other = ask_call(calc);
	LONG sum = 0;

	(void)state;
	assert_int_equal(AsyncICalc_Begin_Add(one, 1, 2), S_OK);
	assert_int_equal(run_errand(&server, signal_elsewhere),
			 RPC_E_WRONG_THREAD);
	assert_int_equal(ask_wait(one, 0), RPC_S_CALLPENDING);
	assert_int_equal(server.finished, 0);
	/* In its apartment it does. */
	server.duty = SIGNAL_BOTH;
	assert_int_equal(AsyncICalc_Begin_Add(other, 3, 4), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(other, &sum), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(one, &sum), S_OK);
	assert_int_equal(sum, 3);
	server_let_go(server.kept);
	(void)AsyncICalc_Release(one);
	(void)AsyncICalc_Release(other);
	(void)ICalc_Release(calc);
	callee_stop(&server.callee);
}

static void disconnect(void *data)
{
	struct errand *errand = data;

	(void)CoInitializeEx(NULL, COINIT_MULTITHREADED);
	server_wait_begun(errand->server->kept);
	errand->hr =
		CoDisconnectObject((IUnknown *)&errand->server->callee.calc, 0);
	/* Too late: nobody waits for it. */
	server_signal(errand->server->kept);
	server_let_go(errand->server->kept);
	CoUninitialize();
}

static void a_pending_call_of_a_disconnected_object_fails(void **state)
{
	struct server server = {0};
	ICalc *calc = server_start(&server, KEEP, true);
	AsyncICalc *call = ask_call(calc);
	LONG sum = 77;

	(void)state;
	assert_int_equal(AsyncICalc_Begin_Add(call, 40, 2), S_OK);
	assert_int_equal(run_errand(&server, disconnect), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), RPC_E_DISCONNECTED);
	assert_int_equal(sum, 0);
	assert_int_equal(server.finished, 0);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&server.callee);
}

/* --- A Signal while Begin_ runs ------------------------------------------ */

static void signal_early(void *data)
{
	struct server *server = data;

	(void)CoInitializeEx(NULL, COINIT_MULTITHREADED);
	server_signal(server->kept);
	server_signal(server->kept);
	CoUninitialize();
}

static void signal_early_and_disconnect(void *data)
{
	struct server *server = data;

	signal_early(data);
	(void)CoInitializeEx(NULL, COINIT_MULTITHREADED);
	(void)CoDisconnectObject((IUnknown *)&server->callee.calc, 0);
	CoUninitialize();
}

static void finish_upper(AsyncICalc *call)
{
	char *upper = NULL;

	assert_int_equal(AsyncICalc_Finish_Upper(call, &upper), S_OK);
	assert_string_equal(upper, "UP");
	CoTaskMemFree(upper);
}

/*
 * Begin_ of the server runs on, and `signal` has ended its call: the client has
 * the result, and begins again, which fills the next request.
 */
static void end_early(enum duty duty, HRESULT answer,
		      void (*signal)(void *data), HRESULT next)
{
	struct server server = {.answer = answer};
	ICalc *calc = server_start(&server, duty, true);
	AsyncICalc *call = ask_call(calc);

	assert_int_equal(AsyncICalc_Begin_Upper(call, "first"), S_OK);
	flag_wait(&server.begun);
	if (signal) {
		runner_run(signal, &server);
		assert_int_equal(server.finished, 1);
	}
	finish_upper(call);
	server.duty = SIGNAL;
	assert_int_equal(AsyncICalc_Begin_Upper(call, "other"), next);
	if (SUCCEEDED(next))
		finish_upper(call);
	flag_set(&server.go_on);
	flag_wait(&server.returned);
	assert_true(server.is_text_whole);
	assert_int_equal(server.finished, SUCCEEDED(next) ? 2 : 1);
	server_let_go(server.kept);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&server.callee);
}

static void statement_77_a_signal_during_begin_ends_the_call(void **state)
{
	(void)state;
	end_early(LINGER, S_OK, signal_early, S_OK);
	/* What it returns afterwards is for nobody. */
	end_early(LINGER, E_FAIL, signal_early, S_OK);
}

static void begin_may_read_its_arguments_after_its_own_signal(void **state)
{
	(void)state;
	end_early(SIGNAL_LINGER, S_OK, NULL, S_OK);
	end_early(SIGNAL_LINGER, E_FAIL, NULL, S_OK);
}

static void a_call_that_ended_early_is_not_disconnected(void **state)
{
	(void)state;
	end_early(LINGER, S_OK, signal_early_and_disconnect,
		  RPC_E_DISCONNECTED);
}

/* --- Bytes --------------------------------------------------------------- */

struct bytes {
	unsigned char request[64];
	unsigned char reply[64];
	size_t request_size;
	size_t reply_size;
	uint16_t slot;
};

/* A channel that keeps what it sends, and the message, which has the reply. */
struct spy {
	struct belayi_channel channel;
	struct bytes bytes;
	struct belayi_message *message;
};

static HRESULT spy_send(struct belayi_channel *channel,
			struct belayi_message *message)
{
	struct spy *spy = (struct spy *)channel;
	size_t size = message->request.size;

	spy->bytes.slot = message->header.slot;
	spy->bytes.request_size = size;
	if (size <= sizeof(spy->bytes.request))
		memcpy(spy->bytes.request, message->request.data, size);
	spy->message = message;
	return belayi_channel_local.class->send(&belayi_channel_local, message);
}

static const struct belayi_channel_class spy_class = {.send = spy_send};

/* The call is over, but its message is kept for the next one. */
static void remember(struct spy *spy, struct bytes *bytes)
{
	size_t size = spy->message->reply.size;

	assert_in_range(spy->bytes.request_size, 1, sizeof(bytes->request));
	assert_in_range(size, 1, sizeof(bytes->reply));
	spy->bytes.reply_size = size;
	memcpy(spy->bytes.reply, spy->message->reply.data, size);
	memcpy(bytes, &spy->bytes, sizeof(*bytes));
}

/* The synchronous client's call, and the asynchronous one's. */
static void send_both(bool has_call_objects, struct bytes *bytes)
{
	struct spy spy = {.channel = {&spy_class}};
	struct server server = {0};
	ICalc *calc;
	AsyncICalc *call;
	LONG sum = 0;

	server.callee.has_factory = has_call_objects;
	calc = has_call_objects ? server_start(&server, SIGNAL, true)
				: callee_start(&server.callee, true);
	((struct belayi_proxy *)calc)->channel = &spy.channel;
	assert_int_equal(ICalc_Add(calc, 40, 2, &sum), S_OK);
	assert_int_equal(sum, 42);
	remember(&spy, &bytes[0]);
	call = ask_call(calc);
	assert_int_equal(AsyncICalc_Begin_Add(call, 40, 2), S_OK);
	assert_int_equal(AsyncICalc_Finish_Add(call, &sum), S_OK);
	remember(&spy, &bytes[1]);
	assert_int_equal(server.finished, has_call_objects ? 2 : 0);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&server.callee);
}

static void statement_68_all_pairings_send_the_same_bytes(void **state)
{
	struct bytes bytes[4];

	(void)state;
	send_both(false, &bytes[0]);
	send_both(true, &bytes[2]);
	for (int i = 1; i < 4; i++)
		assert_memory_equal(&bytes[i], &bytes[0], sizeof(bytes[0]));
	assert_int_equal(bytes[0].slot, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statement_68_all_pairings_send_the_same_bytes),
		cmocka_unit_test(
			statement_73_a_call_object_has_the_runtimes_event),
		cmocka_unit_test(statement_77_a_context_is_good_until_signal),
		cmocka_unit_test(statement_78_impersonation_ends_with_begin),
		cmocka_unit_test(a_signal_elsewhere_does_not_end_the_call),
		cmocka_unit_test(a_pending_call_of_a_disconnected_object_fails),
		cmocka_unit_test(
			statement_77_a_signal_during_begin_ends_the_call),
		cmocka_unit_test(
			begin_may_read_its_arguments_after_its_own_signal),
		cmocka_unit_test(a_call_that_ended_early_is_not_disconnected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
