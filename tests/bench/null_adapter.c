/* SPDX-License-Identifier: MIT */
/*
 * null_adapter.c - the null library as calls
 *
 * null_begin() begins, null_poll() completes once it says 0, null_finish()
 * finishes. The program cannot cancel; who else does is told that the library
 * was asked, and when is written down. The key is the struct null_op; it may
 * be used again after null_finish(). All three are async-signal-safe.
 *
 * Each module's calls go to the null library which that module sees: there
 * can be several in a process.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <belay/adapter.h>

#include "null.h"

#define NULL_SONAME "libnull.so"

BELAY_NEXT_SLOT_OF(null_begin, NULL_SONAME);
BELAY_NEXT_SLOT_OF(null_poll, NULL_SONAME);
BELAY_NEXT_SLOT_OF(null_finish, NULL_SONAME);

static uint32_t call_number;

static const struct belay_error call_errors[] = {
	{EINVAL, BELAY_ERROR_AT_BEGIN | BELAY_ERROR_AT_FINISH, "EINVAL"},
	{0, 0, NULL},
};

/* A later turn may have the op by now: it is looked at last. */
static enum belay_answer cancel_call(const struct belay_ref *ref,
				     int32_t *ret_status)
{
	const struct belay_slot *slot = belay_adapter_slot(ref);
	struct null_op *op =
		slot ? (struct null_op *)(uintptr_t)slot->key : NULL;
	struct timespec now;

	*ret_status = 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (!op || belay_call_id(ref) == 0)
		return BELAY_ANSWER_COMPLETE;
	__atomic_store_n(&op->asked_ns,
			 (uint64_t)now.tv_sec * 1000000000 +
				 (uint64_t)now.tv_nsec,
			 __ATOMIC_RELEASE);
	return BELAY_ANSWER_ASKED;
}

static const struct belay_operation operations[] = {
	{
		.size = sizeof(struct belay_operation),
		.number = &call_number,
		.api = "null",
		.name = "call",
		.arguments = {{"value", BELAY_ARGUMENT_INT}},
		.errors = call_errors,
		.status_kind = BELAY_STATUS_ERRNO,
		.cancel_mode = BELAY_CANCEL_FINISH_DUE,
		.cancel = cancel_call,
		.faults = BELAY_FAULT_FAIL_BEGIN | BELAY_FAULT_FAIL_FINISH,
		.no_faults = "its result is no amount, and nobody waits for it",
	},
};

BELAY_ADAPTER(.name = "null", .title = "the library that does nothing",
	      .library = NULL_SONAME, .operations = operations,
	      .operations_count = 1);

/* fail() - the API's own failure, for what cannot reach a library */
static int fail(int error)
{
	errno = error;
	return -1;
}

BELAY_EXPORT int null_begin(struct null_op *op, long value)
{
	const void *site = BELAY_SITE();
	__typeof__(&null_begin) next = BELAY_NEXT_FROM(null_begin, site);
	const struct belay_begin begin = {
		.operation = &operations[0],
		.key = op,
		.site = site,
		.args = {(uint64_t)value},
	};
	struct belay_outcome fault;
	struct belay_ref call;
	int r;

	if (next == NULL)
		return fail(ENOSYS);
	if (!belay_adapter_begin(&begin, &call, &fault))
		return fail(fault.status);
	r = next(op, value);
	if (__builtin_expect(r < 0, 0))
		belay_adapter_refused(&call, errno);
	else
		belay_adapter_accepted(&call);
	return r;
}

BELAY_EXPORT int null_poll(const struct null_op *op)
{
	__typeof__(&null_poll) next = BELAY_NEXT_FROM(null_poll, BELAY_SITE());
	struct belay_outcome outcome = {.ending = BELAY_SUCCEEDED};
	struct belay_ref call;
	int r;

	if (next == NULL)
		return fail(ENOSYS);
	r = next(op);
	if (r != 0)
		return r;
	call = belay_adapter_find(&belay_adapter, op);
	(void)belay_adapter_completed(&call, &outcome);
	return r;
}

BELAY_EXPORT long null_finish(struct null_op *op)
{
	__typeof__(&null_finish) next =
		BELAY_NEXT_FROM(null_finish, BELAY_SITE());
	struct belay_outcome outcome = {.ending = BELAY_SUCCEEDED};
	struct belay_ref call;
	long r;

	if (next == NULL)
		return fail(ENOSYS);
	call = belay_adapter_find(&belay_adapter, op);
	r = next(op);
	outcome.result = r;
	if (belay_adapter_finished(&call, &outcome) &&
	    outcome.ending == BELAY_FAILED)
		return fail(outcome.status);
	return r;
}
