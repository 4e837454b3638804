/* SPDX-License-Identifier: MIT */
/*
 * pairing.c - starts and stops a client and a server
 */
#define COBJMACROS
#include "pairing.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "check.h"

extern const ExtendedProxyFileInfo calc_ProxyFileInfo;

static void add_one(int fd)
{
	uint64_t one = 1;

	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
}

static void take_one(int fd)
{
	uint64_t ignored;

	assert_int_equal(read(fd, &ignored, sizeof(ignored)), sizeof(ignored));
}

/*
 * The loop of a server's thread: as in the documentation, and the jobs. It
 * goes on until the last thread of a call object has signaled.
 */
static void serve(struct pairing *pairing, struct calc *calc)
{
	struct pollfd fds[] = {
		{pairing->stop_fd, POLLIN, 0},
		{calc->jobs_fd, POLLIN, 0},
		{belay_apartment_fd(), POLLIN, 0}, /* -1 in the MTA */
	};

	while (fds[0].fd >= 0 || calc_count(calc, working)) {
		(void)poll(fds, 3, -1);
		if (fds[0].fd >= 0 && fds[0].revents) {
			take_one(pairing->stop_fd);
			fds[0].fd = -1;
		}
		if (fds[1].revents)
			calc_run_jobs(calc);
		if (fds[2].revents)
			(void)belay_apartment_dispatch();
	}
}

static void *server(void *data)
{
	struct pairing *pairing = data;
	bool single = pairing->kind & (MTA_TO_STA | STA_TO_STA | CUSTOM);

	if (CoInitializeEx(NULL, single ? COINIT_APARTMENTTHREADED
					: COINIT_MULTITHREADED) != S_OK)
		abort();
	pairing->calc = calc_new(pairing->flags);
	if (CoMarshalInterThreadInterfaceInStream(
		    pairing->flags & PAIR_UNKNOWN ? &IID_IUnknown : &IID_ICalc,
		    calc_unknown(pairing->calc), &pairing->stream) != S_OK)
		abort();
	add_one(pairing->ready_fd);
	serve(pairing, pairing->calc);
	IUnknown_Release(calc_unknown(pairing->calc));
	CoUninitialize();
	return NULL;
}

static void start_server(struct pairing *pairing)
{
	REFIID iid = pairing->flags & PAIR_UNKNOWN ? &IID_IUnknown : &IID_ICalc;

	pairing->stop_fd = eventfd(0, EFD_CLOEXEC);
	pairing->ready_fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(
		pthread_create(&pairing->server, NULL, server, pairing), 0);
	take_one(pairing->ready_fd);
	assert_int_equal(
		CoGetInterfaceAndReleaseStream(pairing->stream, iid,
					       (void **)&pairing->object),
		S_OK);
}

void pairing_start(struct pairing *pairing, enum pairing_kind kind,
		   unsigned int flags)
{
	memset(pairing, 0, sizeof(*pairing));
	pairing->kind = kind;
	pairing->flags = flags | (kind == CUSTOM ? CALC_CUSTOM : 0);
	assert_int_equal(calc_live(), 0);
	assert_int_equal(belay_register_proxies(&calc_ProxyFileInfo), S_OK);
	assert_int_equal(CoInitializeEx(NULL, pairing_client_is_single(pairing)
						      ? COINIT_APARTMENTTHREADED
						      : COINIT_MULTITHREADED),
			 S_OK);
	if (kind == CUSTOM)
		assert_int_equal(calc_register_guests(&pairing->cookie), S_OK);
	if (kind == SAME) {
		pairing->calc = calc_new(pairing->flags);
		pairing->object = calc_unknown(pairing->calc);
		IUnknown_AddRef(pairing->object);
	} else {
		start_server(pairing);
	}
	if (!(flags & PAIR_UNKNOWN))
		pairing->icalc = AS(pairing->object, ICalc);
}

static void stop_server(struct pairing *pairing)
{
	/* Its end lets go of everything: nobody may keep it until then. */
	assert_true(calc_is_alone(pairing->calc));
	add_one(pairing->stop_fd);
	assert_int_equal(pthread_join(pairing->server, NULL), 0);
	(void)close(pairing->stop_fd);
	(void)close(pairing->ready_fd);
}

/* Everything that the test made must be gone afterwards. */
void pairing_stop(struct pairing *pairing)
{
	if (pairing->icalc)
		ICalc_Release(pairing->icalc);
	if (pairing->object)
		IUnknown_Release(pairing->object);
	if (pairing->kind == SAME)
		IUnknown_Release(calc_unknown(pairing->calc));
	else
		stop_server(pairing);
	if (pairing->cookie)
		assert_int_equal(CoRevokeClassObject(pairing->cookie), S_OK);
	CoUninitialize();
	assert_true(calc_go());
}

struct outer *pairing_outer(struct pairing *pairing)
{
	struct outer *outer = outer_new(pairing->object, true);

	calc_born();
	outer->gone = calc_gone;
	return outer;
}

AsyncICalc *pairing_call(struct pairing *pairing)
{
	return ask_call(pairing->object);
}
