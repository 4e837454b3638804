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
#include <time.h>
#include <unistd.h>

#include "aio_line.h"
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

/* --- What is being cancelled ---------------------------------------------- */

/*
 * One call at a time in a process: its block, and its descriptor, plus one. A
 * forked child, where nobody cancels yet, finds the memory zeroed.
 */
struct in_use {
	const void *block;
	uint64_t descriptor;
};

static struct in_use *in_use;

#define NAP_NS 10000
#define NAPS 2000 /* at most: 20 ms, and what sleeping adds */

static bool take(const void *block, int fd)
{
	const void *none = NULL;

	if (!belayi_aio_make((void **)&in_use, sizeof(*in_use)))
		return false;
	while (!__atomic_compare_exchange_n(&in_use->block, &none, block, false,
					    __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED)) {
		none = NULL;
		(void)sched_yield();
	}
	__atomic_store_n(&in_use->descriptor, (uint64_t)fd + 1,
			 __ATOMIC_SEQ_CST);
	return true;
}

static void let_go(void)
{
	__atomic_store_n(&in_use->descriptor, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&in_use->block, NULL, __ATOMIC_RELEASE);
}

static bool is_block_in_use(uint64_t block)
{
	return (uintptr_t)__atomic_load_n(&in_use->block, __ATOMIC_SEQ_CST) ==
	       block;
}

static bool is_descriptor_in_use(uint64_t descriptor)
{
	return __atomic_load_n(&in_use->descriptor, __ATOMIC_SEQ_CST) ==
	       descriptor;
}

/*
 * Not for ever: in a signal handler that interrupted a thread inside glibc,
 * with its lock, nothing would go on. No cancellation point, as the callers
 * are none.
 */
static void wait_while(bool (*is)(uint64_t value), uint64_t value)
{
	const struct timespec nap = {0, NAP_NS};
	int saved = errno;

	if (!__atomic_load_n(&in_use, __ATOMIC_ACQUIRE))
		return;
	for (int i = 0; i < NAPS && __builtin_expect(is(value), 0); i++)
		(void)syscall(SYS_nanosleep, &nap, NULL);
	errno = saved;
}

void belayi_aio_give_back(const struct aiocb *cb)
{
	wait_while(is_block_in_use, (uintptr_t)cb);
}

void belayi_aio_queue_up(const struct aiocb *cb)
{
	wait_while(is_descriptor_in_use, (uint64_t)cb->aio_fildes + 1);
}

/* --- A cancel by who is not the program ----------------------------------- */

/*
 * Whether the call still goes on: from here on, who ends it sees that its
 * block is in use. The turn last: then what was read is this turn's.
 */
static bool goes_on(const struct belay_ref *ref, const struct aiocb *cb)
{
	return belay_call_state(ref->call) < BELAY_CALL_SETTLING &&
	       belayi_aio_code_at((uintptr_t)cb) == EINPROGRESS &&
	       belay_call_id(ref);
}

static enum belay_answer cancel_taken(const struct belay_ref *ref,
				      const struct belay_slot *slot,
				      struct aiocb *cb, int32_t *ret_status)
{
	if (!goes_on(ref, cb))
		return BELAY_ANSWER_COMPLETE;
	if (!belayi_aio_is_safe_to_cancel(ref, slot))
		return BELAY_ANSWER_NOT_CANCELED;
	if (belayi_shadow_has(cb))
		return belayi_shadow_cancel(cb, ref, false);
	*ret_status = belayi_next_aio_cancel((int)slot->args[0], cb);
	return answer_of(*ret_status);
}

enum belay_answer belayi_aio_cancel_call(const struct belay_ref *ref,
					 int32_t *ret_status)
{
	const struct belay_slot *slot = belay_adapter_slot(ref);
	struct aiocb *cb = slot ? (struct aiocb *)(uintptr_t)slot->key : NULL;
	int fd = slot ? (int)slot->args[0] : -1;
	enum belay_answer answer;

	if (!slot || !belay_call_id(ref))
		return BELAY_ANSWER_COMPLETE;
	/* Of a shadow, glibc does not know the program's block. */
	if (!take(belayi_shadow_has(cb) ? (const void *)ref->call : cb, fd))
		return BELAY_ANSWER_NOT_CANCELED;
	answer = cancel_taken(ref, slot, cb, ret_status);
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

/* Nobody has looked at those that are over, but there is nothing to refuse. */
static bool can_be_refused(const struct belay_ref *ref,
			   const struct belay_slot *slot, int fd)
{
	return belayi_aio_is_on(ref, slot, fd) &&
	       belayi_aio_code_at(slot->key) == EINPROGRESS;
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

	if (!belayi_aio_is_on(ref, slot, all->fd))
		return true;
	code = belayi_aio_code_at(slot->key);
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

	if (!belayi_aio_is_on(ref, slot, all->fd))
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
