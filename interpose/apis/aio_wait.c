/* SPDX-License-Identifier: MIT */
/*
 * aio_wait.c - waits where some of the calls are kept back
 *
 * Who waits for such calls alone sleeps on a counter of changes. Who also
 * waits for calls that glibc knows sleeps in the real aio_suspend(), and has a
 * gate in its list: a request that does nothing, on the descriptor of one of
 * those calls. glibc serves one request of a descriptor at a time, so it takes
 * up the gate only when that call, and with it the wait, is over. Until then
 * the gate can be cancelled, and that is how such a sleeper is woken. It takes
 * no descriptor and no thread.
 *
 * Where no gate can be had, or its descriptor was closed, a sleep is short.
 */
/*
 * With it pthread_cleanup_push() is done by libgcc's unwinder, a library that
 * the program need not have.
 */
#undef __EXCEPTIONS

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
#define GATES 64
#define NO_OPERATION 127 /* glibc answers it with EINVAL, and does nothing */

/* How long a sleep is where it cannot be ended, and where it mostly can. */
#define WITHOUT_GATE_NS UINT64_C(2000000)
#define WITH_GATE_NS UINT64_C(100000000)

/*
 * OPEN:  free
 * HELD:  somebody's, but not in glibc's hands
 * SHUT:  it can be cancelled
 * STUCK: nobody's; glibc still has it
 */
enum { OPEN, HELD, SHUT, STUCK };

struct gate {
	uint32_t state;
	int fd;
	struct aiocb cb;
};

static struct waits {
	uint32_t changes; /* a futex */
	struct gate gates[GATES];
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

/*
 * Sequential: a sleeper shuts its gate, then looks for changes; so one side
 * sees the other. A gate that is its next owner's by now wakes that one for
 * nothing.
 */
void belayi_wait_stir(void)
{
	int saved = errno;

	(void)__atomic_add_fetch(&waits->changes, 1, __ATOMIC_SEQ_CST);
	(void)futex(FUTEX_WAKE, INT_MAX, NULL);
	for (int i = 0; i < GATES; i++) {
		struct gate *gate = &waits->gates[i];

		if (__atomic_load_n(&gate->state, __ATOMIC_SEQ_CST) == SHUT)
			(void)belayi_next_aio_cancel(
				__atomic_load_n(&gate->fd, __ATOMIC_RELAXED),
				&gate->cb);
	}
	errno = saved;
}

/* --- Gates --------------------------------------------------------------- */

/* The real aio_error() returns when glibc's thread is done with the block. */
static bool is_out(const struct gate *gate)
{
	return belayi_next_aio_error(&gate->cb) != EINPROGRESS;
}

static bool take(struct gate *gate)
{
	uint32_t state = __atomic_load_n(&gate->state, __ATOMIC_RELAXED);

	return (state == OPEN || (state == STUCK && is_out(gate))) &&
	       __atomic_compare_exchange_n(&gate->state, &state, HELD, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Not inlined: no variable of it is there when the thread is cancelled. */
__attribute__((noinline)) static struct gate *shut_gate(int fd)
{
	struct gate *gate = waits->gates;
	struct aiocb *list[1];

	while (gate < waits->gates + GATES && !take(gate))
		gate++;
	if (gate == waits->gates + GATES)
		return NULL;
	__atomic_store_n(&gate->fd, fd, __ATOMIC_RELAXED);
	gate->cb.aio_fildes = fd;
	gate->cb.aio_lio_opcode = NO_OPERATION;
	gate->cb.aio_sigevent.sigev_notify = SIGEV_NONE;
	list[0] = &gate->cb;
	if (belayi_next_lio_listio(LIO_NOWAIT, list, 1, NULL) < 0) {
		__atomic_store_n(&gate->state, OPEN, __ATOMIC_RELEASE);
		return NULL;
	}
	__atomic_store_n(&gate->state, SHUT, __ATOMIC_SEQ_CST);
	return gate;
}

/* Where the thread is cancelled, too. */
static void leave_gate(void *held)
{
	struct gate *gate = held;
	int saved = errno;

	if (!gate)
		return;
	__atomic_store_n(&gate->state, HELD, __ATOMIC_RELAXED);
	(void)belayi_next_aio_cancel(gate->fd, &gate->cb);
	__atomic_store_n(&gate->state, is_out(gate) ? OPEN : STUCK,
			 __ATOMIC_RELEASE);
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

static enum belayi_woken sleep_at_gate(const struct aiocb *list[], int count,
				       uint32_t seen, uint64_t deadline_ns)
{
	struct gate *gate = shut_gate(list[0]->aio_fildes);
	uint64_t longest = gate ? WITH_GATE_NS : WITHOUT_GATE_NS;
	uint64_t now = now_ns();
	uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
	struct timespec timeout = time_of(left < longest ? left : longest);
	int error = EAGAIN;
	bool is_open = false;

	list[count] = gate ? &gate->cb : NULL;
	pthread_cleanup_push(leave_gate, gate);
	if (belayi_wait_seen() != seen)
		is_open = true;
	else if (belayi_next_aio_suspend(list, count + 1, &timeout) < 0)
		error = errno;
	else if (gate && belayi_aio_code(&gate->cb) != EINPROGRESS)
		is_open = true;
	else
		error = 0;
	pthread_cleanup_pop(1);
	if (error == 0)
		return BELAYI_READY;
	if (is_open || (error == EAGAIN && left > longest))
		return BELAYI_STIRRED;
	return error == EAGAIN ? BELAYI_LATE : BELAYI_INTERRUPTED;
}

enum belayi_woken belayi_wait_sleep(const struct aiocb *list[], int count,
				    uint32_t seen, uint64_t deadline_ns)
{
	return count ? sleep_at_gate(list, count, seen, deadline_ns)
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
		all.real = __builtin_alloca(sizeof(*all.real) *
					    ((size_t)nent + 1));
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
