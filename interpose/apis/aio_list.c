/* SPDX-License-Identifier: MIT */
/*
 * aio_list.c - lio_listio(): each element is a call
 *
 * A policy may fail an element: then it is an element that could not be
 * queued, and the others go on without it. Where one is to have a shadow, all
 * elements get one, for the list is over when its last element is. So do those
 * of a list that is waited for, where rules name calls of this API: glibc would
 * queue and wait in one, and nobody could tell when they are queued.
 */
#include "aio_line.h"
#include "aio_shadow.h"

/* A lio_listio() as the program asked for it. */
struct list {
	belayi_list_function next;
	int mode;
	struct aiocb *const *blocks;
	int nent;
	struct sigevent *sig;
};

static bool is_element(const struct aiocb *cb)
{
	return cb && cb->aio_lio_opcode != LIO_NOP;
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

/* What became of the elements; error: why none was handed to libc. */
static void begun(const struct list *list, int nent, int r, int error)
{
	for (int i = 0; i < nent; i++) {
		struct aiocb *cb = list->blocks[i];
		struct belay_ref ref = {NULL, 0};
		int status = error;

		if (cb)
			ref = starting(cb, list->blocks);
		if (!ref.call)
			continue;
		if (!status && r < 0)
			status = belayi_aio_not_queued(cb);
		if (status) {
			belay_adapter_refused(&ref, status);
			continue;
		}
		belay_adapter_accepted(&ref);
		if (list->mode == LIO_WAIT &&
		    belayi_aio_code(cb) != EINPROGRESS)
			belayi_aio_seen(cb, belayi_aio_code(cb));
	}
}

/* --- Elements that policies touch ---------------------------------------- */

/*
 * What libc gets instead of the program's list: no element that a policy
 * failed, and shadows for blocks.
 */
struct touched {
	struct aiocb **blocks;
	size_t size;
	bool any_failed;
	bool any_kept; /* they get shadows */
	bool is_ruled; /* lines are kept */
};

static bool touch(struct touched *touched, const struct list *list)
{
	if (touched->blocks)
		return true;
	touched->size = sizeof(struct aiocb *) * (size_t)list->nent;
	touched->blocks = belayi_aio_memory(touched->size);
	if (!touched->blocks)
		return false;
	for (int i = 0; i < list->nent; i++)
		if (is_element(list->blocks[i]))
			touched->blocks[i] = list->blocks[i];
	return true;
}

static void fail(struct touched *touched, int i, int error)
{
	belayi_aio_say(touched->blocks[i], error, -1);
	touched->blocks[i] = NULL;
	touched->any_failed = true;
}

/* Return: the shadow that leads the list, or NULL. */
static struct aiocb *make_shadows(const struct list *list,
				  struct touched *touched)
{
	struct aiocb *leader = NULL;

	for (int i = 0; i < list->nent; i++) {
		struct aiocb *cb = touched->blocks[i];
		struct aiocb *shadow;
		struct belay_ref ref;

		if (!cb)
			continue;
		ref = starting(cb, list->blocks);
		shadow = belayi_shadow_new(&ref, cb, belayi_aio_element(cb));
		if (!shadow) {
			belay_adapter_refused(&ref, EAGAIN);
			fail(touched, i, EAGAIN);
			continue;
		}
		leader = leader ?: shadow;
		touched->blocks[i] = shadow;
		belayi_shadow_join(shadow, leader);
	}
	return leader;
}

static void shadows_begun(const struct list *list,
			  const struct touched *touched, int r)
{
	for (int i = 0; i < list->nent; i++) {
		struct aiocb *shadow = touched->blocks[i];
		struct belay_ref ref;
		int status;

		if (!shadow)
			continue;
		ref = starting(list->blocks[i], list->blocks);
		status = r < 0 ? belayi_shadow_status(shadow) : 0;
		if (status) {
			belay_adapter_refused(&ref, status);
			belayi_shadow_refused(shadow);
			continue;
		}
		belayi_shadow_begun(shadow);
		belay_adapter_accepted(&ref);
	}
}

/* Return: 0, or an errno. */
static int run_kept(const struct list *list, struct touched *touched)
{
	struct aiocb *leader = make_shadows(list, touched);
	int r = list->next(LIO_NOWAIT, touched->blocks, list->nent,
			   leader ? NULL : list->sig);
	int error = r < 0 ? errno : 0;

	if (leader) {
		shadows_begun(list, touched, r);
		if (list->mode == LIO_WAIT)
			error = belayi_shadow_list_wait(leader) ?: error;
		else
			belayi_shadow_list_begun(leader, list->sig);
	}
	for (int i = 0; list->mode == LIO_WAIT && i < list->nent; i++)
		if (touched->blocks[i])
			belayi_aio_seen(list->blocks[i],
					belayi_aio_code(list->blocks[i]));
	if (list->mode == LIO_WAIT && error && error != EINTR)
		return EIO;
	return error;
}

/* The descriptors that calls of a list are about to be queued for. */
struct entered {
	int *fds;
	int count;
};

static void leave(const struct entered *entered)
{
	for (int i = 0; i < entered->count; i++)
		belayi_line_entered(entered->fds[i]);
}

/* Return: false: they must have shadows. */
static bool enter(const struct list *list, struct entered *entered)
{
	for (int i = 0; i < list->nent; i++) {
		const struct aiocb *cb = list->blocks[i];

		if (!is_element(cb))
			continue;
		if (!belayi_line_enter(cb->aio_fildes)) {
			leave(entered);
			return false;
		}
		entered->fds[entered->count++] = cb->aio_fildes;
	}
	return true;
}

/* Return: 0, or an errno. */
static int run_plain(const struct list *list, const struct touched *touched,
		     const struct entered *entered)
{
	int r = list->next(list->mode, touched->blocks ?: list->blocks,
			   list->nent, list->sig);
	int error = r < 0 ? errno : 0;

	leave(entered);
	begun(list, list->nent, r, 0);
	return error;
}

static int run_touched(const struct list *list, struct touched *touched)
{
	struct entered entered = {NULL, 0};
	int saved = errno;
	int error;

	/* On the stack, as glibc has its own list of them. */
	if (list->nent > 0)
		entered.fds = __builtin_alloca(sizeof(*entered.fds) *
					       (size_t)list->nent);
	if (touched->is_ruled && !touched->any_kept)
		touched->any_kept = !enter(list, &entered);
	if (touched->any_kept && !touch(touched, list)) {
		begun(list, list->nent, -1, EAGAIN);
		errno = EAGAIN;
		return -1;
	}
	error = touched->any_kept ? run_kept(list, touched)
				  : run_plain(list, touched, &entered);
	if (touched->any_failed && !error)
		error = EIO;
	if (touched->blocks)
		(void)munmap(touched->blocks, touched->size);
	errno = error ?: saved;
	return error ? -1 : 0;
}

/* --- lio_listio() -------------------------------------------------------- */

/* Return: false: nothing was begun, with errno. */
static bool begin_elements(const struct list *list, const void *site,
			   struct touched *touched)
{
	for (int i = 0; i < list->nent; i++) {
		struct aiocb *cb = list->blocks[i];
		enum belayi_aio_kind kind;
		struct belay_ref ref;
		bool is_begun;
		bool is_ruled;
		bool is_kept;

		if (!is_element(cb))
			continue;
		kind = belayi_aio_element(cb);
		is_begun = belayi_aio_begin(kind, cb, cb->aio_lio_opcode,
					    list->blocks, site, &ref);
		is_ruled = is_begun && belayi_lines_kept(&ref);
		is_kept = is_ruled &&
			  (belayi_shadow_wanted(&ref, cb, kind) ||
			   (list->mode == LIO_WAIT && belayi_shadow_can()));
		touched->is_ruled |= is_ruled;
		if (is_begun && !is_kept)
			continue;
		if (!touch(touched, list)) {
			begun(list, i + 1, -1, EAGAIN);
			errno = EAGAIN;
			return false;
		}
		touched->any_kept |= is_kept;
		if (!is_begun)
			fail(touched, i, errno);
	}
	return true;
}

int belayi_aio_list(belayi_list_function next, int mode,
		    struct aiocb *const blocks[], int nent,
		    struct sigevent *sig, const void *site)
{
	const struct list list = {next, mode, blocks, nent, sig};
	struct touched touched = {.blocks = NULL};
	int saved = errno;
	int r;

	/* libc does not look at the list then, so it may be anything. */
	if (mode != LIO_WAIT && mode != LIO_NOWAIT)
		return next(mode, blocks, nent, sig);
	if (!begin_elements(&list, site, &touched))
		return -1;
	errno = saved;
	if (__builtin_expect(touched.is_ruled || touched.blocks, 0))
		return run_touched(&list, &touched);
	r = next(mode, blocks, nent, sig);
	begun(&list, nent, r, 0);
	return r;
}
