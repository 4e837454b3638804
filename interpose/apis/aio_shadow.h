/* SPDX-License-Identifier: MIT */
/*
 * aio_shadow.h - calls whose completion a policy may keep back, or change
 *
 * Such a call runs on a control block of Belay's own, its shadow. The
 * program's block says that it is in progress until the shadow is over and the
 * outcome has been chosen; then it is written once, and the program is told
 * the way it asked for. So all that looks at the block agrees.
 */
#ifndef BELAYI_AIO_SHADOW_H
#define BELAYI_AIO_SHADOW_H

#include "aio.h"

#define BELAYI_AIO_UNTOUCHED (-1) /* of a code: libc has left it alone */

/*
 * belayi_shadow_wanted() - whether a call that begins is to have a shadow
 *
 * A policy may keep it back, change it, cancel it or refuse that; or another
 * call of its block has one; or it is a sync, and what it must wait for is kept
 * back.
 */
bool belayi_shadow_wanted(const struct belay_ref *ref, const struct aiocb *cb,
			  enum belayi_aio_kind kind);

/* belayi_shadow_can() - makes what shadows need; errno is kept */
bool belayi_shadow_can(void);

/*
 * belayi_shadow_new() - the shadow of a call that begins
 *
 * The program's block says that the call is in progress, from here on. errno
 * is kept.
 * Return: the block to run it on; NULL where there is no room.
 */
struct aiocb *belayi_shadow_new(const struct belay_ref *ref, struct aiocb *cb,
				enum belayi_aio_kind kind);

/* belayi_shadow_begun() - the real function took the shadow */
void belayi_shadow_begun(struct aiocb *shadow);

/*
 * belayi_shadow_refused() - it did not; the program's block becomes what the
 * real function would have left it as
 */
void belayi_shadow_refused(struct aiocb *shadow);

/* belayi_shadow_status() - why a shadow in a list was never queued; 0: it was */
int belayi_shadow_status(const struct aiocb *shadow);

extern __attribute__((
	visibility("hidden"))) struct belayi_shadows *belayi_shadows;

/* belayi_shadow_ever() - whether any call of this process ever had a shadow */
static inline bool belayi_shadow_ever(void)
{
	return __builtin_expect(
		__atomic_load_n(&belayi_shadows, __ATOMIC_ACQUIRE) != NULL, 0);
}

/* belayi_shadow_any() - whether any call of this process has a shadow */
bool belayi_shadow_any(void);

/* belayi_shadow_has() - whether the call on this block has one */
bool belayi_shadow_has(const struct aiocb *cb);

/*
 * belayi_shadow_look() - the program looks at a block that says EINPROGRESS
 *
 * Return: what it says now.
 */
int belayi_shadow_look(const struct aiocb *cb);

/* belayi_shadow_deliver() - a hold is over: the program may know */
void belayi_shadow_deliver(const struct belay_ref *ref);

/*
 * belayi_shadow_cancel() - asks for the call on a block to be stopped
 *
 * ref:  of that call; NULL for the newest one
 * tell: the answer CANCELED is told to the call first
 */
enum belay_answer belayi_shadow_cancel(const struct aiocb *cb,
				       const struct belay_ref *ref, bool tell);

/*
 * belayi_shadow_cancel_all() - aio_cancel() of all calls on a descriptor,
 * where there may be shadows
 *
 * is_refused: whether a policy refuses that to a call
 */
int belayi_shadow_cancel_all(int fd,
			     bool (*is_refused)(const struct belay_ref *ref,
						const void *data),
			     const void *data);

/*
 * belayi_shadow_cancel_other() - aio_cancel() of one call that has none, where
 * there may be shadows behind it
 */
int belayi_shadow_cancel_other(int fd, struct aiocb *cb);

/*
 * belayi_shadow_forget() - a call has ended that may still be kept back: the
 * program overwrote its block, or has begun two calls on it
 */
void belayi_shadow_forget(const struct aiocb *cb, const struct belay_ref *ref);

/* --- Lists --- */

/*
 * belayi_shadow_join() - makes shadows that are not begun one list
 *
 * leader: the list's first
 */
void belayi_shadow_join(struct aiocb *shadow, struct aiocb *leader);

/*
 * belayi_shadow_list_begun() - all of them have been begun or refused
 *
 * event: how the program is told when all are over, or NULL
 */
void belayi_shadow_list_begun(struct aiocb *leader,
			      const struct sigevent *event);

/*
 * belayi_shadow_list_wait() - instead: waits until all are over
 *
 * Return: 0, or the errno of lio_listio().
 */
int belayi_shadow_list_wait(struct aiocb *leader);

#endif
