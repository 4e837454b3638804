/* SPDX-License-Identifier: MIT */
/*
 * lifetimes.c - lifetime of objects across apartments, and what meets its
 * end
 *
 * Every test runs for each pair of kinds of apartments.
 */
#define COBJMACROS

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pair.h"

static void be_busy(void *data)
{
	(void)sem_wait(data);
}

static void a_release_waits_for_nobody(void **state)
{
	struct parcel parcel = {0};
	sem_t busy;

	(void)state;
	parcel_send(&parcel, &home, &away);
	/* Where the object's thread has other things to do. */
	assert_int_equal(sem_init(&busy, 0, 0), 0);
	room_start(&home, be_busy, &busy);
	room_run(&away, parcel_drop, &parcel);
	assert_int_equal(parcel.refs, 0);
	assert_int_equal(sem_post(&busy), 0);
	room_wait(&home);
	assert_gone();
	assert_int_equal(sem_destroy(&busy), 0);
}

static void disconnected_objects_are_let_go_at_once(void **state)
{
	struct parcel parcel = {0};
	struct counted *counted;
	IUnknown *proxy;

	(void)state;
	parcel_send(&parcel, &home, &away);
	counted = parcel.counted;
	proxy = parcel.pointer;
	parcel.pointer = (IUnknown *)counted;
	room_run(&home, parcel_disconnect, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_int_equal(counted_alive(), 0);
	parcel.pointer = proxy;
	parcel.iid = &IID_ICalcMemory;
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, RPC_E_DISCONNECTED);
	/* What it knew already it still has. */
	parcel.iid = NULL;
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&away, parcel_drop_other, &parcel);
	room_run(&away, parcel_drop, &parcel);
	assert_int_equal(parcel.refs, 0);
}

static void add(void *data)
{
	struct parcel *parcel = data;
	LONG sum = -1;

	parcel->result = ICalc_Add((ICalc *)parcel->pointer, 2, 3, &sum);
	parcel->refs = (ULONG)sum;
}

static void calls_arrive_until_the_object_is_disconnected(void **state)
{
	struct parcel parcel = {0};
	IUnknown *proxy;

	(void)state;
	parcel_send(&parcel, &home, &away);
	room_run(&away, add, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_int_equal(parcel.refs, 5);
	add(&parcel);
	assert_int_equal(parcel.result, CO_E_NOTINITIALIZED);
	proxy = parcel.pointer;
	parcel.pointer = (IUnknown *)parcel.counted;
	room_run(&home, parcel_disconnect, &parcel);
	parcel.pointer = proxy;
	room_run(&away, add, &parcel);
	assert_int_equal(parcel.result, RPC_E_DISCONNECTED);
	parcel.mshctx = MSHCTX_INPROC;
	room_run(&away, parcel_pack, &parcel);
	assert_int_equal(parcel.result, CO_E_OBJNOTCONNECTED);
	parcel_close(&parcel);
	room_run(&away, parcel_drop, &parcel);
	assert_int_equal(counted_alive(), 0);
}

static void a_disconnected_object_can_be_marshaled_anew(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC};
	struct parcel old;

	(void)state;
	room_run(&home, parcel_make, &parcel);
	room_run(&home, parcel_pack, &parcel);
	old = parcel;
	room_run(&home, parcel_disconnect, &parcel);
	assert_int_equal(counted_refs(parcel.counted), 1);
	room_run(&away, parcel_unpack, &old);
	assert_int_equal(old.result, CO_E_OBJNOTCONNECTED);
	parcel_close(&old);
	room_run(&home, parcel_pack, &parcel);
	room_run(&home, parcel_drop, &parcel);
	room_run(&away, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&away, parcel_drop, &parcel);
	parcel_close(&parcel);
	assert_gone();
}

static int count_descriptors(void)
{
	DIR *descriptors = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(descriptors);
	while (readdir(descriptors))
		count++;
	(void)closedir(descriptors);
	return count;
}

