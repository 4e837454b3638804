/* SPDX-License-Identifier: MIT */
/*
 * references.c - identity and lifetime of objects across apartments
 *
 * Every test runs for each pair of kinds of apartments: the object lives in
 * `home`, and is used from `away`.
 */
#define COBJMACROS

#include <dirent.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "parcels.h"

static struct room home;
static struct room away;

struct pair {
	DWORD home;
	DWORD away;
};

static const struct pair sta_mta = {COINIT_APARTMENTTHREADED,
				    COINIT_MULTITHREADED};
static const struct pair mta_sta = {COINIT_MULTITHREADED,
				    COINIT_APARTMENTTHREADED};
static const struct pair sta_sta = {COINIT_APARTMENTTHREADED,
				    COINIT_APARTMENTTHREADED};

static int open_rooms(void **state)
{
	const struct pair *pair = *state;

	counted_register();
	room_open(&home, pair->home);
	room_open(&away, pair->away);
	return 0;
}

static int close_rooms(void **state)
{
	(void)state;
	room_close(&away);
	room_close(&home);
	return counted_alive() ? -1 : 0;
}

/* Everything is released where it was last; then nothing is left. */
#define assert_gone() assert_true(comes_true(counted_gone, NULL))

/* --- Identity ------------------------------------------------------------ */

static void an_object_comes_back_as_itself(void **state)
{
	struct parcel parcel = {.mshctx = MSHCTX_INPROC};
	struct counted *counted;

	(void)state;
	room_run(&home, parcel_make, &parcel);
	counted = parcel.counted;
	room_run(&home, parcel_pack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&home, parcel_drop, &parcel);
	room_run(&home, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_ptr_equal(parcel.pointer, counted);
	/* Nobody outside has it: the export is gone, and its references. */
	assert_int_equal(counted_refs(counted), 1);
	room_run(&home, parcel_drop, &parcel);
	assert_int_equal(counted_alive(), 0);
	parcel_close(&parcel);
}

static void an_object_has_one_proxy_in_an_apartment(void **state)
{
	struct parcel parcel = {0};
	IUnknown *first;

	(void)state;
	parcel_send(&parcel, &home, &away);
	assert_ptr_not_equal(parcel.pointer, parcel.counted);
	room_run(&away, parcel_identity, &parcel);
	first = parcel.other;

	/* Once more, as another interface. */
	parcel.iid = &IID_ICalcMemory;
	parcel.pointer = (IUnknown *)&parcel.counted->calc;
	struct parcel again = parcel;

	room_run(&home, parcel_pack, &again);
	assert_int_equal(again.result, S_OK);
	room_run(&away, parcel_unpack, &again);
	assert_int_equal(again.result, S_OK);
	room_run(&away, parcel_identity, &again);
	assert_ptr_equal(again.other, first);

	room_run(&away, parcel_query, &again);
	assert_ptr_equal(again.other, again.pointer);
	room_run(&away, parcel_drop_other, &again);
	room_run(&away, parcel_drop, &again);
	again.pointer = first;
	room_run(&away, parcel_drop, &again);
	assert_int_equal(again.refs, 0);
	parcel_close(&again);
	assert_gone();
}

static void a_proxy_goes_home_as_the_object(void **state)
{
	struct parcel parcel = {0};
	IUnknown *proxy;

	(void)state;
	parcel_send(&parcel, &home, &away);
	proxy = parcel.pointer;
	room_run(&away, parcel_pack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&home, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_ptr_equal(parcel.pointer, parcel.counted);
	room_run(&home, parcel_drop, &parcel);
	parcel.pointer = proxy;
	room_run(&away, parcel_drop, &parcel);
	parcel_close(&parcel);
	assert_gone();
}

static void a_proxy_goes_on_as_the_object_itself(void **state)
{
	struct parcel parcel = {0};
	struct room third;
	IUnknown *proxy;

	(void)state;
	room_open(&third, COINIT_APARTMENTTHREADED);
	parcel_send(&parcel, &home, &away);
	proxy = parcel.pointer;
	room_run(&away, parcel_pack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	/* The one in the middle is not needed any more. */
	parcel.pointer = proxy;
	room_run(&away, parcel_drop, &parcel);
	room_run(&third, parcel_unpack, &parcel);
	assert_int_equal(parcel.result, S_OK);
	parcel.iid = &IID_ICalcMemory;
	room_run(&third, parcel_query, &parcel);
	assert_int_equal(parcel.result, S_OK);
	room_run(&third, parcel_drop_other, &parcel);
	room_run(&third, parcel_drop, &parcel);
	parcel_close(&parcel);
	assert_gone();
	room_close(&third);
}

/* --- What proxies answer ------------------------------------------------- */

static void a_proxy_answers_its_own_interfaces_itself(void **state)
{
	static const IID *const own[] = {
		&IID_IUnknown,        &IID_IMultiQI,     &IID_IMarshal,
		&IID_IClientSecurity, &IID_ICallFactory,
	};
	struct parcel parcel = {0};

	(void)state;
	parcel_send(&parcel, &home, &away);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		parcel.iid = own[i];
		room_run(&away, parcel_query, &parcel);
		assert_int_equal(parcel.result, S_OK);
		room_run(&away, parcel_drop_other, &parcel);
	}
	room_run(&away, parcel_drop, &parcel);
	assert_gone();
}

static void another_interface_is_asked_for_once(void **state)
{
	struct parcel parcel = {0};
	IUnknown *first;

	(void)state;
	parcel_send(&parcel, &home, &away);
	parcel.iid = &IID_ICalcMemory;
	assert_int_equal(parcel.counted->queries, 0);
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, S_OK);
	first = parcel.other;
	assert_int_equal(parcel.counted->queries, 1);
	room_run(&away, parcel_query, &parcel);
	assert_ptr_equal(parcel.other, first);
	assert_int_equal(parcel.counted->queries, 1);
	room_run(&away, parcel_drop_other, &parcel);
	parcel.other = first;
	room_run(&away, parcel_drop_other, &parcel);
	room_run(&away, parcel_drop, &parcel);
	assert_gone();
}

static void what_an_object_lacks_its_proxy_lacks(void **state)
{
	struct parcel parcel = {0};

	(void)state;
	parcel_send(&parcel, &home, &away);
	parcel.iid = &IID_IStream;
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, E_NOINTERFACE);
	assert_null(parcel.other);
	/* The object has it, but nobody can marshal it. */
	parcel.iid = &counted_unregistered;
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, REGDB_E_IIDNOTREG);
	/* Asynchronous interfaces are call objects'. */
	parcel.iid = &IID_AsyncICalc;
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, E_NOINTERFACE);
	room_run(&away, parcel_drop, &parcel);
	assert_gone();
}

