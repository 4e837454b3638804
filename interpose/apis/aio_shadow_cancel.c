/* SPDX-License-Identifier: MIT */
/*
 * aio_shadow_cancel.c - cancels where there may be shadows
 *
 * Where one has been cancelled that may have been the first of its line, the
 * line is mended: aio_line.h.
 */
#include "aio_shadow.h"

#include <sched.h>

#include "aio_line.h"
#include "aio_wait.h"
#include "aio_watch.h"

/* --- One ----------------------------------------------------------------- */

/* The cancels of a call, and whether glibc has one that was before it. */
struct before {
	const struct belayi_shadow *s;
	bool any;
};

/* Of two priorities the higher one may have come later. */
static bool look_before(const struct belayi_found *found, void *data)
{
	struct belayi_shadow *other = found->shadow;
	struct before *before = data;
	const struct belayi_shadow *s = before->s;
	uint64_t settled = __atomic_load_n(&other->settled, __ATOMIC_RELAXED);

	before->any = other != s && other->cb.aio_fildes == s->cb.aio_fildes &&
		      other->cb.__abs_prio >= s->cb.__abs_prio && settled &&
		      settled < s->place &&
		      belayi_aio_code(&other->cb) == EINPROGRESS;
	return !before->any;
}

static bool was_first(const struct belayi_shadow *s)
{
	struct before before = {s, false};

	belayi_shadow_each(look_before, &before);
	return !before.any;
}

enum asked {
	ASKED_CANCELED, /* ENDING is ours */
	ASKED_IN_VAIN,
	ASKED_OVER, /* or about to be */
	ASKED_TOO_EARLY,
};

/*
 * ASKING is ours, and the line. A sync that only waits for others is kept back
 * by us.
 */
static enum asked ask_alone(struct belayi_shadow *s)
{
	bool is_canceled = belayi_next_aio_cancel(s->cb.aio_fildes, &s->cb) ==
			   AIO_CANCELED;
	bool runs = belayi_aio_code(&s->cb) == EINPROGRESS;

	if (is_canceled && was_first(s))
		belayi_line_mend(s->cb.aio_fildes, s);
	if (is_canceled || (!runs && belayi_watch_waits(s))) {
		belayi_line_leave(s->cb.aio_fildes);
		belayi_shadow_set(s, BELAYI_SHADOW_ENDING);
		return ASKED_CANCELED;
	}
	belayi_shadow_set(s, BELAYI_SHADOW_RUNNING);
	return runs ? ASKED_IN_VAIN : ASKED_OVER;
}

static enum asked ask(const struct belayi_found *found)
{
	struct belayi_shadow *s = found->shadow;
	struct belayi_line_taken taken;
	enum asked asked = ASKED_IN_VAIN;

	if (!belayi_line_take(s->cb.aio_fildes, &taken))
		return ASKED_IN_VAIN;
	if (belayi_line_is_known(s->cb.aio_fildes))
		asked = belayi_shadow_move(found, BELAYI_SHADOW_RUNNING,
					   BELAYI_SHADOW_ASKING)
				? ask_alone(s)
				: ASKED_TOO_EARLY;
	belayi_line_let_go(&taken);
	/* The watcher has left it alone meanwhile. */
	belayi_wait_stir();
	return asked;
}

/* Return: whether *ret_answer is what came of it. */
static bool try_cancel(const struct belayi_found *found, bool tell,
		       enum belay_answer *ret_answer)
{
	struct belayi_shadow *s = found->shadow;
	enum belayi_shadow_state state = belayi_shadow_state(s);
	bool is_lost = __atomic_load_n(&s->is_lost, __ATOMIC_RELAXED);
	enum asked asked = ASKED_TOO_EARLY;

	*ret_answer = BELAY_ANSWER_COMPLETE;
	if (!belayi_shadow_is(found))
		return true;
	*ret_answer = BELAY_ANSWER_NOT_CANCELED;
	if (is_lost)
		return true;
	if (belayi_shadow_move(found, BELAYI_SHADOW_DONE, BELAYI_SHADOW_ENDING))
		asked = ASKED_CANCELED;
	else if (state == BELAYI_SHADOW_RUNNING)
		asked = ask(found);
	else if (state != BELAYI_SHADOW_DONE && state != BELAYI_SHADOW_ASKING)
		return true; /* Somebody else begins or ends it. */
	if (asked == ASKED_CANCELED) {
		belayi_shadow_canceled(s, tell);
		*ret_answer = BELAY_ANSWER_CANCELED;
	}
	if (asked == ASKED_OVER)
		belayi_shadow_over(found);
	return asked == ASKED_CANCELED || asked == ASKED_IN_VAIN;
}

#define TRIES 1000 /* while another one cancels */

static enum belay_answer cancel(const struct belayi_found *found, bool tell)
{
	enum belay_answer answer;
	int saved = errno;

	if (!belayi_shadow_hold(found))
		return BELAY_ANSWER_COMPLETE;
	for (int i = 0; !try_cancel(found, tell, &answer) && i < TRIES; i++)
		(void)sched_yield();
	belayi_shadow_let_go(found->shadow);
	errno = saved;
	return answer;
}

