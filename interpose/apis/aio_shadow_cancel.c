/* SPDX-License-Identifier: MIT */
/*
 * aio_shadow_cancel.c - cancels of calls that have shadows
 */
#include "aio_shadow.h"

#include "aio_table.h"
#include "aio_wait.h"
#include "aio_watch.h"

/*
 * ASKING is ours. A sync that only waits for others is kept back by us.
 * Return: whether *ret_answer is what came of it.
 */
static bool ask(const struct belayi_found *found, bool tell,
		enum belay_answer *ret_answer)
{
	struct belayi_shadow *s = found->shadow;
	int code = belayi_next_aio_error(&s->cb);

	if (code == EINPROGRESS) {
		(void)belayi_next_aio_cancel(s->cb.aio_fildes, &s->cb);
		code = belayi_next_aio_error(&s->cb);
	}
	if (code == ECANCELED ||
	    (code != EINPROGRESS && belayi_watch_waits(s))) {
		belayi_shadow_set(s, BELAYI_SHADOW_ENDING);
		belayi_shadow_canceled(s, tell);
		*ret_answer = BELAY_ANSWER_CANCELED;
		return true;
	}
	belayi_shadow_set(s, BELAYI_SHADOW_RUNNING);
	/* The watcher has left it alone meanwhile. */
	belayi_wait_stir();
	*ret_answer = BELAY_ANSWER_NOT_CANCELED;
	if (code != EINPROGRESS)
		belayi_shadow_over(found);
	return code == EINPROGRESS;
}

static bool try_cancel(const struct belayi_found *found, bool tell,
		       enum belay_answer *ret_answer)
{
	struct belayi_shadow *s = found->shadow;
	enum belayi_shadow_state state = belayi_shadow_state(s);
	bool is_lost = __atomic_load_n(&s->is_lost, __ATOMIC_RELAXED);

	*ret_answer = BELAY_ANSWER_COMPLETE;
	if (!belayi_shadow_is(found))
		return true;
	*ret_answer = BELAY_ANSWER_NOT_CANCELED;
	if (is_lost)
		return true;
	if (belayi_shadow_move(found, BELAYI_SHADOW_DONE,
			       BELAYI_SHADOW_ENDING)) {
		belayi_shadow_canceled(s, tell);
		*ret_answer = BELAY_ANSWER_CANCELED;
		return true;
	}
	if (belayi_shadow_move(found, BELAYI_SHADOW_RUNNING,
			       BELAYI_SHADOW_ASKING))
		return ask(found, tell, ret_answer);
	/* Somebody else begins, cancels or ends it at this moment. */
	return state != BELAYI_SHADOW_DONE && state != BELAYI_SHADOW_RUNNING;
}

static enum belay_answer cancel(const struct belayi_found *found, bool tell)
{
	enum belay_answer answer;
	int saved = errno;

	while (!try_cancel(found, tell, &answer))
		;
	errno = saved;
	return answer;
}

enum belay_answer belayi_shadow_cancel(const struct aiocb *cb,
				       const struct belay_ref *ref, bool tell)
{
	struct belayi_found found = belayi_shadow_find(cb, ref);

	return found.shadow ? cancel(&found, tell) : BELAY_ANSWER_COMPLETE;
}

struct cancels {
	int fd;
	int r;
};

static bool cancel_on(const struct belayi_found *found, void *data)
{
	struct cancels *cancels = data;
	enum belay_answer answer;

	if (found->shadow->cb.aio_fildes != cancels->fd)
		return true;
	answer = cancel(found, true);
	if (answer == BELAY_ANSWER_NOT_CANCELED)
		cancels->r = AIO_NOTCANCELED;
	else if (answer == BELAY_ANSWER_CANCELED && cancels->r == AIO_ALLDONE)
		cancels->r = AIO_CANCELED;
	return true;
}

int belayi_shadow_cancel_all(int fd, int r)
{
	struct cancels cancels = {fd, r};

	belayi_shadow_each(cancel_on, &cancels);
	return cancels.r;
}