static void query_many(void *data)
{
	struct parcel *parcel = data;
	MULTI_QI queries[] = {
		{.pIID = &IID_ICalc},
		{.pIID = &IID_ICalcMemory},
		{.pIID = &IID_IStream},
	};
	IMultiQI *multi;

	parcel->result = IUnknown_QueryInterface(parcel->pointer, &IID_IMultiQI,
						 (void **)&multi);
	if (FAILED(parcel->result))
		return;
	parcel->result = IMultiQI_QueryMultipleInterfaces(multi, 3, queries);
	parcel->refs = 0;
	for (int i = 0; i < 3; i++)
		if (SUCCEEDED(queries[i].hr)) {
			IUnknown_Release(queries[i].pItf);
			parcel->refs++;
		}
	IMultiQI_Release(multi);
}

static void many_interfaces_can_be_asked_for_at_once(void **state)
{
	struct parcel parcel = {0};

	(void)state;
	parcel_send(&parcel, &home, &away);
	room_run(&away, query_many, &parcel);
	assert_int_equal(parcel.result, S_FALSE);
	assert_int_equal(parcel.refs, 2);
	room_run(&away, parcel_drop, &parcel);
	assert_gone();
}

static void a_proxy_is_good_in_its_apartment_only(void **state)
{
	struct parcel parcel = {0};
	struct room third;

	(void)state;
	room_open(&third, COINIT_APARTMENTTHREADED);
	parcel_send(&parcel, &home, &away);
	room_run(&third, parcel_query, &parcel);
	assert_int_equal(parcel.result, RPC_E_WRONG_THREAD);
	assert_null(parcel.other);
	room_run(&third, parcel_pack, &parcel);
	assert_int_equal(parcel.result, RPC_E_WRONG_THREAD);
	parcel_close(&parcel);
	/* This thread is in no apartment. */
	parcel_query(&parcel);
	assert_int_equal(parcel.result, CO_E_NOTINITIALIZED);
	/* Releasing it is harmless everywhere. */
	room_run(&third, parcel_drop, &parcel);
	assert_int_equal(parcel.refs, 0);
	assert_gone();
	room_close(&third);
}

