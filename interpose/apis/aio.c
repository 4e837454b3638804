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
 * aio_error, aio_return and aio_suspend are async-signal-safe, aio_suspend is
 * a cancellation point, and a signal handler or a SIGEV_THREAD function may
 * collect a call, and begin the next on its block, before the begin or cancel
 * that it runs in has returned. So nothing is held over a real call, and after
 * one only the map and our references are trusted: the block may be gone. A
 * cancel whose answer comes after the call was collected leaves no event.
 */
#include <aio.h>
#include <errno.h>
#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include <belay/adapter.h>

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

typedef __typeof__(&lio_listio) list_function;

/* An older glibc has them in librt, which is there only if it is used. */
static long missing(void)
{
	errno = ENOSYS;
	return -1;
}

#define NEXT(sym) (BELAY_NEXT(sym) ?: (__typeof__(&(sym)))(void *)missing)

/* --- The operations ------------------------------------------------------ */

enum { READ, WRITE, FSYNC, OTHER, OPERATIONS };

static enum belay_answer cancel_call(const struct belay_ref *ref,
				     int32_t *ret_status);

#define E(name) name, #name

static const struct belay_error read_errors[] = {
	{E(EAGAIN)}, {E(EBADF)},     {E(ECANCELED)}, {E(ECONNRESET)},
	{E(EFAULT)}, {E(EINVAL)},    {E(EIO)},       {E(EISDIR)},
	{E(ENOMEM)}, {E(ENOTCONN)},  {E(ENXIO)},     {E(EOVERFLOW)},
	{E(ESTALE)}, {E(ETIMEDOUT)}, {0, NULL},
};

static const struct belay_error write_errors[] = {
	{E(EAGAIN)},       {E(EBADF)},  {E(ECANCELED)}, {E(ECONNRESET)},
	{E(EDESTADDRREQ)}, {E(EDQUOT)}, {E(EFAULT)},    {E(EFBIG)},
	{E(EINVAL)},       {E(EIO)},    {E(ENOSPC)},    {E(ENXIO)},
	{E(EPERM)},        {E(EPIPE)},  {E(ESTALE)},    {0, NULL},
};

static const struct belay_error fsync_errors[] = {
	{E(EAGAIN)}, {E(EBADF)},  {E(ECANCELED)}, {E(EDQUOT)}, {E(EINVAL)},
	{E(EIO)},    {E(ENOSPC)}, {E(EROFS)},     {0, NULL},
};

static const struct belay_error other_errors[] = {
	{E(EINVAL)},
	{0, NULL},
};

static uint32_t numbers[OPERATIONS];

#define OPERATION(index, text, ...)                                            \
	[index] = {                                                            \
		.size = sizeof(struct belay_operation),                        \
		.number = &numbers[index],                                     \
		.api = "aio",                                                  \
		.name = #text,                                                 \
		.arguments = {{"fd", BELAY_ARGUMENT_FD}, __VA_ARGS__},         \
		.errors = text##_errors,                                       \
		.status_kind = BELAY_STATUS_ERRNO,                             \
		.cancel_mode = BELAY_CANCEL_FINISH_DUE,                        \
		.cancel = cancel_call,                                         \
	}

static const struct belay_operation operations[OPERATIONS] = {
	OPERATION(READ, read, {"size", BELAY_ARGUMENT_SIZE},
		  {"offset", BELAY_ARGUMENT_OFFSET}),
	OPERATION(WRITE, write, {"size", BELAY_ARGUMENT_SIZE},
		  {"offset", BELAY_ARGUMENT_OFFSET}),
	OPERATION(FSYNC, fsync, {"op", BELAY_ARGUMENT_INT}),
	/* an element of a list that is neither read nor write */
	OPERATION(OTHER, other, {"op", BELAY_ARGUMENT_INT}),
};

BELAY_ADAPTER(.name = "aio", .title = "POSIX asynchronous I/O",
	      .operations = operations, .operations_count = OPERATIONS);

/* --- What a block says --------------------------------------------------- */

