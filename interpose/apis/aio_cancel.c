/* SPDX-License-Identifier: MIT */
/*
 * aio_cancel.c - cancels: the program's, of one call or of all on a
 * descriptor, and those of policies and operators
 *
 * glibc looks at a block only once it has its lock, which may take a while.
 * Another thread of the program's may then have collected the call and given
 * the block away. So nobody but the program cancels a call on a block of the
 * program's: those that a rule may cancel have shadows.
 */
#include "aio.h"

#include <fcntl.h>
#include <sys/uio.h>
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

/* --- The program's block ------------------------------------------------- */

/* The block may be gone: the kernel fails where a load would trap. */
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

/* Whether a call is in progress, and on a descriptor. */
static bool is_on(const struct belay_ref *ref, const struct belay_slot *slot,
		  int fd)
{
	enum belay_state state = belay_call_state(ref->call);

	return (int)slot->args[0] == fd && state != BELAY_CALL_IDLE &&
	       state < BELAY_CALL_SETTLING;
}

/* --- A cancel by who is not the program ----------------------------------- */

/*
 * A call that a rule may cancel has a shadow, unless there was no room. The
 * turn last: then what was read is this turn's.
 */
static bool goes_on(const struct belay_ref *ref, const struct belay_slot *slot)
{
	return belay_call_state(ref->call) < BELAY_CALL_SETTLING &&
	       code_at(slot->key) == EINPROGRESS && belay_call_id(ref);
}

enum belay_answer belayi_aio_cancel_call(const struct belay_ref *ref,
					 int32_t *ret_status)
{
	const struct belay_slot *slot = belay_adapter_slot(ref);
	enum belay_answer answer;

	(void)ret_status;
	if (!slot || !belay_call_id(ref))
		return BELAY_ANSWER_COMPLETE;
	answer = belayi_shadow_cancel(
		(const struct aiocb *)(uintptr_t)slot->key, ref, false);
	if (answer == BELAY_ANSWER_COMPLETE && goes_on(ref, slot))
		return BELAY_ANSWER_NOT_CANCELED;
	return answer;
}

/* --- aio_cancel() -------------------------------------------------------- */

#define REFUSED_MAX 64

/* A cancel of all on a descriptor, and those that policies refuse it. */
struct cancel_all {
	int fd;
	bool any_without_shadow; /* that is refused it, for want of room */
	int refused_count;
	uint64_t refused[REFUSED_MAX];
};

/* Nobody has looked at those that are over, but there is nothing to refuse. */
static bool can_be_refused(const struct belay_ref *ref,
			   const struct belay_slot *slot, int fd)
{
	return is_on(ref, slot, fd) && code_at(slot->key) == EINPROGRESS;
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
	all->any_without_shadow |=
		!belayi_shadow_has((const struct aiocb *)(uintptr_t)slot->key);
	return true;
}

static bool is_refused(const struct belay_ref *ref, const void *data)
{
	const struct cancel_all *all = data;
	uint64_t id = ref->call ? belay_call_id(ref) : 0;

	for (int i = 0; id && i < all->refused_count; i++)
		if (all->refused[i] == id)
			return true;
	return false;
}

/* It reaches those that were not done before. */
static bool tell_if_reached(const struct belay_ref *ref,
			    const struct belay_slot *slot, void *data)
{
	const struct cancel_all *all = data;
	int code;

	if (!is_on(ref, slot, all->fd) || is_refused(ref, all))
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
	struct cancel_all all = {.fd = fd};
	int r;

	belay_adapter_each(&belay_adapter, ask_policies, &all);
	if (all.any_without_shadow)
		return AIO_NOTCANCELED;
	r = belayi_shadow_cancel_all(fd, is_refused, &all);
	if (r == AIO_CANCELED || r == AIO_NOTCANCELED)
		belay_adapter_each(&belay_adapter, tell_if_reached, &all);
	return r;
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
	r = has_shadow ? cancel_shadow(fd, cb)
		       : belayi_shadow_cancel_other(fd, cb);
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