/* In an apartment of its own, with its descriptor. */
static void *lock_and_leave(void *disconnects)
{
	struct parcel parcel = {0};

	(void)CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
	(void)belay_apartment_fd();
	parcel_make(&parcel);
	parcel_lock(&parcel);
	parcel_lock(&parcel);
	if (disconnects)
		parcel_disconnect(&parcel);
	parcel_drop(&parcel);
	CoUninitialize();
	return NULL;
}

static void a_lock_goes_with_its_apartment(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		int before = count_descriptors();
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, lock_and_leave,
						i ? &thread : NULL),
				 0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(counted_alive(), 0);
		assert_int_equal(count_descriptors(), before);
	}
}

static void a_lock_keeps_an_object(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC};

	(void)state;
	room_run(&home, parcel_make, &parcel);
	room_run(&home, parcel_lock, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&home, parcel_lock, &parcel);
	assert_true(counted_refs(parcel.counted) > 1);
	room_run(&home, parcel_unlock, &parcel);
	assert_true(counted_refs(parcel.counted) > 1);
	room_run(&home, parcel_unlock, &parcel);
	assert_int_equal(counted_refs(parcel.counted), 1);
	/* One too many takes nothing from others. */
	room_run(&home, parcel_pack, &parcel);
	room_run(&home, parcel_unlock, &parcel);
	assert_int_equal(parcel.result, CO_E_OBJNOTREG);
	room_run(&home, parcel_drop, &parcel);
	assert_int_equal(counted_alive(), 1);
	room_run(&home, parcel_throw, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_int_equal(counted_alive(), 0);
	parcel_close(&parcel);
}

static void the_end_of_an_apartment_lets_its_objects_go(void **state)
{
	struct parcel parcel = {0};
	struct room third;

	(void)state;
	room_open(&third, COINIT_APARTMENTTHREADED);
	parcel_send(&parcel, &third, &away);
	room_close(&third);
	assert_int_equal(counted_alive(), 0);
	parcel.iid = &IID_ICalcMemory;
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, RPC_E_DISCONNECTED);
	room_run(&away, parcel_drop, &parcel);
	assert_int_equal(parcel.refs, 0);
}

static void the_end_of_an_apartment_lets_go_what_it_used(void **state)
{
	struct parcel parcel = {0};
	struct room third;

	(void)state;
	room_open(&third, COINIT_APARTMENTTHREADED);
	parcel_send(&parcel, &home, &third);
	room_close(&third);
	assert_gone();
	/* The pointer is still counted, and good for nothing else. */
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, RPC_E_WRONG_THREAD);
	room_run(&away, parcel_drop, &parcel);
	assert_int_equal(parcel.refs, 0);
}

/* --- Calls and questions that meet an end -------------------------------- */

struct errand {
	struct parcel parcel;
	sem_t busy;
	sem_t go;
};

/* Ends the apartment with what waits for it, and begins another one. */
static void end_busy_apartment(void *data)
{
	struct errand *errand = data;

	(void)sem_post(&errand->busy);
	(void)sem_wait(&errand->go);
	CoUninitialize();
	(void)CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
}

static void what_waits_for_an_apartment_that_ends_fails(void **state)
{
	void (*const asks[])(void *) = {add, parcel_query};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct errand errand = {.parcel = {.iid = &IID_ICalc}};
		struct pollfd waiting = {.events = POLLIN};
		struct room third;

		room_open(&third, COINIT_APARTMENTTHREADED);
		assert_int_equal(sem_init(&errand.busy, 0, 0), 0);
		assert_int_equal(sem_init(&errand.go, 0, 0), 0);
		parcel_send(&errand.parcel, &third, &away);
		errand.parcel.iid = &IID_ICalcMemory;
		waiting.fd = room_fd(&third);
		room_start(&third, end_busy_apartment, &errand);
		assert_int_equal(sem_wait(&errand.busy), 0);
		room_start(&away, asks[i], &errand.parcel);
		/* Readable: it waits in the queue. */
		assert_int_equal(poll(&waiting, 1, 60000), 1);
		assert_int_equal(sem_post(&errand.go), 0);
		room_wait(&third);
		room_wait(&away);
		assert_int_equal(errand.parcel.result, RPC_E_DISCONNECTED);
		assert_int_equal(counted_alive(), 0);
		room_run(&away, parcel_drop, &errand.parcel);
		room_close(&third);
		assert_int_equal(sem_destroy(&errand.go), 0);
		assert_int_equal(sem_destroy(&errand.busy), 0);
	}
}

