/* SPDX-License-Identifier: MIT */
/*
 * aio.c - POSIX asynchronous I/O, as glibc has it
 *
 *     begin     aio_read, aio_write, aio_fsync; lio_listio: a call an element
 *     complete  whenever the program looks: aio_error, aio_suspend,
 *               lio_listio(LIO_WAIT), aio_cancel that says AIO_ALLDONE
 *     cancel    aio_cancel, of one or of all on a descriptor
 *     finish    aio_return; or the next begin on a block not collected
 *
 * The key is the address of the control block. It is the program's again
 * after aio_return. glibc also takes a block that was never collected (the
 * old call ends as uncollected) and even one in use (counted; both go on).
 *
 * What a block says is read from its two private members, which glibc's
 * header has in the public struct: no lock, no call.
 *
 * A call that a policy may keep back or change runs on a shadow
 * (aio_shadow.h). All others are left to glibc, and not slowed down.
 *
 * aio_error, aio_return and aio_suspend are async-signal-safe, aio_suspend is
 * a cancellation point, and a signal handler or a SIGEV_THREAD function may
 * collect a call, and begin the next on its block, before the begin or cancel
 * that it runs in has returned. So nothing is held over a real call, and after
 * one only the map and our references are trusted: the block may be gone. A
 * cancel whose answer comes after the call was collected leaves no event.
 */
#include "aio.h"

#include "aio_line.h"
#include "aio_shadow.h"
#include "aio_wait.h"

BELAY_NEXT_SLOT(aio_read);
BELAY_NEXT_SLOT(aio_write);
BELAY_NEXT_SLOT(aio_fsync);
BELAY_NEXT_SLOT(aio_error);
BELAY_NEXT_SLOT(aio_return);
BELAY_NEXT_SLOT(aio_cancel);
BELAY_NEXT_SLOT(aio_suspend);
BELAY_NEXT_SLOT(lio_listio);
/* Before 2.4 the elements of a list did not notify. */
BELAY_NEXT_SLOT_VERSION(lio_listio_2_2_5, lio_listio, "GLIBC_2.2.5");

/* An older glibc has them in librt, which is there only if it is used. */
static long missing(void)
{
	errno = ENOSYS;
	return -1;
}

#define NEXT(sym) (BELAY_NEXT(sym) ?: (__typeof__(&(sym)))(void *)missing)

int belayi_next_aio_error(const struct aiocb *cb)
{
	return NEXT(aio_error)(cb);
}

int belayi_next_aio_cancel(int fd, struct aiocb *cb)
{
	return NEXT(aio_cancel)(fd, cb);
}

int belayi_next_aio_suspend(const struct aiocb *const list[], int nent,
			    const struct timespec *timeout)
{
	return NEXT(aio_suspend)(list, nent, timeout);
}

int belayi_next_lio_listio(int mode, struct aiocb *const list[], int nent,
			   struct sigevent *sig)
{
	return NEXT(lio_listio)(mode, list, nent, sig);
}

/* --- Helpers, one a verb ------------------------------------------------- */

/* The turn is over first: from there on nobody delivers the shadow's. */
static void finished(const struct aiocb *cb, const struct belay_ref *ref,
		     struct belay_outcome *outcome)
{
	(void)belay_adapter_finished(ref, outcome);
	if (belayi_shadow_any())
		belayi_shadow_forget(cb, ref);
}

/* A call may be over, and its block not say so before somebody looks. */
static int look_at(const struct aiocb *cb)
{
	int code = belayi_aio_code(cb);

	return code == EINPROGRESS && belayi_shadow_any()
		       ? belayi_shadow_look(cb)
		       : code;
}

/*
 * A call that the block had before. One that is on its way in another begin
 * cannot be told by the block yet; it counts as pending.
 */
static void leave_earlier(const struct aiocb *cb)
{
	struct belay_ref ref = belay_adapter_find(&belay_adapter, cb);
	struct belay_outcome outcome;
	int code;

	if (!ref.call)
		return;
	code = look_at(cb);
	if (belay_call_state(ref.call) == BELAY_CALL_STARTING) {
		belay_adapter_accepted(&ref);
		belay_adapter_double();
	} else if (code == EINPROGRESS) {
		belay_adapter_double();
	} else {
		outcome = belayi_aio_outcome(code, cb->__return_value);
		outcome.ending = BELAY_UNCOLLECTED;
		finished(cb, &ref, &outcome);
	}
}

