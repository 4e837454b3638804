/* SPDX-License-Identifier: MIT */
/*
 * passed_objects.c - objects that go in and come out of calls, however these end
 *
 * Each of ITake's methods, and each end of a call: all references come back
 * while both apartments go on.
 */
#define COBJMACROS
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <belay/com/apartment.h>

#include "impl.h"
#include "jobs.h"
#include "take.h"

extern const ExtendedProxyFileInfo take_ProxyFileInfo;

/* What methods do: `how`. */
enum how { NOTHING, GATE, DISCONNECT };

/* How a call ends. */
enum ending {
	FINISHED,
	FAILED_BY_SERVER,
	CANCELED,  /* in the server's method; finished */
	FORGOTTEN, /* released in the server's method, without Finish_ */
	CANCELED_AND_FORGOTTEN,
	DISCONNECTED, /* before the server has begun it */
	DROPPED,      /* the same, and its apartment ended */
	ENDINGS
};

enum method { TAKE, GIVE, SWAP, MANY, METHODS };

/* One of the client's, and one of the server's; a reference is the test's. */
struct taker {
	ITake take;
	uint32_t refs;
};

static struct taker ours;
static struct taker theirs;

static struct {
	struct runner runner;
	IStream *stream;
	struct flag ready;
	struct flag entered; /* a method that waits at the gate */
	struct flag gate;
	struct flag stop;
	int stop_fd;
	bool is_deaf; /* serves nothing */
	HRESULT answer;
} server;

/* --- The object ---------------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE take_QueryInterface(ITake *This, REFIID riid,
						     void **ppv)
{
	return belayi_query_only(This, &IID_ITake, riid, ppv);
}

static ULONG STDMETHODCALLTYPE take_AddRef(ITake *This)
{
	return (ULONG)__atomic_add_fetch(&((struct taker *)This)->refs, 1,
					 __ATOMIC_RELAXED);
}

static ULONG STDMETHODCALLTYPE take_Release(ITake *This)
{
	return (ULONG)__atomic_sub_fetch(&((struct taker *)This)->refs, 1,
					 __ATOMIC_ACQ_REL);
}

static HRESULT act(ITake *This, LONG how)
{
	if (how == GATE) {
		flag_set(&server.entered);
		flag_wait(&server.gate);
	} else if (how == DISCONNECT) {
		flag_set(&server.entered);
		flag_wait(&server.gate);
		(void)CoDisconnectObject((IUnknown *)This, 0);
	}
	return server.answer;
}

static HRESULT STDMETHODCALLTYPE take_Take(ITake *This, LONG how, ITake *what)
{
	(void)what;
	return act(This, how);
}

static HRESULT STDMETHODCALLTYPE take_Give(ITake *This, LONG how,
					   ITake **ret_what)
{
	(void)ITake_AddRef(This);
	*ret_what = This;
	return act(This, how);
}

static HRESULT STDMETHODCALLTYPE take_Swap(ITake *This, LONG how, ITake **what)
{
	if (*what)
		(void)ITake_Release(*what);
	(void)ITake_AddRef(This);
	*what = This;
	return act(This, how);
}

static HRESULT STDMETHODCALLTYPE take_Many(ITake *This, LONG how, ULONG count,
					   ITake **what, ITake **ret_first)
{
	*ret_first = count ? what[0] : NULL;
	if (*ret_first)
		(void)ITake_AddRef(*ret_first);
	return act(This, how);
}

static ITakeVtbl take_vtbl = {
	take_QueryInterface, take_AddRef, take_Release, take_Take,
	take_Give,           take_Swap,   take_Many,
};

/* --- The server's apartment ---------------------------------------------- */

static void dispatch(void)
{
	struct pollfd fds[] = {
		{.fd = belay_apartment_fd(), .events = POLLIN},
		{.fd = server.stop_fd, .events = POLLIN},
	};

	while (!flag_is_set(&server.stop)) {
		(void)poll(fds, 2, -1);
		(void)belay_apartment_dispatch();
	}
}

static void serve(void *unused)
{
	(void)unused;
	(void)CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
	assert_int_equal(
		CoMarshalInterThreadInterfaceInStream(
			&IID_ITake, (IUnknown *)&theirs.take, &server.stream),
		S_OK);
	flag_set(&server.ready);
	if (server.is_deaf)
		flag_wait(&server.stop);
	else
		dispatch();
	CoUninitialize();
}

static ITake *start(enum ending ending)
{
	void *take;

	memset(&server, 0, sizeof(server));
	server.stop_fd = eventfd(0, EFD_CLOEXEC);
	server.answer = ending == FAILED_BY_SERVER ? E_FAIL : S_OK;
	server.is_deaf = ending == DROPPED;
	ours = (struct taker){{&take_vtbl}, 1};
	theirs = ours;
	runner_start(&server.runner, serve, NULL);
	flag_wait(&server.ready);
	assert_int_equal(CoGetInterfaceAndReleaseStream(server.stream,
							&IID_ITake, &take),
			 S_OK);
	return take;
}