/* Acquire: pairs with the unlock after which glibc's thread is done with it. */
static int code_of(const struct aiocb *cb)
{
	return __atomic_load_n(&cb->__error_code, __ATOMIC_ACQUIRE);
}

static struct belay_outcome outcome_of(int code, ssize_t result)
{
	struct belay_outcome outcome = {BELAY_FAILED, code, result};

	if (code == 0)
		outcome.ending = BELAY_SUCCEEDED;
	else if (code == ECANCELED)
		outcome.ending = BELAY_CANCELED;
	return outcome;
}

static enum belay_answer answer_of(int r)
{
	static const enum belay_answer answers[] = {
		[AIO_CANCELED] = BELAY_ANSWER_CANCELED,
		[AIO_NOTCANCELED] = BELAY_ANSWER_NOT_CANCELED,
		[AIO_ALLDONE] = BELAY_ANSWER_COMPLETE,
	};

	return r < 0 ? BELAY_ANSWER_ERROR : answers[r];
}

/*
 * The code of a block that the program may have freed, because it never
 * collects: read by the kernel, which fails where a load would trap.
 * Return: -1 where it cannot be read.
 */
static int code_at(uint64_t key)
{
	const struct aiocb *cb = (const struct aiocb *)(uintptr_t)key;
	int code = -1;
	struct iovec to = {&code, sizeof(code)};
	struct iovec from = {(void *)&cb->__error_code, sizeof(code)};
	int saved = errno;

	if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != sizeof(code))
		code = -1;
	errno = saved;
	return code;
}

/* --- Helpers, one a verb ------------------------------------------------- */

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
	code = code_of(cb);
	if (belay_call_state(ref.call) == BELAY_CALL_STARTING) {
		belay_adapter_accepted(&ref);
		belay_adapter_double();
	} else if (code == EINPROGRESS) {
		belay_adapter_double();
	} else {
		outcome = outcome_of(code, cb->__return_value);
		outcome.ending = BELAY_UNCOLLECTED;
		(void)belay_adapter_finished(&ref, &outcome);
	}
}

/* op: what a sync, or an element that is none, has instead of a place */
static struct belay_begin request(unsigned int operation,
				  const struct aiocb *cb, int op,
				  const void *site)
{
	struct belay_begin call = {
		.operation = &operations[operation],
		.key = cb,
		.site = site,
		.args = {(uint64_t)cb->aio_fildes, (uint64_t)op},
	};

	if (operation == READ || operation == WRITE) {
		call.args[1] = cb->aio_nbytes;
		call.args[2] = (uint64_t)cb->aio_offset;
	}
	return call;
}

static bool begin(const struct belay_begin *call, struct belay_ref *ret_ref)
{
	struct belay_outcome fault;

	leave_earlier(call->key);
	if (belay_adapter_begin(call, ret_ref, &fault))
		return true;
	errno = fault.status;
	return false;
}

/* What the real begin returned. */
static int begun(const struct belay_ref *ref, int r)
{
	if (r == 0)
		belay_adapter_accepted(ref);
	else
		belay_adapter_refused(ref, errno);
	return r;
}

/*
 * The program saw the block's final code: the first look counts. While a call
 * is on its way (STARTING), the code can still be that of the call before.
 */
static void completed(const struct aiocb *cb, int code)
{
	struct belay_ref ref = belay_adapter_find(&belay_adapter, cb);
	struct belay_outcome outcome;
	enum belay_state state;

	if (!ref.call)
		return;
	state = belay_call_state(ref.call);
	if (state != BELAY_CALL_PENDING && state != BELAY_CALL_CANCELWAIT)
		return;
	outcome = outcome_of(code, cb->__return_value);
	(void)belay_adapter_completed(&ref, &outcome);
}

static void collected(const struct aiocb *cb, struct belay_outcome *outcome)
{
	struct belay_ref ref = belay_adapter_find(&belay_adapter, cb);

	if (ref.call)
		(void)belay_adapter_finished(&ref, outcome);
}

