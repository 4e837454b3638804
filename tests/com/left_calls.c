/* SPDX-License-Identifier: MIT */
/*
 * left_calls.c - calls whose client has left: they are served to their end
 */
#define COBJMACROS
#include "export.h"
#include "import.h"
#include "proxy.h"
#include "served.h"

/* Begins a call, and ends its apartment without finishing it. */
static struct belayi_export *begin_and_leave(struct server *server,
					     enum duty duty)
{
	ICalc *calc = server_start(server, duty, true);
	struct belayi_export *export =
		((struct belayi_proxy *)calc)->import->export;
	AsyncICalc *call = ask_call(calc);

	belayi_export_ref(export);
	assert_int_equal(AsyncICalc_Begin_Add(call, 40, 2), S_OK);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	CoUninitialize();
	return export;
}

static void end(struct server *server, struct belayi_export *export)
{
	belayi_export_unref(export);
	assert_int_equal(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), S_OK);
	callee_stop(&server->callee);
}

#define CLIENTS 2000

static void call_and_leave(void *data)
{
	void *calc;
	AsyncICalc *call;

	(void)CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
	assert_int_equal(
		CoGetInterfaceAndReleaseStream(data, &IID_ICalc, &calc), S_OK);
	call = ask_call(calc);
	assert_int_equal(AsyncICalc_Begin_Slow(call, GATED), S_OK);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release((ICalc *)calc);
	CoUninitialize();
}

/* Each client has the only reference, and leaves as its call arrives. */
static void run_clients(void *data)
{
	struct callee *callee = data;
	IStream *stream;

	(void)CoInitializeEx(NULL, COINIT_MULTITHREADED);
	for (int i = 0; i < CLIENTS; i++) {
		assert_int_equal(
			CoMarshalInterThreadInterfaceInStream(
				&IID_ICalc, (IUnknown *)&callee->calc, &stream),
			S_OK);
		runner_run(call_and_leave, stream);
	}
	CoUninitialize();
}

static void statement_25_a_call_on_its_way_is_served(void **state)
{
	struct callee callee = {0};
	ICalc *calc = callee_start(&callee, true);

	(void)state;
	callee_open(&callee);
	(void)ICalc_AddRef(&callee.calc);
	(void)ICalc_Release(calc);
	runner_run(run_clients, &callee);
	until(__atomic_load_n(&callee.left, __ATOMIC_ACQUIRE) == CLIENTS);
	(void)ICalc_Release(&callee.calc);
	callee_stop(&callee);
}

/* The call has begun, and its client's reference is gone. */
static struct belayi_export *leave_in_progress(struct server *server)
{
	struct belayi_export *export = begin_and_leave(server, KEEP);

	flag_wait(&server->begun);
	until(__atomic_load_n(&export->uses, __ATOMIC_ACQUIRE) &
	      BELAYI_EXPORT_WAITS);
	assert_true(belayi_export_connected(export));
	return export;
}

/* In the multithreaded apartment, which is the server's. */
static void end_call(void *data)
{
	struct server *server = data;

	(void)CoInitializeEx(NULL, COINIT_MULTITHREADED);
	server_wait_begun(server->kept);
	server_signal(server->kept);
	server_let_go(server->kept);
	CoUninitialize();
}

static void a_call_in_progress_keeps_its_object_connected(void **state)
{
	struct server server = {0};
	struct belayi_export *export = leave_in_progress(&server);

	(void)state;
	runner_run(end_call, &server);
	assert_int_equal(server.finished, 1);
	until(!belayi_export_connected(export));
	end(&server, export);
}

static void disconnect(void *data)
{
	struct server *server = data;

	(void)CoInitializeEx(NULL, COINIT_MULTITHREADED);
	server_wait_begun(server->kept);
	(void)CoDisconnectObject((IUnknown *)&server->callee.calc, 0);
	server_let_go(server->kept);
	CoUninitialize();
}

static void a_call_in_progress_ends_with_its_object(void **state)
{
	struct server server = {0};
	struct belayi_export *export = leave_in_progress(&server);

	(void)state;
	runner_run(disconnect, &server);
	assert_false(belayi_export_connected(export));
	assert_int_equal(server.finished, 0);
	end(&server, export);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statement_25_a_call_on_its_way_is_served),
		cmocka_unit_test(a_call_in_progress_keeps_its_object_connected),
		cmocka_unit_test(a_call_in_progress_ends_with_its_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