static void stop(void)
{
	flag_set(&server.stop);
	(void)eventfd_write(server.stop_fd, 1);
	runner_join(&server.runner);
	(void)close(server.stop_fd);
}

/* --- The calls ----------------------------------------------------------- */

static AsyncITake *call_of(ITake *take)
{
	ICallFactory *factory;
	IUnknown *call;

	assert_int_equal(ITake_QueryInterface(take, &IID_ICallFactory,
					      (void **)&factory),
			 S_OK);
	assert_int_equal(ICallFactory_CreateCall(factory, &IID_AsyncITake, NULL,
						 &IID_AsyncITake, &call),
			 S_OK);
	(void)ICallFactory_Release(factory);
	return (AsyncITake *)call;
}

static void cancel(AsyncITake *call)
{
	ICancelMethodCalls *canceler;

	assert_int_equal(AsyncITake_QueryInterface(call,
						   &IID_ICancelMethodCalls,
						   (void **)&canceler),
			 S_OK);
	assert_int_equal(ICancelMethodCalls_Cancel(canceler, 0), S_OK);
	(void)ICancelMethodCalls_Release(canceler);
}

static void begin(AsyncITake *call, enum method method, LONG how)
{
	ITake *what[] = {&ours.take, &ours.take, NULL};
	HRESULT hr = E_UNEXPECTED;

	if (method == TAKE)
		hr = AsyncITake_Begin_Take(call, how, &ours.take);
	else if (method == GIVE)
		hr = AsyncITake_Begin_Give(call, how);
	else if (method == SWAP)
		hr = AsyncITake_Begin_Swap(call, how, what);
	else
		hr = AsyncITake_Begin_Many(call, how, 3, what);
	assert_int_equal(hr, S_OK);
}

static void finish(AsyncITake *call, enum method method, HRESULT expected)
{
	ITake *what = NULL;
	HRESULT hr;

	if (method == TAKE)
		hr = AsyncITake_Finish_Take(call);
	else if (method == GIVE)
		hr = AsyncITake_Finish_Give(call, &what);
	else if (method == SWAP)
		hr = AsyncITake_Finish_Swap(call, &what);
	else
		hr = AsyncITake_Finish_Many(call, &what);
	assert_int_equal(hr, expected);
	if (method == TAKE || (FAILED(hr) && hr != E_FAIL))
		assert_null(what);
	else if (method == MANY)
		assert_ptr_equal(what, &ours.take);
	else
		assert_non_null(what);
	if (what)
		(void)ITake_Release(what);
}

/* The server is in the call's method. */
static void end_inside(AsyncITake *call, enum method method, enum ending ending)
{
	begin(call, method, GATE);
	flag_wait(&server.entered);
	if (ending != FORGOTTEN)
		cancel(call);
	if (ending == CANCELED)
		finish(call, method, RPC_E_CALL_CANCELED);
	(void)AsyncITake_Release(call);
	flag_set(&server.gate);
}

/* The server is in a method that disconnects the object; the call waits. */
static void end_disconnected(AsyncITake *call, enum method method, ITake *take)
{
	AsyncITake *before = call_of(take);

	begin(before, TAKE, DISCONNECT);
	flag_wait(&server.entered);
	begin(call, method, NOTHING);
	flag_set(&server.gate);
	finish(before, TAKE, S_OK);
	(void)AsyncITake_Release(before);
	finish(call, method, RPC_E_DISCONNECTED);
	(void)AsyncITake_Release(call);
}

static void make_call(enum method method, enum ending ending)
{
	ITake *take = start(ending);
	AsyncITake *call = call_of(take);

	if (ending == FINISHED || ending == FAILED_BY_SERVER) {
		begin(call, method, NOTHING);
		finish(call, method, server.answer);
		(void)AsyncITake_Release(call);
	} else if (ending == DISCONNECTED) {
		end_disconnected(call, method, take);
	} else if (ending == DROPPED) {
		begin(call, method, NOTHING);
		stop();
		finish(call, method, RPC_E_DISCONNECTED);
		(void)AsyncITake_Release(call);
	} else {
		end_inside(call, method, ending);
	}
	(void)ITake_Release(take);
	until(__atomic_load_n(&ours.refs, __ATOMIC_ACQUIRE) == 1 &&
	      __atomic_load_n(&theirs.refs, __ATOMIC_ACQUIRE) == 1);
	if (ending != DROPPED)
		stop();
}

static void objects_come_back_however_a_call_ends(void **state)
{
	(void)state;
	assert_int_equal(belay_register_proxies(&take_ProxyFileInfo), S_OK);
	assert_int_equal(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
	for (int method = 0; method < METHODS; method++)
		for (int ending = 0; ending < ENDINGS; ending++)
			make_call((enum method)method, (enum ending)ending);
	CoUninitialize();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_come_back_however_a_call_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
