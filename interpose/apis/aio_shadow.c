/* SPDX-License-Identifier: MIT */
/*
 * aio_shadow.c - the life of a shadow: begun, over, delivered or cancelled
 *
 * When the watcher (aio_watch.c) sees that a shadow is over, a policy is asked
 * whether the program may know. If not, the host says so later, or somebody
 * cancels. Who ends the call writes the program's block, which from there on
 * is the program's again, sends its notification, and stirs who waits.
 *
 * The notification is left to glibc: lio_listio() of an empty list sends one,
 * by a signal or a thread, as it does for any call.
 */
#include "aio_shadow.h"

#include <pthread.h>
#include <string.h>

#include "aio_line.h"
#include "aio_wait.h"
#include "aio_watch.h"

static struct belayi_shadow *shadow_of(struct aiocb *cb)
{
	return (struct belayi_shadow *)cb;
}

/* --- The end ------------------------------------------------------------- */

/* A block of zeros asks for signal 0, which is none. */
static bool is_silent(const struct sigevent *event)
{
	return event->sigev_notify == SIGEV_NONE ||
	       (event->sigev_notify == SIGEV_SIGNAL && !event->sigev_signo);
}

static void notify(struct sigevent *event)
{
	struct aiocb *nothing[1] = {NULL};

	if (!is_silent(event))
		(void)belayi_next_lio_listio(LIO_NOWAIT, nothing, 0, event);
}

/* The last element tells that the list is over, or whoever begins it does. */
static void leave_list(struct belayi_shadow *leader)
{
	struct sigevent event;

	if (__atomic_sub_fetch(&leader->left, 1, __ATOMIC_ACQ_REL))
		return;
	event = leader->list_event;
	belayi_shadow_let_go(leader);
	notify(&event);
}

/* ENDING is ours. is_told: the program gets the outcome. */
static void end(struct belayi_shadow *s, const struct belay_outcome *outcome,
		bool is_told)
{
	struct belayi_shadow *leader = s->leader;
	struct sigevent event = s->event;
	int code = outcome->ending == BELAY_SUCCEEDED ? 0 : outcome->status;
	int saved = errno;

	if (is_told)
		belayi_aio_say(s->user, code, code ? -1 : outcome->result);
	/* The block is the program's from here on. */
	if (leader && code)
		__atomic_store_n(&leader->any_failed, true, __ATOMIC_RELAXED);
	belayi_shadow_ended(s);
	if (is_told)
		notify(&event);
	if (leader)
		leave_list(leader);
	belayi_wait_stir();
	errno = saved;
}

void belayi_shadow_canceled(struct belayi_shadow *s, bool tell)
{
	const struct belay_outcome outcome = {BELAY_CANCELED, ECANCELED, -1};
	bool is_orphan = belayi_shadow_is_orphan(&s->ref);

	if (tell && s->ref.call)
		belay_call_answered(&s->ref, BELAY_BY_APPLICATION,
				    BELAY_ANSWER_CANCELED, AIO_CANCELED);
	end(s, &outcome, !is_orphan);
}

/*
 * Where fewer bytes were asked for, the policy is shown what the program asked
 * for, so that it is the policy that makes it less.
 */
static void deliver(const struct belayi_found *found)
{
	struct belayi_shadow *s = found->shadow;
	struct belay_outcome outcome;
	bool is_full;

	if (!belayi_shadow_move(found, BELAYI_SHADOW_DONE,
				BELAYI_SHADOW_ENDING))
		return;
	outcome = belayi_aio_outcome(belayi_aio_code(&s->cb),
				     s->cb.__return_value);
	is_full = outcome.ending == BELAY_SUCCEEDED &&
		  outcome.result == (int64_t)s->cb.aio_nbytes;
	if (is_full)
		outcome.result += (int64_t)s->missing;
	if (belayi_shadow_is_orphan(&s->ref)) {
		end(s, &outcome, false);
		return;
	}
	(void)belay_adapter_completed(&s->ref, &outcome);
	if (is_full && outcome.result > (int64_t)s->cb.aio_nbytes)
		outcome.result = (int64_t)s->cb.aio_nbytes;
	end(s, &outcome, true);
}

void belayi_shadow_deliver(const struct belay_ref *ref)
{
	const struct belay_slot *slot = belay_adapter_slot(ref);
	struct belayi_found found;

	if (!slot)
		return;
	found = belayi_shadow_find((const struct aiocb *)(uintptr_t)slot->key,
				   ref);
	if (found.shadow)
		deliver(&found);
}