/* For whoever is not the program: a policy, an operator. */
static enum belay_answer cancel_call(const struct belay_ref *ref,
				     int32_t *ret_status)
{
	const struct belay_slot *slot = belay_adapter_slot(ref);
	uint64_t key = slot ? slot->key : 0;
	int fd = slot ? (int)slot->args[0] : -1;

	/* The turn last: then what was read is this turn's. */
	if (!slot || code_at(key) != EINPROGRESS || !belay_call_id(ref))
		return BELAY_ANSWER_COMPLETE;
	*ret_status = NEXT(aio_cancel)(fd, (struct aiocb *)(uintptr_t)key);
	return answer_of(*ret_status);
}

/* --- Cancel -------------------------------------------------------------- */

/* A cancel of all on a descriptor reaches those that were not done before. */
static bool tell_if_reached(const struct belay_ref *ref,
			    const struct belay_slot *slot, void *data)
{
	const int *fd = data;
	enum belay_state state = belay_call_state(ref->call);
	int code;

	if ((int)slot->args[0] != *fd || state == BELAY_CALL_IDLE ||
	    state >= BELAY_CALL_SETTLING)
		return true;
	code = code_at(slot->key);
	if (code == ECANCELED)
		belay_call_answered(ref, BELAY_BY_APPLICATION,
				    BELAY_ANSWER_CANCELED, AIO_CANCELED);
	else if (code == EINPROGRESS)
		belay_call_answered(ref, BELAY_BY_APPLICATION,
				    BELAY_ANSWER_NOT_CANCELED, AIO_NOTCANCELED);
	return true;
}

static int cancel_all(int fd)
{
	int r = NEXT(aio_cancel)(fd, NULL);

	if (r == AIO_CANCELED || r == AIO_NOTCANCELED)
		belay_adapter_each(&belay_adapter, tell_if_reached, &fd);
	return r;
}

static int cancel_one(int fd, struct aiocb *cb)
{
	struct belay_ref ref = belay_adapter_find(&belay_adapter, cb);
	int r;

	if (ref.call && !belay_call_allows_cancel(&ref, BELAY_BY_APPLICATION)) {
		belay_call_answered(&ref, BELAY_BY_APPLICATION,
				    BELAY_ANSWER_REFUSED, AIO_NOTCANCELED);
		return AIO_NOTCANCELED;
	}
	r = NEXT(aio_cancel)(fd, cb);
	if (r == AIO_ALLDONE)
		completed(cb, code_of(cb));
	if (ref.call && belay_call_id(&ref) != 0)
		belay_call_answered(&ref, BELAY_BY_APPLICATION, answer_of(r),
				    r < 0 ? errno : r);
	return r;
}

/* --- Lists --------------------------------------------------------------- */

static unsigned int operation_of(const struct aiocb *cb)
{
	switch (cb->aio_lio_opcode) {
	case LIO_READ:
		return READ;
	case LIO_WRITE:
		return WRITE;
	default:
		return OTHER;
	}
}

/*
 * The element's call, while it is on its way: not one that ended meanwhile,
 * nor one that the program has begun on that block since.
 */
static struct belay_ref starting(const struct aiocb *cb, const void *list)
{
	struct belay_ref ref = belay_adapter_find(&belay_adapter, cb);
	const struct belay_slot *slot;

	if (ref.call && belay_call_state(ref.call) == BELAY_CALL_STARTING) {
		slot = belay_adapter_slot(&ref);
		if (slot && slot->owner == (uint64_t)(uintptr_t)list)
			return ref;
	}
	return (struct belay_ref){NULL, 0};
}

/*
 * Why an element of a list that failed was never queued; 0 if it was. Its own
 * priority was bad; or there was no thread to serve it, and then the block has
 * an error but no result of -1.
 */
static int not_queued(const struct aiocb *cb)
{
	int code = code_of(cb);

	if (code == EINVAL &&
	    (cb->aio_reqprio < 0 || cb->aio_reqprio > AIO_PRIO_DELTA_MAX))
		return EINVAL;
	if (code != 0 && code != EINPROGRESS && cb->__return_value == 0)
		return code;
	return 0;
}

