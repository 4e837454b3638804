/* SPDX-License-Identifier: MIT */
/*
 * aio_wait.c - waits where some of the calls are kept back
 *
 * Who waits for calls that glibc has sleeps in the real aio_suspend(), on their
 * shadows. Who waits for calls that are kept back sleeps on a counter of
 * changes. Who waits for both sleeps in the real aio_suspend(), too, which
 * nobody can end from outside, so it sleeps there for a moment at a time.
 * (A request of ours in its list, to be cancelled when something changes,
 * would end it. But glibc forgets what is queued behind a cancelled request
 * that none of its threads has taken up.)
 */
#include "aio_wait.h"

/* Cleanups of a cancelled thread without libgcc_s: a guest gets libc only. */
#undef __EXCEPTIONS

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "aio_shadow.h"
#include "aio_table.h"

#define NS_PER_S UINT64_C(1000000000)
#define MOMENT_NS UINT64_C(1000000)

static struct waits {
	uint32_t changes; /* a futex */
} * waits;

bool belayi_wait_make(void)
{
	return belayi_aio_make((void **)&waits, sizeof(*waits));
}

uint32_t belayi_wait_seen(void)
{
	return __atomic_load_n(&waits->changes, __ATOMIC_SEQ_CST);
}

static long futex(int operation, uint32_t value, const struct timespec *until)
{
	return syscall(SYS_futex, &waits->changes,
		       operation | FUTEX_PRIVATE_FLAG, value, until, NULL,
		       FUTEX_BITSET_MATCH_ANY);
}

void belayi_wait_stir(void)
{
	int saved = errno;

	(void)__atomic_add_fetch(&waits->changes, 1, __ATOMIC_SEQ_CST);
	(void)futex(FUTEX_WAKE, INT_MAX, NULL);
	errno = saved;
}

/* --- Sleeping ------------------------------------------------------------ */

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t belayi_wait_in(uint64_t ns)
{
	return now_ns() + ns;
}

static struct timespec time_of(uint64_t ns)
{
	return (struct timespec){(time_t)(ns / NS_PER_S),
				 (long)(ns % NS_PER_S)};
}

/* As glibc waits: it can be cancelled in the system call, nowhere else. */
static enum belayi_woken sleep_on_changes(uint32_t seen, uint64_t deadline_ns)
{
	const struct timespec until = time_of(deadline_ns);
	int type;
	long r;

	(void)pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	r = futex(FUTEX_WAIT_BITSET, seen,
		  deadline_ns == UINT64_MAX ? NULL : &until);
	(void)pthread_setcanceltype(type, NULL);
	if (r == 0 || errno == EAGAIN)
		return BELAYI_STIRRED;
	return errno == ETIMEDOUT ? BELAYI_LATE : BELAYI_INTERRUPTED;
}

static enum belayi_woken sleep_in_libc(const struct aiocb *const list[],
				       int count, uint64_t deadline_ns)
{
	uint64_t now = now_ns();
	uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
	struct timespec timeout = time_of(left < MOMENT_NS ? left : MOMENT_NS);

	if (belayi_next_aio_suspend(list, count, &timeout) == 0)
		return BELAYI_READY;
	if (errno != EAGAIN)
		return BELAYI_INTERRUPTED;
	return left > MOMENT_NS ? BELAYI_STIRRED : BELAYI_LATE;
}

enum belayi_woken belayi_wait_sleep(const struct aiocb *const list[], int count,
				    uint32_t seen, uint64_t deadline_ns)
{
	return count ? sleep_in_libc(list, count, deadline_ns)
		     : sleep_on_changes(seen, deadline_ns);
}

/* --- aio_suspend() ------------------------------------------------------- */

/*
 * What is in a list of calls that all are in progress: those that glibc will
 * wake us for, by their shadows where they have some, and others.
 */
struct sorted {
	const struct aiocb **real;
	int real_count;
	struct belayi_shadow **held;
	int held_count;
	bool any_kept;
};

/* Also where the thread is cancelled in its sleep. */
static void let_go(void *data)
{
	struct sorted *all = data;

	while (all->held_count > 0)
		belayi_shadow_let_go(all->held[--all->held_count]);
}