static void query_often(void *data)
{
	struct parcel *parcel = data;

	for (int i = 0; i < 100; i++) {
		parcel_query(parcel);
		if (parcel->result != E_NOINTERFACE)
			return;
	}
}

static void two_apartments_can_ask_each_other(void **state)
{
	struct parcel there = {0};
	struct parcel here = {0};

	(void)state;
	parcel_send(&there, &home, &away);
	parcel_send(&here, &away, &home);
	there.iid = here.iid = &IID_IStream;
	room_start(&away, query_often, &there);
	room_start(&home, query_often, &here);
	room_wait(&away);
	room_wait(&home);
	assert_int_equal(there.result, E_NOINTERFACE);
	assert_int_equal(here.result, E_NOINTERFACE);
	room_run(&away, parcel_drop, &there);
	room_run(&home, parcel_drop, &here);
	assert_gone();
}

/* --- Child processes ----------------------------------------------------- */

static int count_threads(void)
{
	DIR *threads = opendir("/proc/self/task");
	int count = 0;

	while (threads && readdir(threads))
		count++;
	if (threads)
		(void)closedir(threads);
	return count - 2; /* "." and ".." */
}

/* The child's only thread is in no apartment, and nobody serves it. */
static void use_in_child(const struct parcel *parcel)
{
	struct parcel mine = *parcel;

	alarm(60);
	parcel_query(&mine);
	if (mine.result != CO_E_NOTINITIALIZED)
		_exit(1);
	parcel_drop(&mine);
	if (mine.refs)
		_exit(2);
	/* It was told to nobody: no thread was started for that. */
	if (count_threads() != 1)
		_exit(5);
	/* An apartment of its own, with objects of its own. */
	if (FAILED(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED)))
		_exit(3);
	mine.mshctx = MSHCTX_INPROC;
	parcel_make(&mine);
	parcel_pack(&mine);
	parcel_drop(&mine);
	parcel_unpack(&mine);
	if (mine.result != S_OK || mine.pointer != (IUnknown *)mine.counted)
		_exit(4);
	parcel_drop(&mine);
	CoUninitialize();
	_exit(0);
}

static void a_child_process_begins_anew(void **state)
{
	struct parcel parcel = {0};
	int status = -1;
	pid_t child;

	(void)state;
	parcel_send(&parcel, &home, &away);
	child = fork();
	if (!child)
		use_in_child(&parcel);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(counted_alive(), 1);
	room_run(&away, parcel_drop, &parcel);
	assert_gone();
}

#define TESTS(name)                                                            \
	IN_PAIR(name, sta_mta), IN_PAIR(name, mta_sta), IN_PAIR(name, sta_sta)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS(a_release_waits_for_nobody),
		TESTS(disconnected_objects_are_let_go_at_once),
		TESTS(calls_arrive_until_the_object_is_disconnected),
		TESTS(a_disconnected_object_can_be_marshaled_anew),
		TESTS(a_lock_keeps_an_object),
		cmocka_unit_test(a_lock_goes_with_its_apartment),
		TESTS(the_end_of_an_apartment_lets_its_objects_go),
		TESTS(the_end_of_an_apartment_lets_go_what_it_used),
		TESTS(what_waits_for_an_apartment_that_ends_fails),
		TESTS(two_apartments_can_ask_each_other),
		TESTS(a_child_process_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
