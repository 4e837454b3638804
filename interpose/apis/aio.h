/* SPDX-License-Identifier: MIT */
/*
 * aio.h - what the files of the AIO adapter share
 */
#ifndef BELAYI_AIO_H
#define BELAYI_AIO_H

#include <aio.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include <belay/adapter.h>

enum belayi_aio_kind {
	BELAYI_AIO_READ,
	BELAYI_AIO_WRITE,
	BELAYI_AIO_FSYNC,
	BELAYI_AIO_OTHER,
	BELAYI_AIO_KINDS
};

typedef __typeof__(&lio_listio) belayi_list_function;

extern __attribute__((visibility("protected")))
const struct belay_adapter belay_adapter;

extern const struct belay_operation belayi_aio_operations[];

/* The next definitions, for who is not a wrapper. */
int belayi_next_aio_error(const struct aiocb *cb);
int belayi_next_aio_cancel(int fd, struct aiocb *cb);
int belayi_next_aio_suspend(const struct aiocb *const list[], int nent,
			    const struct timespec *timeout);
int belayi_next_lio_listio(int mode, struct aiocb *const list[], int nent,
			   struct sigevent *sig);

/*
 * belayi_aio_code() - what a block says of its call
 *
 * Acquire: pairs with the unlock after which glibc's thread is done with it.
 */
static inline int belayi_aio_code(const struct aiocb *cb)
{
	return __atomic_load_n(&cb->__error_code, __ATOMIC_ACQUIRE);
}

/* belayi_aio_say() - makes a block say that its call is over, or pending */
static inline void belayi_aio_say(struct aiocb *cb, int code, ssize_t result)
{
	__atomic_store_n(&cb->__return_value, result, __ATOMIC_RELAXED);
	/* Release: who sees the code sees the result, and the data. */
	__atomic_store_n(&cb->__error_code, code, __ATOMIC_RELEASE);
}

/* belayi_aio_outcome() - the outcome that a final code and a result are */
static inline struct belay_outcome belayi_aio_outcome(int code, ssize_t result)
{
	struct belay_outcome outcome = {BELAY_FAILED, code, result};

	if (code == 0)
		outcome.ending = BELAY_SUCCEEDED;
	else if (code == ECANCELED)
		outcome.ending = BELAY_CANCELED;
	return outcome;
}

/*
 * belayi_aio_not_queued() - why an element of a list that failed was never
 * queued; 0 if it was
 *
 * Its own priority was bad; or there was no thread to serve it, and then the
 * block has an error but no result of -1.
 */
static inline int belayi_aio_not_queued(const struct aiocb *cb)
{
	int code = belayi_aio_code(cb);

	if (code == EINVAL &&
	    (cb->aio_reqprio < 0 || cb->aio_reqprio > AIO_PRIO_DELTA_MAX))
		return EINVAL;
	if (code != 0 && code != EINPROGRESS && cb->__return_value == 0)
		return code;
	return 0;
}

/* belayi_aio_element() - what an element of a list is */
static inline enum belayi_aio_kind belayi_aio_element(const struct aiocb *cb)
{
	switch (cb->aio_lio_opcode) {
	case LIO_READ:
		return BELAYI_AIO_READ;
	case LIO_WRITE:
		return BELAYI_AIO_WRITE;
	default:
		return BELAYI_AIO_OTHER;
	}
}

/*
 * belayi_aio_begin() - begins a call on a block
 *
 * op:    what a sync, or an element that is none, has instead of a place
 * owner: the list that it is an element of, or NULL
 * Return: false: a policy fails it, with errno.
 */
bool belayi_aio_begin(enum belayi_aio_kind kind, const struct aiocb *cb, int op,
		      const void *owner, const void *site,
		      struct belay_ref *ret_ref);

/* belayi_aio_seen() - the program saw the block's final code */
void belayi_aio_seen(const struct aiocb *cb, int code);

/* belayi_aio_cancel() - aio_cancel() */
int belayi_aio_cancel(int fd, struct aiocb *cb);

/* belayi_aio_cancel_call() - for a policy or an operator */
enum belay_answer belayi_aio_cancel_call(const struct belay_ref *ref,
					 int32_t *ret_status);

/* belayi_aio_list() - lio_listio(), with the next definition of it */
int belayi_aio_list(belayi_list_function next, int mode,
		    struct aiocb *const list[], int nent, struct sigevent *sig,
		    const void *site);

/*
 * belayi_aio_memory() - zeroed memory that takes room only where it is
 * touched, and that a forked child finds zeroed
 *
 * Return: NULL where there is none. errno may have changed.
 */
static inline void *belayi_aio_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	if (madvise(memory, size, MADV_WIPEONFORK) == 0)
		return memory;
	(void)munmap(memory, size);
	return NULL;
}

/* belayi_aio_make() - the same, once for all threads: *at is the memory */
static inline bool belayi_aio_make(void **at, size_t size)
{
	void *none = NULL;
	void *made;

	if (__atomic_load_n(at, __ATOMIC_ACQUIRE))
		return true;
	made = belayi_aio_memory(size);
	if (!made)
		return false;
	if (!__atomic_compare_exchange_n(at, &none, made, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		(void)munmap(made, size);
	return true;
}

#endif
