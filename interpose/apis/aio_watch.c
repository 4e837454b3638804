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
 * What a look around found; all of them are held meanwhile.
 *
 * blocks: to wait for
 * over:   those that can be ended, in the order in which they joined their lines
 */
struct around {
	const struct aiocb *blocks[WATCHED_MAX];
	int count;
	bool any_quiet;
	struct belayi_shadow *over;
};

static void insert(struct belayi_shadow **first, struct belayi_shadow *s)
{
	while (*first && (*first)->place < s->place)
		first = &(*first)->next;
	s->next = *first;
	*first = s;
}

/* One that is not RUNNING is seen to by who made it so, and stirs. */
static bool look(const struct belayi_found *found, void *data)
{
	struct belayi_shadow *s = found->shadow;
	struct around *around = data;
	bool is_quiet = belayi_shadow_is_quiet(s);
	bool runs;

	if (belayi_shadow_state(s) != BELAYI_SHADOW_RUNNING)
		return true;
	runs = belayi_aio_code(&s->cb) == EINPROGRESS;
	around->any_quiet |= is_quiet;
	if (runs && (is_quiet || around->count == WATCHED_MAX))
		return true;
	if ((!runs && belayi_watch_waits(s)) || !belayi_shadow_hold(found))
		return true;
	if (runs)
		around->blocks[around->count++] = &s->cb;
	else
		insert(&around->over, s);
	return true;
}

static void end(struct belayi_shadow *first)
{
	struct belayi_shadow *next;

	for (struct belayi_shadow *s = first; s; s = next) {
		const struct belayi_found found = {s, belayi_shadow_number(s)};

		next = s->next;
		belayi_shadow_over(&found);
		belayi_shadow_let_go(s);
	}
}

static void let_go(const struct around *around)
{
	for (int i = 0; i < around->count; i++)
		belayi_shadow_let_go(
			(struct belayi_shadow *)(uintptr_t)around->blocks[i]);
}

static void watch(void)
{
	static struct around around;

	for (;;) {
		uint32_t seen = belayi_wait_seen();

		around.count = 0;
		around.any_quiet = false;
		around.over = NULL;
		belayi_shadow_each(look, &around);
		end(around.over);
		(void)belayi_wait_sleep(around.blocks, around.count, seen,
					around.any_quiet
						? belayi_wait_in(QUIET_NS)
						: UINT64_MAX);
		let_go(&around);
	}
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
