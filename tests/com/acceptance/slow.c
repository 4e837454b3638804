/* SPDX-License-Identifier: MIT */
/*
 * slow.c - calls of Slow that last until the test opens the calc's gate
 */
#define COBJMACROS
#include "slow.h"

#include "asleep.h"

/* What Finish_ has to write over. */
#define UNTOUCHED 0xdead

void slow_begin(AsyncICalc *call)
{
	assert_int_equal(AsyncICalc_Begin_Slow(call, CALC_GATE), S_OK);
}

AsyncICalc *slow_begun(struct pairing *pairing)
{
	AsyncICalc *call = pairing_call(pairing);

	slow_begin(call);
	calc_await(pairing->calc, entered, 1);
	return call;
}

void slow_finish(AsyncICalc *call, HRESULT expected)
{
	ULONG slept = UNTOUCHED;

	assert_int_equal(AsyncICalc_Finish_Slow(call, &slept), expected);
	assert_int_not_equal(slept, UNTOUCHED);
	if (expected != S_OK)
		assert_int_equal(slept, 0);
}

void slow_open_when_asleep(void *data)
{
	struct slow_opener *opener = data;

	calc_await(opener->calc, entered, 1);
	thread_await_sleep(opener->client);
	__atomic_store_n(&opener->opened, true, __ATOMIC_RELEASE);
	calc_open(opener->calc);
}
