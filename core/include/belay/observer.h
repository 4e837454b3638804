/* SPDX-License-Identifier: MIT */
/*
 * belay/observer.h - who is told of every call, and may decide over it
 *
 * For whoever watches the calls of a process, and for channels, which tell of
 * the server's side of a call. The rules in belay/call.h hold here, too.
 */
#ifndef BELAY_OBSERVER_H
#define BELAY_OBSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <belay/call.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Where a completion is seen. */
enum belay_moment {
	BELAY_AT_COMPLETE,
	BELAY_AT_FINISH, /* it was not seen before the finish */
};

/* The server's side of a call that came over a channel. */
struct belay_server_call {
	uint64_t caller; /* process that called, from the message */
	uint64_t id;     /* the call's id there */
	const struct belay_operation *operation;
	const void *site; /* the method that serves it */
};

/*
 * struct belay_observer - who is told of every transition
 *
 * size:       sizeof(struct belay_observer) as its author knew it; members
 *             are only ever added at the end. Every hook may be NULL.
 * begin:      the call is STARTING; call->thread, number and slot are the
 *             observer's to write, and call->id where a fork made it another
 *             process's. false fails it: *ret_fault says how.
 *             Nobody can cancel or finish the call before this hook returns:
 *             until then call->operation is NULL (see begin->operation).
 * refuse:     a Begin was turned down: by the other side (pending is false;
 *             the call ends), or because a call is in progress (pending is
 *             true; call is that one).
 * cancel:     somebody cancels. false refuses it.
 * answered:   what came of a cancel.
 * completing: the outcome is there; it may be replaced, held or dropped.
 *             What BELAY_AT_FINISH is answered with HOLD or DROP is delivered.
 * complete:   the outcome is chosen and about to be published. Not said of a
 *             call that nobody saw complete before its finish.
 * finish:     the turn ends, with the outcome that the client gets.
 *
 * Threads: any, at once. No lock is held. Hooks must not wait, and leave errno
 * as it was. In begin, completing, complete and finish, and in refuse unless
 * pending, the calling thread is alone with the call. The others may be told
 * when the turn is over and the next one begins: they read members atomically,
 * and check the turn.
 */
struct belay_observer {
	size_t size;
	bool (*begin)(struct belay_call *call, const struct belay_begin *begin,
		      uint64_t turn, struct belay_outcome *ret_fault);
	void (*refuse)(struct belay_call *call,
		       const struct belay_operation *operation, int32_t status,
		       bool pending);
	bool (*cancel)(struct belay_call *call, enum belay_party by);
	void (*answered)(struct belay_call *call, uint64_t turn,
			 enum belay_party by, enum belay_answer answer,
			 int32_t status);
	enum belay_verdict (*completing)(struct belay_call *call,
					 struct belay_outcome *outcome,
					 enum belay_moment moment);
	void (*complete)(struct belay_call *call,
			 const struct belay_outcome *outcome);
	void (*finish)(struct belay_call *call, uint64_t turn,
		       const struct belay_outcome *outcome);
	void (*server_enter)(const struct belay_server_call *call);
	void (*server_exit)(const struct belay_server_call *call,
			    int32_t status, uint64_t duration_ns);
};

/*
 * belay_call_observe() - sets the one observer of this process
 *
 * observer: lives for ever; NULL ends observing. Calls in progress go on
 *           with the new one.
 */
void belay_call_observe(const struct belay_observer *observer);

/*
 * belay_call_is_observed() - whether there is an observer
 *
 * For channels, which need not find out what nobody is told.
 */
bool belay_call_is_observed(void);

/*
 * belay_call_mirror() - keeps another word like a call's
 *
 * For observers, which copy the state of a call on the heap to where others
 * can read it. A mirror only moves on, in a turn and to the next: what comes
 * late changes nothing.
 */
void belay_call_mirror(uint64_t *word, uint64_t turn, enum belay_state state);

/* belay_server_enter(), belay_server_exit() - a server method begins, ends */
void belay_server_enter(const struct belay_server_call *call);
void belay_server_exit(const struct belay_server_call *call, int32_t status,
		       uint64_t duration_ns);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
