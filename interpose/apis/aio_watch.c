/* SPDX-License-Identifier: MIT */
/*
 * aio_watch.c - the watcher: sees when shadows are over
 *
 * A thread of Belay's own, made with the first shadow of a process. It waits
 * for all shadows in the real aio_suspend(), so glibc needs no thread to tell
 * of them, and none that runs on has the program's signals.
 */
#include "aio_watch.h"

#include "aio_shadow.h"
#include "aio_wait.h"

/* At once: the stack of a worker is small. The others are seen a little late,
 * or as soon as one of these is over. */
#define WATCHED_MAX 1024

static struct watcher {
	uint32_t runs;
	struct belayi_shadow *fresh; /* a stack that the watcher takes */
} * watcher;

/* --- What must be over before -------------------------------------------- */

struct sync {
	int fd;
	uint64_t number;
	bool waits;
};

static bool is_before(const struct belayi_found *found, void *data)
{
	struct sync *sync = data;

	sync->waits = found->number < sync->number &&
		      found->shadow->cb.aio_fildes == sync->fd;
	return !sync->waits;
}

bool belayi_watch_waits(const struct belayi_shadow *s)
{
	struct sync sync = {s->cb.aio_fildes, belayi_shadow_number(s), false};

	if (s->is_sync)
		belayi_shadow_each(is_before, &sync);
	return sync.waits;
}

/* --- Watching ------------------------------------------------------------ */

/*
 * Whether there is nothing more to do with a shadow that does not run. One
 * that was cancelled is ended by who did that.
 */
static bool is_seen_to(struct belayi_shadow *s)
{
	const struct belayi_found found = {s, belayi_shadow_number(s)};

	if (belayi_shadow_state(s) == BELAYI_SHADOW_ENDED)
		return true;
	if (belayi_shadow_state(s) != BELAYI_SHADOW_RUNNING ||
	    belayi_watch_waits(s))
		return false;
	if (belayi_next_aio_error(&s->cb) != ECANCELED)
		belayi_shadow_over(&found);
	return true;
}

/* Adds those that were begun since, the oldest of them first. */
static void adopt(struct belayi_shadow **first)
{
	struct belayi_shadow *fresh =
		__atomic_exchange_n(&watcher->fresh, NULL, __ATOMIC_SEQ_CST);
	struct belayi_shadow *in_order = NULL;

	while (fresh) {
		struct belayi_shadow *s = fresh;

		fresh = s->next;
		s->next = in_order;
		in_order = s;
	}
	while (*first)
		first = &(*first)->next;
	*first = in_order;
}

/* Return: how many of `blocks` to wait for. */
static int look(struct belayi_shadow **first, const struct aiocb *blocks[])
{
	int count = 0;

	for (struct belayi_shadow **at = first; *at;) {
		struct belayi_shadow *s = *at;
		bool runs = belayi_next_aio_error(&s->cb) == EINPROGRESS;

		if (!runs && is_seen_to(s)) {
			*at = s->next;
			belayi_shadow_let_go(s);
			continue;
		}
		if (runs && count < WATCHED_MAX)
			blocks[count++] = &s->cb;
		at = &s->next;
	}
	return count;
}

static void watch(void)
{
	static const struct aiocb *blocks[WATCHED_MAX];
	struct belayi_shadow *first = NULL;

	for (;;) {
		uint32_t seen = belayi_wait_seen();
		int count;

		adopt(&first);
		count = look(&first, blocks);
		(void)belayi_wait_sleep(blocks, count, seen, UINT64_MAX);
	}
}

void belayi_watch_add(struct belayi_shadow *s)
{
	s->holders++;
	belayi_shadow_set(s, BELAYI_SHADOW_RUNNING);
	s->next = __atomic_load_n(&watcher->fresh, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&watcher->fresh, &s->next, s, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
	belayi_wait_stir();
}

bool belayi_watch_make(void)
{
	uint32_t runs = false;

	if (!belayi_aio_make((void **)&watcher, sizeof(*watcher)))
		return false;
	/* Wiped in a child, which makes a watcher of its own. */
	if (!__atomic_compare_exchange_n(&watcher->runs, &runs, true, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return true;
	if (belay_adapter_thread(watch) == 0)
		return true;
	__atomic_store_n(&watcher->runs, false, __ATOMIC_RELEASE);
	return false;
}
