/* SPDX-License-Identifier: MIT */
/*
 * dying_servers.c - threads that end inside of what they serve
 */
#define COBJMACROS
#include "apartment_parts.h"
#include "export.h"
#include "import.h"
#include "served.h"

#include <pthread.h>

static const bool single_client = true; /* of the multithreaded apartment */

static struct belayi_export *export_of(AsyncICalc *call)
{
	return object_of(call)->client.proxy->stub->export;
}

/* --- A method ------------------------------------------------------------ */

/* An ICalc whose Fail() does not return. */
struct dying {
	struct callee callee;
	ICalcVtbl vtbl;
};

static HRESULT STDMETHODCALLTYPE die(ICalc *This, HRESULT hr, LONG *value)
{
	(void)This;
	(void)hr;
	(void)value;
	pthread_exit(NULL);
}

static ICalc *dying_start(struct dying *dying, bool is_single_client)
{
	ICalc *calc = callee_start(&dying->callee, is_single_client);

	dying->vtbl = *dying->callee.calc.lpVtbl;
	dying->vtbl.Fail = die;
	dying->callee.calc.lpVtbl = &dying->vtbl;
	return calc;
}

static void a_method_that_ends_its_apartment_fails(void **state)
{
	struct dying dying = {0};
	ICalc *calc = dying_start(&dying, !single_client);
	LONG value = 1;

	(void)state;
	assert_int_equal(ICalc_Fail(calc, E_FAIL, &value), RPC_E_SERVER_DIED);
	assert_int_equal(value, 0);
	assert_int_equal(ICalc_Add(calc, 1, 2, &value), RPC_E_DISCONNECTED);
	(void)ICalc_Release(calc);
	callee_stop(&dying.callee);
}

static void what_is_asked_while_a_method_dies_fails_too(void **state)
{
	struct dying dying = {0};
	ICalc *calc = dying_start(&dying, !single_client);
	AsyncICalc *slow = ask_call(calc);
	AsyncICalc *fail = ask_call(calc);
	AsyncICalc *add = ask_call(calc);
	ULONG slept;
	LONG value;

	(void)state;
	assert_int_equal(AsyncICalc_Begin_Slow(slow, GATED), S_OK);
	assert_int_equal(AsyncICalc_Begin_Fail(fail, E_FAIL), S_OK);
	assert_int_equal(AsyncICalc_Begin_Add(add, 1, 2), S_OK);
	callee_open(&dying.callee);
	assert_int_equal(AsyncICalc_Finish_Slow(slow, &slept), S_OK);
	assert_int_equal(AsyncICalc_Finish_Fail(fail, &value),
			 RPC_E_SERVER_DIED);
	assert_int_equal(AsyncICalc_Finish_Add(add, &value),
			 RPC_E_DISCONNECTED);
	(void)AsyncICalc_Release(slow);
	(void)AsyncICalc_Release(fail);
	(void)AsyncICalc_Release(add);
	(void)ICalc_Release(calc);
	callee_stop(&dying.callee);
}

static unsigned int workers_of(struct belayi_pool *pool)
{
	unsigned int workers;

	(void)pthread_mutex_lock(&pool->lock);
	workers = pool->workers;
	(void)pthread_mutex_unlock(&pool->lock);
	return workers;
}

static void a_pool_does_without_threads_that_methods_end(void **state)
{
	struct dying dying = {0};
	ICalc *calc = dying_start(&dying, single_client);
	AsyncICalc *call = ask_call(calc);
	struct belayi_pool *pool = &export_of(call)->apartment->pool;
	LONG value;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ICalc_Fail(calc, E_FAIL, &value),
				 RPC_E_SERVER_DIED);
		assert_int_equal(ICalc_Add(calc, i, 2, &value), S_OK);
		assert_int_equal(value, i + 2);
	}
	/* Those that are left; a busy machine may have wanted more than one. */
	until(workers_of(pool) < 5);
	(void)AsyncICalc_Release(call);
	(void)ICalc_Release(calc);
	callee_stop(&dying.callee);
}

/* --- A call object ------------------------------------------------------- */

static void try_to_die(enum duty duty, bool is_single_client, HRESULT expected)
{
	struct server server = {0};
	ICalc *calc = server_start(&server, duty, is_single_client);
	LONG sum = 1;

	assert_int_equal(ICalc_Add(calc, 1, 2, &sum), expected);
	assert_int_equal(sum, expected == S_OK ? 3 : 0);
	(void)ICalc_Release(calc);
	callee_stop(&server.callee);
}

static void a_begin_that_does_not_return_fails(void **state)
{
	(void)state;
	try_to_die(DIE, single_client, RPC_E_SERVER_DIED);
	try_to_die(DIE, !single_client, RPC_E_SERVER_DIED);
}

static void one_that_signaled_before_does_not(void **state)
{
	(void)state;
	try_to_die(SIGNAL_DIE, single_client, S_OK);
	try_to_die(SIGNAL_DIE, !single_client, S_OK);
}

static void a_finish_that_does_not_return_fails(void **state)
{
	(void)state;
	try_to_die(DIE_FINISHING, single_client, RPC_E_SERVER_DIED);
	try_to_die(DIE_FINISHING, !single_client, RPC_E_SERVER_DIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_method_that_ends_its_apartment_fails),
		cmocka_unit_test(what_is_asked_while_a_method_dies_fails_too),
		cmocka_unit_test(a_pool_does_without_threads_that_methods_end),
		cmocka_unit_test(a_begin_that_does_not_return_fails),
		cmocka_unit_test(one_that_signaled_before_does_not),
		cmocka_unit_test(a_finish_that_does_not_return_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
