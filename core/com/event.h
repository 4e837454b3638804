/* SPDX-License-Identifier: MIT */
/*
 * event.h - events: what ISynchronize objects are made of
 *
 * An event is signaled or not. Manual-reset ones stay signaled until they are
 * reset; a wait for an automatic one takes the signal away, so one Signal
 * releases one wait.
 *
 * A HANDLE is the number of an eventfd, and readable means signaled. Most
 * events never need one. From the first belayi_event_handle() on the eventfd
 * *is* the event: whoever writes to it or reads from it signals or resets.
 *
 * An event that belongs to a call object carries the call's turn, so that a
 * late Signal of an old turn changes nothing.
 *
 * Any thread may call all of these at once but init and deinit. Who signals
 * must hold a reference to whatever the event is part of, until it returns.
 */
#ifndef BELAYI_EVENT_H
#define BELAYI_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/objbase.h>

struct belayi_listener;

struct belayi_event {
	uint64_t word; /* turn, flags: see event_parts.h */
	struct belayi_listener *listeners;
	int32_t fd; /* the eventfd; -1: none yet */
	bool automatic;
};

void belayi_event_init(struct belayi_event *event, bool automatic);
void belayi_event_deinit(struct belayi_event *event);

void belayi_event_signal(struct belayi_event *event);
void belayi_event_reset(struct belayi_event *event);

/* belayi_event_begin() - resets it; from now on it is that turn's */
void belayi_event_begin(struct belayi_event *event, uint64_t turn);

/*
 * belayi_event_signal_turn() - signals it if it is still that turn's
 *
 * turn: as given to belayi_event_begin(), 36 bits of it count
 * Return: false where it is another turn's; nothing changed.
 */
bool belayi_event_signal_turn(struct belayi_event *event, uint64_t turn);

/*
 * belayi_event_wait() - waits until it is signaled; pumps in an STA
 *
 * A signal of a manual-reset event ends all waits that have begun, also if it is
 * reset at once (unless an eventfd was written to directly, or no descriptor is
 * left for the wait).
 *
 * milliseconds: 0 only looks, INFINITE waits for ever
 * Return: S_OK; RPC_S_CALLPENDING when the time is over.
 */
HRESULT belayi_event_wait(struct belayi_event *event, uint32_t milliseconds);

/*
 * belayi_event_await() - waits for another apartment's answer, which signals it
 *
 * In an STA the message filter may end the wait: the answer may come later. Only
 * for manual-reset events that have no HANDLE and that nobody resets.
 *
 * Return: S_OK; RPC_E_CALL_CANCELED: the message filter's.
 */
HRESULT belayi_event_await(struct belayi_event *event);

/*
 * belayi_event_handle() - its HANDLE, lent: it must not be closed
 *
 * Return: S_OK; E_OUTOFMEMORY where no descriptor is left.
 */
HRESULT belayi_event_handle(struct belayi_event *event, HANDLE *ret_handle);

/*
 * belayi_event_set_handle() - makes another eventfd the event
 *
 * It belongs to the event then, which closes it in the end, and the one before
 * now. Nobody may be waiting for that.
 *
 * Return: S_OK; E_INVALIDARG where it is no open descriptor.
 */
HRESULT belayi_event_set_handle(struct belayi_event *event, HANDLE handle);

/* belayi_events_in_child() - whoever was at an event is not in a child */
void belayi_events_in_child(void);

#endif
