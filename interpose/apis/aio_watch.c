/* SPDX-License-Identifier: MIT */
/*
 * aio_watch.c - the watcher: sees when shadows are over
 *
 * A thread of Belay's own, made with the first shadow of a process. It waits
 * for shadows in the real aio_suspend(), so glibc needs no thread to tell of
 * them, and none that runs on has the program's signals. For quiet ones it does
 * not: the program ends them as it looks; they are looked at now and then, for
 * programs that never ask.
 */
#include "aio_watch.h"

#include "aio_shadow.h"
#include "aio_wait.h"

/* At once: the stack of a worker is small. The others are seen a little late,
 * or as soon as one of these is over. */
#define WATCHED_MAX 1024

#define QUIET_NS UINT64_C(50000000)

static struct watcher {
	uint32_t runs;
	struct belayi_shadow *fresh; /* a stack that the watcher takes */
} * watcher;

/* --- What must be over before -------------------------------------------- */

struct sync {
	int fd;
	uint64_t place;
	bool waits;
};

static bool is_before(const struct belayi_found *found, void *data)
{
	struct sync *sync = data;

	sync->waits = found->shadow->place < sync->place &&
		      !belayi_shadow_is_quiet(found->shadow) &&
		      found->shadow->cb.aio_fildes == sync->fd;
	return !sync->waits;
}

bool belayi_watch_waits(const struct belayi_shadow *s)
{
	struct sync sync = {s->cb.aio_fildes, s->place, false};

	if (s->is_sync)
		belayi_shadow_each(is_before, &sync);
	return sync.waits;
}

/* --- Watching ------------------------------------------------------------ */

/*
 * Whether there is nothing more to do with a shadow that does not seem to run.
 * One that was cancelled is ended by who did that, or queued again.
 */
static bool is_seen_to(struct belayi_shadow *s)
{
	const struct belayi_found found = {s, belayi_shadow_number(s)};

	if (belayi_shadow_state(s) == BELAYI_SHADOW_RUNNING &&
	    !belayi_watch_waits(s))
		belayi_shadow_over(&found);
	return belayi_shadow_state(s) >= BELAYI_SHADOW_DONE;
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
static int look(struct belayi_shadow **first, const struct aiocb *blocks[],
		bool *ret_any_quiet)
{
	int count = 0;

	*ret_any_quiet = false;
	for (struct belayi_shadow **at = first; *at;) {
		struct belayi_shadow *s = *at;
		bool runs = belayi_next_aio_error(&s->cb) == EINPROGRESS;

		if (!runs && is_seen_to(s)) {
			*at = s->next;
			belayi_shadow_let_go(s);
			continue;
		}
		if (belayi_shadow_is_quiet(s))
			*ret_any_quiet = true;
		else if (runs && count < WATCHED_MAX)
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
		bool any_quiet;
		int count;

		adopt(&first);
		count = look(&first, blocks, &any_quiet);
		(void)belayi_wait_sleep(blocks, count, seen,
					any_quiet ? belayi_wait_in(QUIET_NS)
						  : UINT64_MAX);
	}
}

void belayi_watch_add(struct belayi_shadow *s)
{
	(void)__atomic_add_fetch(&s->holders, 1, __ATOMIC_RELAXED);
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
