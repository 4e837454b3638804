/* SPDX-License-Identifier: MIT */
/*
 * handles.h - HANDLEs, which are descriptors, and waiting for several
 *
 * A HANDLE holds the number of a descriptor above 2, so that none is NULL.
 * Signaled means readable. One that is automatic is read by whoever's wait it
 * ends; the kernel keeps that with the eventfd itself, so that it is true of
 * all its numbers.
 */
#ifndef BELAYI_HANDLES_H
#define BELAYI_HANDLES_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/objbase.h>

#define BELAYI_HANDLES_MAX 64U

/* What an alertable wait answers when a signal handler ran: Win32's number. */
#define BELAYI_ALERTED 0xC0U

static inline int belayi_handle_fd(HANDLE handle)
{
	return (int)(intptr_t)handle;
}

static inline HANDLE belayi_handle_of(int fd)
{
	return (HANDLE)(intptr_t)fd;
}

/* belayi_handle_new() - an eventfd, not signaled; -1: none can be had */
int belayi_handle_new(void);

/* belayi_handle_automate() - a wait that it ends takes its signal away */
void belayi_handle_automate(int fd);

void belayi_handle_signal(int fd);

/* belayi_handle_take() - resets it; false where it was not signaled */
bool belayi_handle_take(int fd);

/*
 * belayi_handles_wait() - waits for one of them, or for all; pumps in an STA
 *
 * flags:    COWAIT_WAITALL, COWAIT_ALERTABLE; others change nothing
 * deadline: 0 only looks, UINT64_MAX is for ever
 * Return: S_OK, and *ret_index is the first one that is signaled (0 with
 *         COWAIT_WAITALL), or BELAYI_ALERTED;
 *         RPC_S_CALLPENDING: the time is over;
 *         E_HANDLE: one of them is no open descriptor;
 *         E_INVALIDARG: one is there twice, with COWAIT_WAITALL;
 *         RPC_E_OUT_OF_RESOURCES: the apartment gets no descriptor to wake it.
 */
HRESULT belayi_handles_wait(const HANDLE *handles, unsigned int count,
			    DWORD flags, uint64_t deadline_ns,
			    DWORD *ret_index);

#endif