bool belayi_aio_begin(enum belayi_aio_kind kind, const struct aiocb *cb, int op,
		      const void *owner, const void *site,
		      struct belay_ref *ret_ref)
{
	struct belay_begin call = {
		.operation = &belayi_aio_operations[kind],
		.key = cb,
		.owner = owner,
		.site = site,
		.args = {(uint64_t)cb->aio_fildes, (uint64_t)op},
	};
	struct belay_outcome fault;

	if (kind == BELAYI_AIO_READ || kind == BELAYI_AIO_WRITE) {
		call.args[1] = cb->aio_nbytes;
		call.args[2] = (uint64_t)cb->aio_offset;
	}
	leave_earlier(cb);
	if (belay_adapter_begin(&call, ret_ref, &fault))
		return true;
	errno = fault.status;
	return false;
}

static int run(enum belayi_aio_kind kind, struct aiocb *cb, int op)
{
	switch (kind) {
	case BELAYI_AIO_READ:
		return NEXT(aio_read)(cb);
	case BELAYI_AIO_WRITE:
		return NEXT(aio_write)(cb);
	default:
		return NEXT(aio_fsync)(op, cb);
	}
}

/* From when the call is accepted the block may be gone. */
static int run_plain(const struct belay_ref *ref, enum belayi_aio_kind kind,
		     struct aiocb *cb, int op)
{
	int r = run(kind, cb, op);

	if (r == 0)
		belay_adapter_accepted(ref);
	else
		belay_adapter_refused(ref, errno);
	return r;
}

static int run_shadow(const struct belay_ref *ref, enum belayi_aio_kind kind,
		      struct aiocb *cb, int op)
{
	struct aiocb *shadow = belayi_shadow_new(ref, cb, kind);
	int r;

	if (!shadow) {
		belay_adapter_unable(ref);
		belayi_line_spoil(cb->aio_fildes);
		return run_plain(ref, kind, cb, op);
	}
	r = run(kind, shadow, op);
	/* First: from when the call is accepted, a cancel reaches its shadow. */
	if (r == 0)
		belayi_shadow_begun(shadow);
	if (r == 0)
		belay_adapter_accepted(ref);
	else
		belay_adapter_refused(ref, errno);
	if (r != 0)
		belayi_shadow_refused(shadow);
	return r;
}

/* Where rules name calls of this API. */
static int run_ruled(const struct belay_ref *ref, enum belayi_aio_kind kind,
		     struct aiocb *cb, int op)
{
	int fd = cb->aio_fildes;
	int r;

	if (belayi_shadow_wanted(ref, cb, kind) || !belayi_line_enter(fd))
		return run_shadow(ref, kind, cb, op);
	r = run_plain(ref, kind, cb, op);
	belayi_line_entered(fd);
	return r;
}

static inline int start(enum belayi_aio_kind kind, struct aiocb *cb, int op,
			const void *site)
{
	struct belay_ref ref;

	if (!belayi_aio_begin(kind, cb, op, NULL, site, &ref))
		return -1;
	return __builtin_expect(belayi_lines_kept(&ref), 0)
		       ? run_ruled(&ref, kind, cb, op)
		       : run_plain(&ref, kind, cb, op);
}

/*
 * The program saw the block's final code: the first look counts. While a call
 * is on its way (STARTING), the code can still be that of the call before.
 */
void belayi_aio_seen(const struct aiocb *cb, int code)
{
	struct belay_ref ref = belay_adapter_find(&belay_adapter, cb);
	struct belay_outcome outcome;
	enum belay_state state;

	if (!ref.call)
		return;
	state = belay_call_state(ref.call);
	if (state != BELAY_CALL_PENDING && state != BELAY_CALL_CANCELWAIT)
		return;
	outcome = belayi_aio_outcome(code, cb->__return_value);
	(void)belay_adapter_completed(&ref, &outcome);
}

static void collected(const struct aiocb *cb, struct belay_outcome *outcome)
{
	struct belay_ref ref = belay_adapter_find(&belay_adapter, cb);

	if (ref.call)
		finished(cb, &ref, outcome);
}

/* --- The wrappers -------------------------------------------------------- */

/*
 * Large-file names are the same functions, and so are the old versions of all
 * but lio_listio.
 */
