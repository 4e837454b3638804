/* SPDX-License-Identifier: MIT */
/*
 * exports.c - an export that is just being freed
 */
#define COBJMACROS
#include "export.h"

#include "pair.h"

#define ROUNDS 200

/* An export, whose memory this test alone keeps. */
struct last {
	IUnknown *object;
	struct belayi_export *export;
	uint64_t oid;
};

static void export_and_drop(void *data)
{
	struct last *last = data;
	struct belayi_stub *stub;

	assert_int_equal(belayi_export_object(last->object, &IID_ICalc, &stub),
			 S_OK);
	last->export = stub->export;
	last->oid = stub->export->oid;
	belayi_export_ref(last->export);
	belayi_export_drop(last->export);
}

static void free_it(void *data)
{
	belayi_export_unref(((struct last *)data)->export);
}

static bool is_unreferenced(const void *data)
{
	const struct belayi_export *export = data;

	return __atomic_load_n(&export->refs, __ATOMIC_ACQUIRE) == 0;
}

/* The other thread has counted to 0, and waits for the tables' lock. */
static void an_export_is_not_found_while_it_is_freed(void **state)
{
	struct parcel parcel = {0};
	struct last last;

	(void)state;
	room_run(&home, parcel_make, &parcel);
	last.object = parcel.pointer;
	for (int i = 0; i < ROUNDS; i++) {
		room_run(&home, export_and_drop, &last);
		(void)pthread_mutex_lock(&belayi_tables_lock);
		room_start(&away, free_it, &last);
		assert_true(comes_true(is_unreferenced, last.export));
		(void)pthread_mutex_unlock(&belayi_tables_lock);
		/* Mostly before it has the lock, which is not handed over. */
		assert_null(belayi_export_lookup(last.oid));
		room_wait(&away);
	}
	room_run(&home, parcel_drop, &parcel);
	assert_gone();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOMS(an_export_is_not_found_while_it_is_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