/* What became of the first elements; error: why none was handed to libc. */
static void list_begun(struct aiocb *const list[], int nent, int mode, int r,
		       int error)
{
	for (int i = 0; i < nent; i++) {
		struct belay_ref ref = {NULL, 0};
		int status = error;

		if (list[i])
			ref = starting(list[i], list);
		if (!ref.call)
			continue;
		if (!status && r < 0)
			status = not_queued(list[i]);
		if (status) {
			belay_adapter_refused(&ref, status);
			continue;
		}
		belay_adapter_accepted(&ref);
		if (mode == LIO_WAIT && code_of(list[i]) != EINPROGRESS)
			completed(list[i], code_of(list[i]));
	}
}

static int run_list(list_function next, int mode, struct aiocb *const list[],
		    int nent, struct sigevent *sig, const void *site)
{
	int r;

	/* libc does not look at the list then, so it may be anything. */
	if (mode != LIO_WAIT && mode != LIO_NOWAIT)
		return next(mode, list, nent, sig);
	for (int i = 0; i < nent; i++) {
		struct belay_begin call;
		struct belay_ref ref;

		if (!list[i] || list[i]->aio_lio_opcode == LIO_NOP)
			continue;
		call = request(operation_of(list[i]), list[i],
			       list[i]->aio_lio_opcode, site);
		call.owner = list;
		if (!begin(&call, &ref)) {
			list_begun(list, i, mode, -1, errno);
			return -1;
		}
	}
	r = next(mode, list, nent, sig);
	list_begun(list, nent, mode, r, 0);
	return r;
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
	struct belay_begin call = request(READ, cb, 0, BELAY_SITE());
	struct belay_ref ref;

	return begin(&call, &ref) ? begun(&ref, NEXT(aio_read)(cb)) : -1;
}

BELAY_EXPORT int aio_write(struct aiocb *cb)
{
	struct belay_begin call = request(WRITE, cb, 0, BELAY_SITE());
	struct belay_ref ref;

	return begin(&call, &ref) ? begun(&ref, NEXT(aio_write)(cb)) : -1;
}

BELAY_EXPORT int aio_fsync(int op, struct aiocb *cb)
{
	struct belay_begin call = request(FSYNC, cb, op, BELAY_SITE());
	struct belay_ref ref;

	return begin(&call, &ref) ? begun(&ref, NEXT(aio_fsync)(op, cb)) : -1;
}

/* Polled in loops: while the call is pending nothing is looked up. */
BELAY_EXPORT int aio_error(const struct aiocb *cb)
{
	int code = NEXT(aio_error)(cb);

	if (code != EINPROGRESS)
		completed(cb, code);
	return code;
}

BELAY_EXPORT ssize_t aio_return(struct aiocb *cb)
{
	int code = code_of(cb);
	ssize_t r = NEXT(aio_return)(cb);
	struct belay_outcome outcome;

	if (code != EINPROGRESS) {
		outcome = outcome_of(code, r);
		collected(cb, &outcome);
	}
	return r;
}

BELAY_EXPORT int aio_cancel(int fd, struct aiocb *cb)
{
	return cb ? cancel_one(fd, cb) : cancel_all(fd);
}

BELAY_EXPORT int aio_suspend(const struct aiocb *const list[], int nent,
			     const struct timespec *restrict timeout)
{
	int r = NEXT(aio_suspend)(list, nent, timeout);

	for (int i = 0; r == 0 && i < nent; i++) {
		int code = list[i] ? code_of(list[i]) : EINPROGRESS;

		if (code != EINPROGRESS)
			completed(list[i], code);
	}
	return r;
}

BELAY_EXPORT int lio_listio(int mode, struct aiocb *const list[restrict],
			    int nent, struct sigevent *restrict sig)
{
	return run_list(NEXT(lio_listio), mode, list, nent, sig, BELAY_SITE());
}

BELAY_EXPORT int belay_lio_listio_2_2_5(int mode,
					struct aiocb *const list[restrict],
					int nent, struct sigevent *restrict sig)
{
	list_function next =
		(list_function)belay_next_libc(&next_lio_listio_2_2_5);

	return run_list(next ?: (list_function)(void *)missing, mode, list,
			nent, sig, BELAY_SITE());
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