#define EXPORTED(sym)                                                          \
	BELAY_EXPORTED_AS(sym, #sym "@@GLIBC_2.34");                           \
	BELAY_EXPORTED_AS(sym, #sym "@GLIBC_2.2.5");                           \
	BELAY_EXPORTED_AS(sym, #sym "64@@GLIBC_2.34");                         \
	BELAY_EXPORTED_AS(sym, #sym "64@GLIBC_2.2.5")

BELAY_WRAPPER(aio_read);
BELAY_WRAPPER(aio_write);
BELAY_WRAPPER(aio_fsync);
BELAY_WRAPPER(aio_error);
BELAY_WRAPPER(aio_return);
BELAY_WRAPPER(aio_cancel);
BELAY_WRAPPER(aio_suspend);
BELAY_WRAPPER(lio_listio);
__typeof__(lio_listio) belay_lio_listio_2_2_5;

BELAY_EXPORT int aio_read(struct aiocb *cb)
{
	return start(BELAYI_AIO_READ, cb, 0, BELAY_SITE());
}

BELAY_EXPORT int aio_write(struct aiocb *cb)
{
	return start(BELAYI_AIO_WRITE, cb, 0, BELAY_SITE());
}

BELAY_EXPORT int aio_fsync(int op, struct aiocb *cb)
{
	return start(BELAYI_AIO_FSYNC, cb, op, BELAY_SITE());
}

/* With what the real one said. */
__attribute__((noinline)) static int said(const struct aiocb *cb, int code)
{
	if (code == EINPROGRESS)
		code = look_at(cb);
	if (code != EINPROGRESS)
		belayi_aio_seen(cb, code);
	return code;
}

/* Polled in loops: while the call is pending nothing is looked up. */
BELAY_EXPORT int aio_error(const struct aiocb *cb)
{
	int code = NEXT(aio_error)(cb);

	if (code == EINPROGRESS && !belayi_shadow_ever())
		return EINPROGRESS;
	return said(cb, code);
}

BELAY_EXPORT ssize_t aio_return(struct aiocb *cb)
{
	int code = look_at(cb);
	ssize_t r = NEXT(aio_return)(cb);
	struct belay_outcome outcome;

	if (code != EINPROGRESS) {
		outcome = belayi_aio_outcome(code, r);
		collected(cb, &outcome);
	}
	return r;
}

BELAY_EXPORT int aio_cancel(int fd, struct aiocb *cb)
{
	return belayi_aio_cancel(fd, cb);
}

BELAY_EXPORT int aio_suspend(const struct aiocb *const list[], int nent,
			     const struct timespec *restrict timeout)
{
	int r = belayi_shadow_any() ? belayi_wait_any(list, nent, timeout)
				    : NEXT(aio_suspend)(list, nent, timeout);

	for (int i = 0; r == 0 && i < nent; i++) {
		int code = list[i] ? belayi_aio_code(list[i]) : EINPROGRESS;

		if (code != EINPROGRESS)
			belayi_aio_seen(list[i], code);
	}
	return r;
}

BELAY_EXPORT int lio_listio(int mode, struct aiocb *const list[restrict],
			    int nent, struct sigevent *restrict sig)
{
	return belayi_aio_list(NEXT(lio_listio), mode, list, nent, sig,
			       BELAY_SITE());
}

BELAY_EXPORT int belay_lio_listio_2_2_5(int mode,
					struct aiocb *const list[restrict],
					int nent, struct sigevent *restrict sig)
{
	belayi_list_function next =
		(belayi_list_function)belay_next_libc(&next_lio_listio_2_2_5);

	return belayi_aio_list(next ?: (belayi_list_function)(void *)missing,
			       mode, list, nent, sig, BELAY_SITE());
}

EXPORTED(aio_read);
EXPORTED(aio_write);
EXPORTED(aio_fsync);
EXPORTED(aio_error);
EXPORTED(aio_return);
EXPORTED(aio_cancel);
EXPORTED(aio_suspend);
BELAY_EXPORTED_AS(lio_listio, "lio_listio@@GLIBC_2.34");
BELAY_EXPORTED_AS(lio_listio, "lio_listio@GLIBC_2.4");
BELAY_EXPORTED_AS(lio_listio, "lio_listio64@@GLIBC_2.34");
BELAY_EXPORTED_AS(lio_listio, "lio_listio64@GLIBC_2.4");
BELAY_EXPORTED_AS(lio_listio_2_2_5, "lio_listio@GLIBC_2.2.5");
BELAY_EXPORTED_AS(lio_listio_2_2_5, "lio_listio64@GLIBC_2.2.5");
