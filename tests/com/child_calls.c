/* SPDX-License-Identifier: MIT */
/*
 * child_calls.c - a child process calls what it made itself, as its parent did
 */
#define COBJMACROS
#include "ask.h"
#include "pair.h"

#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_S 6

/* A synchronous and an asynchronous call, of what was unmarshaled here. */
static int call_both_ways(IUnknown *object)
{
	ICalc *calc = (ICalc *)object;
	AsyncICalc *call = ask_call(calc);
	LONG sums[2] = {0};

	if (ICalc_Add(calc, 1, 2, &sums[0]) != S_OK ||
	    AsyncICalc_Begin_Add(call, 3, 4) != S_OK ||
	    AsyncICalc_Finish_Add(call, &sums[1]) != S_OK)
		return 1;
	(void)AsyncICalc_Release(call);
	return sums[0] == 3 && sums[1] == 7 ? 0 : 2;
}

/* The kinds are the parent's; the apartments and the object are new. */
static int live(DWORD own, DWORD others)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC};
	struct room third;
	int answer;

	(void)alarm(PATIENCE_S);
	room_open(&third, others);
	if (CoInitializeEx(NULL, own) != S_OK)
		return 3;
	room_run(&third, parcel_make, &parcel);
	room_run(&third, parcel_pack, &parcel);
	room_run(&third, parcel_drop, &parcel);
	parcel_unpack(&parcel);
	if (parcel.result != S_OK)
		return 4;
	answer = call_both_ways(parcel.pointer);
	parcel_drop(&parcel);
	room_close(&third);
	CoUninitialize();
	return answer;
}

struct family {
	const struct pair *pair;
	struct parcel parcel;
	int answers[2]; /* the parent's before and after */
	int status;     /* the child's */
};

/* A thread that forks has called before, and kept something of the calls. */
static void call_and_fork(void *data)
{
	struct family *family = data;
	pid_t child;

	family->answers[0] = call_both_ways(family->parcel.pointer);
	child = fork();
	if (child == 0)
		_exit(live(family->pair->away, family->pair->home));
	if (child < 0 || waitpid(child, &family->status, 0) != child)
		family->status = -1;
	family->answers[1] = call_both_ways(family->parcel.pointer);
}

static void a_child_calls_from_an_apartment_of_its_own(void **state)
{
	struct family family = {.pair = *state};

	parcel_send(&family.parcel, &home, &away);
	room_run(&away, call_and_fork, &family);
	assert_int_equal(family.status, 0);
	assert_int_equal(family.answers[0], 0);
	assert_int_equal(family.answers[1], 0);
	room_run(&away, parcel_drop, &family.parcel);
	assert_gone();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PAIR(a_child_calls_from_an_apartment_of_its_own, sta_mta),
		IN_PAIR(a_child_calls_from_an_apartment_of_its_own, mta_sta),
		IN_PAIR(a_child_calls_from_an_apartment_of_its_own, sta_sta),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
