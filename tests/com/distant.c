/* SPDX-License-Identifier: MIT */
/*
 * distant.c - an object of another apartment, and call objects of its proxy
 */
#define COBJMACROS

#include "distant.h"

const IID distant_nobodys = {0x0BADBEEF, 1, 2, {3}};

struct room distant_home;
struct parcel distant_parcel;

static sem_t is_held;
static sem_t busy;

int distant_open(void **state)
{
	const struct pair *pair = *state;
	struct parcel *parcel = &distant_parcel;

	counted_register();
	room_open(&distant_home, pair->home);
	if (FAILED(CoInitializeEx(NULL, pair->away)))
		return -1;
	*parcel = (struct parcel){0};
	parcel_pack_new(parcel, &distant_home);
	parcel_unpack(parcel);
	if (parcel->result != S_OK || sem_init(&is_held, 0, 0))
		return -1;
	return sem_init(&busy, 0, 0);
}

int distant_close(void **state)
{
	bool gone = counted_go();

	(void)state;
	CoUninitialize();
	room_close(&distant_home);
	parcel_close(&distant_parcel);
	(void)sem_destroy(&is_held);
	(void)sem_destroy(&busy);
	return gone ? 0 : -1;
}

static void wait_busy(void *data)
{
	(void)data;
	(void)sem_post(&is_held);
	while (sem_wait(&busy))
		;
}

bool distant_hold(void **state)
{
	const struct pair *pair = *state;

	if (pair->home != COINIT_APARTMENTTHREADED)
		return false;
	room_start(&distant_home, wait_busy, NULL);
	while (sem_wait(&is_held))
		;
	return true;
}

void distant_let_go(bool held)
{
	if (!held)
		return;
	assert_int_equal(sem_post(&busy), 0);
	room_wait(&distant_home);
}

HRESULT distant_create(REFIID async_iid, IUnknown *outer, REFIID iid,
		       void **ret_call)
{
	ICallFactory *factory = AS(distant_parcel.pointer, ICallFactory);
	HRESULT hr = ICallFactory_CreateCall(factory, async_iid, outer, iid,
					     (IUnknown **)ret_call);

	(void)ICallFactory_Release(factory);
	return hr;
}

void *distant_call(REFIID async_iid)
{
	void *call = NULL;

	assert_int_equal(distant_create(async_iid, NULL, async_iid, &call),
			 S_OK);
	return call;
}

void distant_check_faces(REFIID async_iid, const IID *const *lacks)
{
	const IID *const has[] = {
		&IID_IUnknown,           async_iid,
		&IID_ISynchronize,       &IID_ISynchronizeHandle,
		&IID_ICancelMethodCalls, &IID_IClientSecurity,
	};
	void *answer = &answer;

	for (size_t i = 0; i < sizeof(has) / sizeof(*has); i++) {
		assert_int_equal(
			distant_create(async_iid, NULL, has[i], &answer), S_OK);
		assert_int_equal(IUnknown_Release((IUnknown *)answer), 0);
	}
	for (; *lacks; lacks++) {
		assert_int_equal(
			distant_create(async_iid, NULL, *lacks, &answer),
			E_NOINTERFACE);
		assert_null(answer);
	}
	assert_int_equal(distant_create(async_iid, distant_parcel.pointer,
					async_iid, &answer),
			 E_INVALIDARG);
	assert_null(answer);
}

ULONG distant_refs(void)
{
	(void)IUnknown_AddRef(distant_parcel.pointer);
	return IUnknown_Release(distant_parcel.pointer);
}

void distant_disconnect(void)
{
	IUnknown *proxy = distant_parcel.pointer;

	distant_parcel.pointer = (IUnknown *)distant_parcel.counted;
	room_run(&distant_home, parcel_disconnect, &distant_parcel);
	distant_parcel.pointer = proxy;
}

void distant_end(void)
{
	parcel_drop(&distant_parcel);
}