static void copy_proxy(void *data)
{
	struct parcel *parcel = data;
	IClientSecurity *security;
	DWORD authn = 0;

	parcel->result = IUnknown_QueryInterface(
		parcel->pointer, &IID_IClientSecurity, (void **)&security);
	if (FAILED(parcel->result))
		return;
	parcel->result = IClientSecurity_CopyProxy(security, parcel->pointer,
						   &parcel->other);
	if (SUCCEEDED(parcel->result))
		parcel->result = IClientSecurity_QueryBlanket(
			security, parcel->other, &authn, NULL, NULL, NULL, NULL,
			NULL, NULL);
	IClientSecurity_Release(security);
}

static void copies_of_a_proxy_have_references_of_their_own(void **state)
{
	struct parcel parcel = {0};
	IUnknown *copy;

	(void)state;
	parcel_send(&parcel, &home, &away);
	room_run(&away, copy_proxy, &parcel);
	assert_int_equal(parcel.result, S_OK);
	copy = parcel.other;
	assert_ptr_not_equal(copy, parcel.pointer);
	room_run(&away, parcel_drop, &parcel);
	assert_int_equal(counted_alive(), 1);
	/* It is the same object, and found as its regular proxy. */
	parcel.pointer = copy;
	room_run(&away, parcel_query, &parcel);
	assert_int_equal(parcel.result, S_OK);
	assert_ptr_not_equal(parcel.other, copy);
	room_run(&away, parcel_drop_other, &parcel);
	room_run(&away, parcel_drop, &parcel);
	assert_int_equal(parcel.refs, 0);
	assert_gone();
}

/* --- Lifetime ------------------------------------------------------------ */

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

/* Each test for each pair. */
#define TEST(name, pair)                                                       \
	{                                                                      \
#name " (" #pair ")", name, open_rooms, close_rooms,           \
			(void *)&(pair)                                        \
	}
#define TESTS(name)                                                            \
	TEST(name, sta_mta), TEST(name, mta_sta), TEST(name, sta_sta)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TESTS(an_object_comes_back_as_itself),
		TESTS(an_object_has_one_proxy_in_an_apartment),
		TESTS(a_proxy_goes_home_as_the_object),
		TESTS(a_proxy_goes_on_as_the_object_itself),
		TESTS(a_proxy_answers_its_own_interfaces_itself),
		TESTS(another_interface_is_asked_for_once),
		TESTS(what_an_object_lacks_its_proxy_lacks),
		TESTS(many_interfaces_can_be_asked_for_at_once),
		TESTS(a_proxy_is_good_in_its_apartment_only),
		TESTS(copies_of_a_proxy_have_references_of_their_own),
		TESTS(a_release_waits_for_nobody),
		TESTS(disconnected_objects_are_let_go_at_once),
		TESTS(calls_arrive_until_the_object_is_disconnected),
		TESTS(a_disconnected_object_can_be_marshaled_anew),
		TESTS(a_lock_keeps_an_object),
		TESTS(the_end_of_an_apartment_lets_its_objects_go),
		TESTS(the_end_of_an_apartment_lets_go_what_it_used),
		TESTS(what_waits_for_an_apartment_that_ends_fails),
		TESTS(two_apartments_can_ask_each_other),
		TESTS(a_child_process_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