void belayi_shadow_over(const struct belayi_found *found)
{
	struct belayi_shadow *s = found->shadow;
	const struct belay_ref ref = s->ref;
	int fd = s->cb.aio_fildes;

	/* It takes glibc's lock: then its thread has let go of the block. */
	(void)belayi_next_aio_error(&s->cb);
	if (!belayi_shadow_move(found, BELAYI_SHADOW_RUNNING,
				BELAYI_SHADOW_DONE))
		return;
	belayi_line_leave(fd);
	if (belay_adapter_look(&ref) == BELAY_DELIVER)
		deliver(found);
}

bool belayi_shadow_serve(const struct belayi_found *found)
{
	const struct belayi_shadow *s = found->shadow;

	if (belayi_shadow_state(s) != BELAYI_SHADOW_RUNNING ||
	    !belayi_shadow_is_quiet(s) || belayi_watch_waits(s))
		return false;
	if (belayi_aio_code(&s->cb) == EINPROGRESS)
		return true;
	belayi_shadow_over(found);
	return false;
}

int belayi_shadow_look(const struct aiocb *cb)
{
	struct belayi_found found = belayi_shadow_find(cb, NULL);

	if (found.shadow && belayi_shadow_hold(&found)) {
		(void)belayi_shadow_serve(&found);
		belayi_shadow_let_go(found.shadow);
	}
	return belayi_aio_code(cb);
}

void belayi_shadow_forget(const struct aiocb *cb, const struct belay_ref *ref)
{
	const struct belay_outcome nothing = {BELAY_UNCOLLECTED, 0, 0};
	struct belayi_found found = belayi_shadow_find(cb, ref);

	/* One that runs ends by itself, and then nobody is told. */
	if (found.shadow && belayi_shadow_move(&found, BELAYI_SHADOW_DONE,
					       BELAYI_SHADOW_ENDING))
		end(found.shadow, &nothing, false);
}

/* --- Begin --------------------------------------------------------------- */

struct on {
	int fd;
	bool any;
};

static bool is_on(const struct belayi_found *found, void *data)
{
	struct on *on = data;

	on->any = found->shadow->cb.aio_fildes == on->fd;
	return !on->any;
}

bool belayi_shadow_can(void)
{
	int saved = errno;
	bool can = belayi_wait_make() && belayi_shadows_make() &&
		   belayi_watch_make();

	errno = saved;
	return can;
}

bool belayi_shadow_wanted(const struct belay_ref *ref, const struct aiocb *cb,
			  enum belayi_aio_kind kind)
{
	struct on on = {cb->aio_fildes, false};

	if (belay_adapter_keeps(ref) == BELAY_DELIVER &&
	    !belay_adapter_cancels(ref)) {
		if (__builtin_expect(!belayi_shadow_any(), 1))
			return false;
		if (kind == BELAYI_AIO_FSYNC)
			belayi_shadow_each(is_on, &on);
		return on.any || belayi_shadow_has(cb);
	}
	return belayi_shadow_can();
}

/* The real call is the shorter one: no byte is taken and then not shown. */
static void shorten(struct belayi_shadow *s)
{
	size_t whole = s->cb.aio_nbytes;

	if (whole > INT64_MAX)
		return;
	s->cb.aio_nbytes = (size_t)belay_adapter_short(&s->ref, (int64_t)whole);
	s->missing = whole - s->cb.aio_nbytes;
}

static void fill(struct belayi_shadow *s, const struct belay_ref *ref,
		 struct aiocb *cb, enum belayi_aio_kind kind)
{
	memcpy(&s->cb, cb, sizeof(s->cb));
	s->cb.aio_sigevent.sigev_notify = SIGEV_NONE;
	belayi_aio_say(&s->cb, BELAYI_AIO_UNTOUCHED, 0);
	__atomic_store_n(&s->user, cb, __ATOMIC_RELAXED);
	__atomic_store_n(&s->ref.call, ref->call, __ATOMIC_RELAXED);
	__atomic_store_n(&s->ref.turn, ref->turn, __ATOMIC_RELAXED);
	/* Release: who holds it late sees that it is another one. */
	__atomic_store_n(&s->holders, 1, __ATOMIC_RELEASE);
	s->is_sync = kind == BELAYI_AIO_FSYNC;
	__atomic_store_n(&s->is_lost, belay_adapter_keeps(ref) == BELAY_DROP,
			 __ATOMIC_RELAXED);
	s->missing = 0;
	s->is_quiet = belay_adapter_keeps(ref) == BELAY_DELIVER &&
		      is_silent(&cb->aio_sigevent);
	s->old_code = cb->__error_code;
	s->old_result = cb->__return_value;
	s->event = cb->aio_sigevent;
	s->leader = NULL;
	s->any_failed = false;
	if (kind == BELAYI_AIO_READ || kind == BELAYI_AIO_WRITE)
		shorten(s);
}

