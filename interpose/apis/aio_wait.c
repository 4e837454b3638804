/* SPDX-License-Identifier: MIT */
/*
 * aio_wait.c - waits where some of the calls are kept back
 *
 * Who waits for such calls alone sleeps on a counter of changes. Who also
 * waits for calls that glibc knows sleeps in the real aio_suspend(), which
 * nobody can end from outside, so it sleeps there for a moment at a time.
 * (A request of ours in its list, to be cancelled when something changes,
 * would end it. But glibc forgets what is queued behind a cancelled request
 * that none of its threads has taken up.)
 */
#include "aio_wait.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "aio.h"
#include "aio_shadow.h"

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

/* What is in a list of calls that all are in progress. */
struct sorted {
	const struct aiocb **real;
	int real_count;
	bool any_kept;
};

/* Return: false where a call is done. */
static bool sort_out(const struct aiocb *const list[], int nent,
		     struct sorted *to)
{
	to->real_count = 0;
	to->any_kept = false;
	for (int i = 0; i < nent; i++) {
		if (!list[i])
			continue;
		if (belayi_aio_code(list[i]) != EINPROGRESS)
			return false;
		if (belayi_shadow_has(list[i]))
			to->any_kept = true;
		else
			to->real[to->real_count++] = list[i];
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

static int rest_of(uint64_t deadline_ns, const struct aiocb *const list[],
		   int nent)
{
	uint64_t now = now_ns();
	uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
	const struct timespec timeout = time_of(left);

	return belayi_next_aio_suspend(
		list, nent, deadline_ns == UINT64_MAX ? NULL : &timeout);
}

int belayi_wait_any(const struct aiocb *const list[], int nent,
		    const struct timespec *timeout)
{
	uint64_t deadline_ns = deadline_of(timeout);
	int saved = errno;
	struct sorted all = {NULL, 0, false};
	enum belayi_woken woken;

	/* On the stack, as glibc has its own list of them. */
	if (nent > 0)
		all.real = __builtin_alloca(sizeof(*all.real) * (size_t)nent);
	do {
		uint32_t seen = belayi_wait_seen();

		errno = saved;
		if (!sort_out(list, nent, &all))
			return 0;
		if (!all.any_kept)
			return rest_of(deadline_ns, list, nent);
		woken = belayi_wait_sleep(all.real, all.real_count, seen,
					  deadline_ns);
	} while (woken == BELAYI_STIRRED);
	errno = saved;
	if (woken == BELAYI_READY)
		return 0;
	errno = woken == BELAYI_LATE ? EAGAIN : EINTR;
	return -1;
}