enum belay_answer belayi_shadow_cancel(const struct aiocb *cb,
				       const struct belay_ref *ref, bool tell)
{
	enum belay_answer answer = BELAY_ANSWER_COMPLETE;

	/* It may get another shadow meanwhile. */
	while (answer == BELAY_ANSWER_COMPLETE) {
		struct belayi_found found = belayi_shadow_find(cb, ref);

		if (!found.shadow)
			break;
		answer = cancel(&found, tell);
	}
	return answer;
}

/* --- One that has none --------------------------------------------------- */

int belayi_shadow_cancel_other(int fd, struct aiocb *cb)
{
	struct belayi_line_taken taken;
	int r;

	if (!belayi_shadow_any())
		return belayi_next_aio_cancel(fd, cb);
	if (!belayi_line_take(fd, &taken))
		return AIO_NOTCANCELED;
	r = belayi_next_aio_cancel(fd, cb);
	if (r == AIO_CANCELED && belayi_line_is_known(fd))
		belayi_line_mend(fd, NULL);
	belayi_line_let_go(&taken);
	return r;
}

/* --- All on a descriptor ------------------------------------------------- */

/*
 * glibc cancels all that it has not begun with, and loses none by that. What
 * is refused it is queued again.
 */
struct cancels {
	int fd;
	int r;
	bool (*is_refused)(const struct belay_ref *ref, const void *data);
	const void *data;
	struct belayi_shadow *first; /* ASKING, by us */
	struct belayi_shadow *again;
	struct belayi_shadow *canceled;
};

static bool keep(const struct belayi_found *found, void *data)
{
	struct cancels *cancels = data;

	if (found->shadow->cb.aio_fildes == cancels->fd &&
	    belayi_shadow_move(found, BELAYI_SHADOW_RUNNING,
			       BELAYI_SHADOW_ASKING))
		belayi_line_insert(&cancels->first, found->shadow);
	return true;
}

/* Those that stay: lost ones, for no cancel reaches them; refused ones. */
static bool stays(const struct cancels *cancels, const struct belayi_shadow *s)
{
	return s->is_lost || cancels->is_refused(&s->ref, cancels->data);
}

static void sort_out(struct cancels *cancels)
{
	struct belayi_shadow *behind;

	for (struct belayi_shadow *s = cancels->first; s; s = behind) {
		int code = belayi_aio_code(&s->cb);
		bool is_out = code == ECANCELED;
		bool may_go = is_out ||
			      (code != EINPROGRESS && belayi_watch_waits(s));

		behind = s->behind;
		if (may_go && stays(cancels, s)) {
			may_go = false;
			cancels->r = AIO_NOTCANCELED;
		}
		if (is_out && !may_go) {
			belayi_line_insert(&cancels->again, s);
		} else if (!may_go) {
			belayi_shadow_set(s, BELAYI_SHADOW_RUNNING);
		} else {
			if (cancels->r == AIO_ALLDONE)
				cancels->r = AIO_CANCELED;
			belayi_line_leave(s->cb.aio_fildes);
			belayi_shadow_set(s, BELAYI_SHADOW_ENDING);
			belayi_line_insert(&cancels->canceled, s);
		}
	}
}

/* What is kept back only, glibc does not have. */
static bool cancel_held(const struct belayi_found *found, void *data)
{
	struct cancels *cancels = data;
	struct belayi_shadow *s = found->shadow;

	if (s->cb.aio_fildes != cancels->fd ||
	    belayi_shadow_state(s) != BELAYI_SHADOW_DONE)
		return true;
	if (stays(cancels, s)) {
		cancels->r = AIO_NOTCANCELED;
	} else if (belayi_shadow_move(found, BELAYI_SHADOW_DONE,
				      BELAYI_SHADOW_ENDING)) {
		belayi_shadow_canceled(s, true);
		if (cancels->r == AIO_ALLDONE)
			cancels->r = AIO_CANCELED;
	}
	return true;
}

int belayi_shadow_cancel_all(int fd,
			     bool (*is_refused)(const struct belay_ref *ref,
						const void *data),
			     const void *data)
{
	struct cancels cancels = {
		.fd = fd,
		.is_refused = is_refused,
		.data = data,
	};
	struct belayi_line_taken taken;
	struct belayi_shadow *behind;

	if (!belayi_shadow_any())
		return belayi_next_aio_cancel(fd, NULL);
	if (!belayi_line_take(fd, &taken))
		return AIO_NOTCANCELED;
	(void)belayi_line_is_known(fd);
	belayi_shadow_each(keep, &cancels);
	cancels.r = belayi_next_aio_cancel(fd, NULL);
	sort_out(&cancels);
	belayi_line_again(cancels.again);
	belayi_line_let_go(&taken);
	for (struct belayi_shadow *s = cancels.canceled; s; s = behind) {
		behind = s->behind;
		belayi_shadow_canceled(s, true);
	}
	if (cancels.r >= 0)
		belayi_shadow_each(cancel_held, &cancels);
	belayi_wait_stir();
	return cancels.r;
}