static void sort_shadow(const struct belayi_found *found, struct sorted *to)
{
	if (!belayi_shadow_hold(found)) {
		to->any_kept = true;
		return;
	}
	to->held[to->held_count++] = found->shadow;
	if (belayi_shadow_serve(found))
		to->real[to->real_count++] = &found->shadow->cb;
	else
		to->any_kept = true;
}

/* Return: false where a call is done. */
static bool sort_out(const struct aiocb *const list[], int nent,
		     struct sorted *to)
{
	to->real_count = 0;
	to->any_kept = false;
	for (int i = 0; i < nent; i++) {
		struct belayi_found found;

		if (!list[i])
			continue;
		if (belayi_aio_code(list[i]) != EINPROGRESS)
			return false;
		found = belayi_shadow_find(list[i], NULL);
		if (found.shadow)
			sort_shadow(&found, to);
		else
			to->real[to->real_count++] = list[i];
		if (belayi_aio_code(list[i]) != EINPROGRESS)
			return false;
	}
	return true;
}

static uint64_t deadline_of(const struct timespec *timeout)
{
	uint64_t now = now_ns();

	if (!timeout ||
	    (uint64_t)timeout->tv_sec > (UINT64_MAX - now) / NS_PER_S - 1)
		return UINT64_MAX;
	return now + (uint64_t)timeout->tv_sec * NS_PER_S +
	       (uint64_t)timeout->tv_nsec;
}

/* Glibc wakes for all of them. */
static enum belayi_woken sleep_soundly(const struct sorted *all,
				       uint64_t deadline_ns)
{
	uint64_t now = now_ns();
	uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
	const struct timespec timeout = time_of(left);

	if (belayi_next_aio_suspend(all->real, all->real_count,
				    deadline_ns == UINT64_MAX ? NULL
							      : &timeout) == 0)
		return BELAYI_READY;
	return errno == EAGAIN ? BELAYI_LATE : BELAYI_INTERRUPTED;
}

/* The real aio_suspend() does not wait for nothing, either. */
static bool is_empty(const struct sorted *all)
{
	return !all->any_kept && all->real_count == 0;
}

struct wait {
	const struct aiocb *const *list;
	int nent;
	uint64_t deadline_ns;
	uint32_t seen;
	struct sorted all;
	enum belayi_woken woken; /* BELAYI_READY: a call is done */
};

static void look_and_sleep(struct wait *wait)
{
	struct sorted *all = &wait->all;

	wait->woken = BELAYI_READY;
	if (!sort_out(wait->list, wait->nent, all) || is_empty(all))
		return;
	wait->woken = all->any_kept
			      ? belayi_wait_sleep(all->real, all->real_count,
						  wait->seen, wait->deadline_ns)
			      : sleep_soundly(all, wait->deadline_ns);
	/* What is done may have to be ended yet, or be queued again. */
	if (wait->woken == BELAYI_READY)
		wait->woken = BELAYI_STIRRED;
}

static void wait_once(struct wait *wait)
{
	wait->seen = belayi_wait_seen();
	pthread_cleanup_push(let_go, &wait->all);
	look_and_sleep(wait);
	pthread_cleanup_pop(true);
}

int belayi_wait_any(const struct aiocb *const list[], int nent,
		    const struct timespec *timeout)
{
	struct wait wait = {list, nent, deadline_of(timeout)};
	int saved = errno;

	/* On the stack, as glibc has its own list of them. */
	if (nent > 0) {
		wait.all.real =
			__builtin_alloca(sizeof(*wait.all.real) * (size_t)nent);
		wait.all.held =
			__builtin_alloca(sizeof(*wait.all.held) * (size_t)nent);
	}
	do {
		errno = saved;
		wait_once(&wait);
	} while (wait.woken == BELAYI_STIRRED);
	errno = saved;
	if (wait.woken == BELAYI_READY)
		return 0;
	errno = wait.woken == BELAYI_LATE ? EAGAIN : EINTR;
	return -1;
}
