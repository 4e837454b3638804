/* SPDX-License-Identifier: MIT */
/*
 * aio_cancel.c - cancels: the program's, of one call or of all on a
 * descriptor, and those of policies and operators
 *
 * glibc looks at a block only once it has its lock, which may take a while.
 * Another thread of the program's may then have collected the call and given
 * the block away. So while somebody but the program cancels, the program gets
 * the block back only after that.
 */
#include "aio.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "aio_shadow.h"

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

/* --- A block that is in use ---------------------------------------------- */

/*
 * One at a time in a process: a forked child, where nobody cancels yet, finds
 * the memory zeroed.
 */
static const struct aiocb **in_use;

#define NAP_NS 10000
#define NAPS 2000 /* at most: 20 ms, and what sleeping adds */

static bool take(const struct aiocb *cb)
{
	const struct aiocb *none = NULL;

	if (!belayi_aio_make((void **)&in_use, sizeof(*in_use)))
		return false;
	while (!__atomic_compare_exchange_n(
		in_use, &none, cb, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
		none = NULL;
		(void)sched_yield();
	}
	return true;
}

static void let_go(void)
{
	__atomic_store_n(in_use, NULL, __ATOMIC_RELEASE);
}

static bool is_in_use(const struct aiocb *cb)
{
	const struct aiocb **used = __atomic_load_n(&in_use, __ATOMIC_ACQUIRE);

	return used && __atomic_load_n(used, __ATOMIC_SEQ_CST) == cb;
}

/*
 * Not for ever: in a signal handler that interrupted a thread inside glibc,
 * with its lock, nothing would go on. No cancellation point, as the callers
 * are none.
 */
void belayi_aio_give_back(const struct aiocb *cb)
{
	const struct timespec nap = {0, NAP_NS};
	int saved = errno;

	for (int i = 0; i < NAPS && __builtin_expect(is_in_use(cb), 0); i++)
		(void)syscall(SYS_nanosleep, &nap, NULL);
	errno = saved;
}

/*
 * Whether the call still goes on: from here on, who ends it sees that its
 * block is in use. The turn last: then what was read is this turn's.
 */
static bool goes_on(const struct belay_ref *ref, const struct aiocb *cb)
{
	return belay_call_state(ref->call) < BELAY_CALL_SETTLING &&
	       code_at((uintptr_t)cb) == EINPROGRESS && belay_call_id(ref);
}

enum belay_answer belayi_aio_cancel_call(const struct belay_ref *ref,
					 int32_t *ret_status)
{
	const struct belay_slot *slot = belay_adapter_slot(ref);
	struct aiocb *cb = slot ? (struct aiocb *)(uintptr_t)slot->key : NULL;
	int fd = slot ? (int)slot->args[0] : -1;
	enum belay_answer answer = BELAY_ANSWER_COMPLETE;

	if (!slot || !belay_call_id(ref))
		return answer;
	if (belayi_shadow_has(cb))
		return belayi_shadow_cancel(cb, ref, false);
	if (!take(cb))
		return BELAY_ANSWER_NOT_CANCELED;
	if (goes_on(ref, cb)) {
		*ret_status = belayi_next_aio_cancel(fd, cb);
		answer = answer_of(*ret_status);
	}
	let_go();
	return answer;
}

/* --- aio_cancel() -------------------------------------------------------- */

#define REFUSED_MAX 64

/* A cancel of all on a descriptor, and those that policies refuse it. */
struct cancel_all {
	int fd;
	int r;
	int refused_count;
	uint64_t refused[REFUSED_MAX];
};

static bool is_in_progress_on(const struct belay_ref *ref,
			      const struct belay_slot *slot, int fd)
{
	enum belay_state state = belay_call_state(ref->call);

	return (int)slot->args[0] == fd && state != BELAY_CALL_IDLE &&
	       state < BELAY_CALL_SETTLING;
}

/* Nobody has looked at those that are over, but there is nothing to refuse. */
static bool can_be_refused(const struct belay_ref *ref,
			   const struct belay_slot *slot, int fd)
{
	return is_in_progress_on(ref, slot, fd) &&
	       code_at(slot->key) == EINPROGRESS;
}

static bool ask_policies(const struct belay_ref *ref,
			 const struct belay_slot *slot, void *data)
{
	struct cancel_all *all = data;

	if (!can_be_refused(ref, slot, all->fd) ||
	    all->refused_count == REFUSED_MAX ||
	    belay_call_allows_cancel(ref, BELAY_BY_APPLICATION))
		return true;
	belay_call_answered(ref, BELAY_BY_APPLICATION, BELAY_ANSWER_REFUSED,
			    AIO_NOTCANCELED);
	all->refused[all->refused_count++] = belay_call_id(ref);
	return true;
}

/* It reaches those that were not done before. */
static bool tell_if_reached(const struct belay_ref *ref,
			    const struct belay_slot *slot, void *data)
{
	const struct cancel_all *all = data;
	int code;

	if (!is_in_progress_on(ref, slot, all->fd))
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

/* Where not all may be cancelled, the others are, one by one. */
static bool cancel_others(const struct belay_ref *ref,
			  const struct belay_slot *slot, void *data)
{
	struct cancel_all *all = data;
	uint64_t id = belay_call_id(ref);
	enum belay_answer answer;
	int32_t status = 0;

	if (!is_in_progress_on(ref, slot, all->fd))
		return true;
	for (int i = 0; i < all->refused_count; i++)
		if (all->refused[i] == id)
			return true;
	answer = belayi_aio_cancel_call(ref, &status);
	if (answer != BELAY_ANSWER_COMPLETE)
		belay_call_answered(ref, BELAY_BY_APPLICATION, answer, status);
	return true;
}

static int cancel_all(int fd)
{
	struct cancel_all all = {.fd = fd};

	belay_adapter_each(&belay_adapter, ask_policies, &all);
	if (all.refused_count) {
		belay_adapter_each(&belay_adapter, cancel_others, &all);
		return AIO_NOTCANCELED;
	}
	all.r = belayi_next_aio_cancel(fd, NULL);
	if (all.r >= 0)
		all.r = belayi_shadow_cancel_all(fd, all.r);
	if (all.r == AIO_CANCELED || all.r == AIO_NOTCANCELED)
		belay_adapter_each(&belay_adapter, tell_if_reached, &all);
	return all.r;
}

/* As the real one, which does not know the block. */
static int cancel_shadow(int fd, struct aiocb *cb)
{
	int saved = errno;

	if (fcntl(fd, F_GETFL) < 0 && errno == EBADF)
		return -1;
	if (cb->aio_fildes != fd) {
		errno = EINVAL;
		return -1;
	}
	errno = saved;
	switch (belayi_shadow_cancel(cb, NULL, true)) {
	case BELAY_ANSWER_CANCELED:
		return AIO_CANCELED;
	case BELAY_ANSWER_COMPLETE:
		return AIO_ALLDONE;
	default:
		return AIO_NOTCANCELED;
	}
}

static int cancel_one(int fd, struct aiocb *cb)
{
	struct belay_ref ref = belay_adapter_find(&belay_adapter, cb);
	bool has_shadow = belayi_shadow_has(cb);
	int r;

	if (ref.call && belayi_aio_code(cb) == EINPROGRESS &&
	    !belay_call_allows_cancel(&ref, BELAY_BY_APPLICATION)) {
		belay_call_answered(&ref, BELAY_BY_APPLICATION,
				    BELAY_ANSWER_REFUSED, AIO_NOTCANCELED);
		return AIO_NOTCANCELED;
	}
	r = has_shadow ? cancel_shadow(fd, cb) : belayi_next_aio_cancel(fd, cb);
	if (r == AIO_ALLDONE)
		belayi_aio_seen(cb, belayi_aio_code(cb));
	/* That it was cancelled, a shadow has told before. */
	if (has_shadow && r == AIO_CANCELED)
		return r;
	if (ref.call && belay_call_id(&ref) != 0)
		belay_call_answered(&ref, BELAY_BY_APPLICATION, answer_of(r),
				    r < 0 ? errno : r);
	return r;
}

int belayi_aio_cancel(int fd, struct aiocb *cb)
{
	return cb ? cancel_one(fd, cb) : cancel_all(fd);
}