struct aiocb *belayi_shadow_new(const struct belay_ref *ref, struct aiocb *cb,
				enum belayi_aio_kind kind)
{
	struct belayi_shadow *s = belayi_shadow_take(cb);

	if (!s)
		return NULL;
	fill(s, ref, cb, kind);
	belayi_aio_say(cb, EINPROGRESS, 0);
	belayi_line_join(s);
	return &s->cb;
}

void belayi_shadow_begun(struct aiocb *shadow)
{
	struct belayi_shadow *s = shadow_of(shadow);

	belayi_line_settled(s);
	belayi_shadow_set(s, BELAYI_SHADOW_RUNNING);
	belayi_wait_stir();
}

void belayi_shadow_refused(struct aiocb *shadow)
{
	struct belayi_shadow *s = shadow_of(shadow);
	struct belayi_shadow *leader = s->leader;
	int code = belayi_aio_code(&s->cb);

	if (code == BELAYI_AIO_UNTOUCHED)
		belayi_aio_say(s->user, s->old_code, s->old_result);
	else
		belayi_aio_say(s->user, code, s->cb.__return_value);
	belayi_line_leave(s->cb.aio_fildes);
	belayi_shadow_ended(s);
	if (leader)
		leave_list(leader);
	belayi_wait_stir();
}

struct belayi_shadow *belayi_shadow_replace(struct belayi_shadow *s)
{
	struct belayi_shadow *next = belayi_shadow_take(s->user);

	if (!next)
		return NULL;
	memcpy(&next->cb, &s->cb, sizeof(next->cb));
	__atomic_store_n(&next->user, s->user, __ATOMIC_RELAXED);
	__atomic_store_n(&next->ref.call, s->ref.call, __ATOMIC_RELAXED);
	__atomic_store_n(&next->ref.turn, s->ref.turn, __ATOMIC_RELAXED);
	__atomic_store_n(&next->is_lost, s->is_lost, __ATOMIC_RELAXED);
	__atomic_store_n(&next->settled, s->settled, __ATOMIC_RELAXED);
	next->place = s->place;
	next->is_sure = s->is_sure;
	next->is_sync = s->is_sync;
	next->is_quiet = s->is_quiet;
	next->missing = s->missing;
	next->event = s->event;
	next->leader = s->leader;
	next->any_failed = false;
	__atomic_store_n(&next->holders, 1, __ATOMIC_RELEASE);
	belayi_shadow_set(next, BELAYI_SHADOW_ASKING);
	belayi_shadow_ended(s);
	return next;
}

int belayi_shadow_status(const struct aiocb *shadow)
{
	int code = belayi_aio_code(shadow);

	return code == BELAYI_AIO_UNTOUCHED ? EAGAIN
					    : belayi_aio_not_queued(shadow);
}

/* --- Lists --------------------------------------------------------------- */

void belayi_shadow_join(struct aiocb *shadow, struct aiocb *leader)
{
	struct belayi_shadow *s = shadow_of(shadow);

	/* Relaxed: a look at others' may meet it. */
	__atomic_store_n(&s->leader, shadow_of(leader), __ATOMIC_RELAXED);
	if (s == s->leader) {
		(void)__atomic_add_fetch(&s->holders, 1, __ATOMIC_RELAXED);
		s->left = 1;
		s->list_event.sigev_notify = SIGEV_NONE;
	}
	s->leader->left++;
}

void belayi_shadow_list_begun(struct aiocb *leader,
			      const struct sigevent *event)
{
	struct belayi_shadow *s = shadow_of(leader);

	if (event)
		s->list_event = *event;
	leave_list(s);
}

/* No cancellation point, as the real one is none. */
int belayi_shadow_list_wait(struct aiocb *leader)
{
	struct belayi_shadow *s = shadow_of(leader);
	enum belayi_woken woken = BELAYI_STIRRED;
	int error = 0;
	int state;

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	while (woken == BELAYI_STIRRED) {
		uint32_t seen = belayi_wait_seen();

		if (__atomic_load_n(&s->left, __ATOMIC_ACQUIRE) == 1)
			break;
		woken = belayi_wait_sleep(NULL, 0, seen, UINT64_MAX);
	}
	(void)pthread_setcancelstate(state, NULL);
	if (woken == BELAYI_INTERRUPTED)
		error = EINTR;
	else if (__atomic_load_n(&s->any_failed, __ATOMIC_RELAXED))
		error = EIO;
	leave_list(s);
	return error;
}
