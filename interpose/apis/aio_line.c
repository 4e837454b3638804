/* SPDX-License-Identifier: MIT */
/*
 * aio_line.c - where a call stands in glibc's line for its descriptor
 *
 * glibc serves the calls of a descriptor one by one. Where the first of them
 * is cancelled before a thread has taken it up, it (2.36) never serves those
 * behind it. So a rule cancels that one only if it is alone.
 */
#include "aio_line.h"

#include <sys/uio.h>
#include <unistd.h>

#include <belay/clock.h>

#include "aio_shadow.h"
#include "aio_table.h"

int belayi_aio_code_at(uint64_t key)
{
	const struct aiocb *cb = (const struct aiocb *)(uintptr_t)key;
	int code = -1;
	struct iovec to = {&code, sizeof(code)};
	struct iovec from = {(void *)&cb->__error_code, sizeof(code)};
	int saved = errno;

	if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != sizeof(code))
		code = -1;
	errno = saved;
	return code;
}

bool belayi_aio_is_on(const struct belay_ref *ref,
		      const struct belay_slot *slot, int fd)
{
	enum belay_state state = belay_call_state(ref->call);

	return (int)slot->args[0] == fd && state != BELAY_CALL_IDLE &&
	       state < BELAY_CALL_SETTLING;
}

struct line {
	const struct belay_ref *ref;
	int fd;
	bool any_before;
	bool any_behind;
};

static bool is_in_libc(const struct belay_ref *ref,
		       const struct belay_slot *slot)
{
	const struct aiocb *cb = (const struct aiocb *)(uintptr_t)slot->key;
	struct belayi_found found = belayi_shadow_find(cb, ref);

	if (found.shadow)
		return belayi_aio_code(&found.shadow->cb) == EINPROGRESS;
	return belayi_aio_code_at(slot->key) == EINPROGRESS;
}

/*
 * What one thread begins stands in that order. Another thread's may have been
 * kept from its place for a while.
 */
#define KEPT_NS UINT64_C(1000000000)

static bool is_before(const struct belay_call *call,
		      const struct belay_call *other)
{
	uint64_t begun = __atomic_load_n(&call->begun, __ATOMIC_RELAXED);
	uint64_t then = __atomic_load_n(&other->begun, __ATOMIC_RELAXED);

	if (begun >= then)
		return false;
	return __atomic_load_n(&call->thread, __ATOMIC_RELAXED) ==
		       __atomic_load_n(&other->thread, __ATOMIC_RELAXED) ||
	       belay_clock_ns(then - begun) >= KEPT_NS;
}

static bool look_in_line(const struct belay_ref *ref,
			 const struct belay_slot *slot, void *data)
{
	struct line *line = data;

	if (ref->call == line->ref->call ||
	    !belayi_aio_is_on(ref, slot, line->fd))
		return true;
	/* It comes to stand behind, or waits until this cancel is over. */
	if (belay_call_state(ref->call) == BELAY_CALL_STARTING)
		line->any_behind = true;
	else if (!is_in_libc(ref, slot))
		return true;
	else if (is_before(ref->call, line->ref->call))
		line->any_before = true;
	else
		line->any_behind = true;
	return !line->any_before;
}

bool belayi_aio_is_safe_to_cancel(const struct belay_ref *ref,
				  const struct belay_slot *slot)
{
	struct line line = {
		.ref = ref,
		.fd = (int)slot->args[0],
	};

	if (!is_in_libc(ref, slot))
		return true;
	belay_adapter_each(&belay_adapter, look_in_line, &line);
	return line.any_before || !line.any_behind;
}
