/* SPDX-License-Identifier: MIT */
/*
 * belay/call.h - the call object: begin, complete, cancel, finish
 *
 * The contract (COM's rule for cancelling an asynchronous call)
 *
 *  (A) A call object is idle until Begin is called.
 *  (B) From the moment Begin is called until Finish returns, any thread may
 *      ask it for its cancel interface, and Cancel through that. Not every
 *      call has one: asking is how one finds out.
 *  (C) Cancel does not end the call. The client must still Finish. Until it
 *      has, every Begin is refused with RPC_E_CALL_PENDING and changes
 *      nothing.
 *  (D) Cancel guarantees nothing about the other side: it may have stopped,
 *      may still run, may have completed.
 *  (E) Finish returns the outcome, and the object is idle again. Finish
 *      without Begin is an error.
 *
 * Rules for every function
 *
 *  - Pointers are non-NULL unless said otherwise. A `ret_` object is written
 *    on success only and belongs to the caller.
 *  - Every function may be called on any thread, and all of them at once, on
 *    one call object. None allocates memory or takes a lock; those that do
 *    not wait are async-signal-safe. errno is left as it was.
 *  - The memory of a call object belongs to whoever made it and must stay
 *    valid from Begin to Finish, and as long as somebody holds a reference.
 *  - Times are in ticks of belay_clock_now() (belay/clock.h) unless a name
 *    says `_ns`.
 */
#ifndef BELAY_CALL_H
#define BELAY_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <belay/operation.h>
#include <belay/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Grows only when a change breaks programs compiled against an older one. */
#define BELAY_CALL_ABI 1

/*
 * The states, and the sentence that is true in each. Within a turn (from
 * Begin to Finish) a call only moves down this list; then it is idle again.
 */
#define BELAY_STATES(X)                                                        \
	X(IDLE, "no call is in progress")                                      \
	X(STARTING, "Begin is on its way to the other side")                   \
	X(PENDING, "the other side has the call; there is no outcome")         \
	X(CANCELWAIT, "pending, and a Cancel waits for the other side")        \
	X(SETTLING, "the outcome is being written, or is held back")           \
	X(COMPLETED, "the outcome is known and has not been collected")        \
	X(CANCELED, "abandoned by the client, and not yet finished")           \
	X(FINISHING, "one thread is collecting the outcome")

enum belay_state {
#define BELAY_STATE_VALUE(name, sentence) BELAY_CALL_##name,
	BELAY_STATES(BELAY_STATE_VALUE)
#undef BELAY_STATE_VALUE
};

/* How a turn ended, as Finish reports it. */
#define BELAY_ENDINGS(X)                                                       \
	X(SUCCEEDED, "succeeded", "the operation did what it was asked to do") \
	X(FAILED, "failed", "it ended with an error; status says which")       \
	X(CANCELED, "canceled", "it ended because it was cancelled")           \
	X(UNCOLLECTED, "uncollected",                                          \
	  "it completed, but the program reused the object without "           \
	  "collecting")

enum belay_ending {
#define BELAY_ENDING_VALUE(name, word, sentence) BELAY_##name,
	BELAY_ENDINGS(BELAY_ENDING_VALUE)
#undef BELAY_ENDING_VALUE
};

/* Who cancels. */
#define BELAY_PARTIES(X)                                                       \
	X(APPLICATION, "application")                                          \
	X(POLICY, "policy")                                                    \
	X(OPERATOR, "operator")

enum belay_party {
#define BELAY_PARTY_VALUE(name, word) BELAY_BY_##name,
	BELAY_PARTIES(BELAY_PARTY_VALUE)
#undef BELAY_PARTY_VALUE
};

/* What an observer says to a completion. */
enum belay_verdict {
	BELAY_DELIVER, /* with the outcome as it is in *outcome */
	BELAY_HOLD,    /* until belay_call_release() */
	BELAY_DROP,    /* for ever; only a cancel ends it */
};

/*
 * struct belay_begin - what is known of a call when it begins
 *
 * key:   what the API knows the call by (the address of a control block), or
 *        NULL: then the call object's own address
 * owner: what the call belongs to (a connection, a ring), or NULL
 * site:  the address in the program that the Begin returns to, or NULL: then
 *        where belay_call_begin() was called
 * text:  an argument that is a text (SQL, a URL), or NULL; lent for the call
 */
struct belay_begin {
	const struct belay_operation *operation;
	const void *key;
	const void *owner;
	const void *site;
	const char *text;
	uint64_t args[BELAY_ARGUMENTS_MAX];
};

/* struct belay_outcome - how a turn ended; result is bytes where it counts */
struct belay_outcome {
	enum belay_ending ending;
	int32_t status;
	int64_t result;
};

/*
 * struct belay_call - the call object, one cache line
 *
 * Made by belay_call_init(); its members are the runtime's. A foreign API's
 * call lives in a slot of the call table with this same layout.
 */
struct belay_call {
	uint64_t word; /* state, flags and turn: see state.c */
	uint64_t id;   /* of the call in progress */
	const struct belay_operation *operation; /* NULL: none, see Begin */
	uint64_t begun;                          /* ticks */
	uint64_t completed; /* ticks; 0: not seen to complete */
	int64_t result;     /* of the outcome */
	int32_t status;     /* of the outcome */
	uint32_t slot;      /* its slot in the call table; 0: none */
	uint32_t thread;    /* that began it, as gettid() says */
	uint16_t number;    /* the operation's */
	uint8_t ending;     /* of the outcome */
	uint8_t cancels;    /* how often cancel was asked, at most 255 */
};

/*
 * struct belay_ref - a call in one turn
 *
 * What an old turn's reference asks for does not happen to the next turn's
 * call. A NULL call stands for a call that nobody watches.
 */
struct belay_ref {
	struct belay_call *call;
	uint64_t turn;
};

/*
 * belay_call_init() - makes an idle call object
 */
void belay_call_init(struct belay_call *call);

/*
 * belay_call_begin() - claims the object for a call
 *
 * Begin has two halves, because a call can complete before Begin returns:
 * this one makes the call known (and the observer records it), then the
 * caller hands the request to the other side and says what came of it with
 * belay_call_accept() or belay_call_refuse().
 *
 * Return: S_OK, and *ret_ref is the call in its turn;
 *         RPC_E_CALL_PENDING, nothing changed: a call is in progress;
 *         another failure: a policy failed the call, the object is idle. It
 *         is the fault's status where that is an HRESULT, else E_FAIL; the
 *         fault stands in call->ending, status and result.
 */
HRESULT belay_call_begin(struct belay_call *call,
			 const struct belay_begin *begin,
			 struct belay_ref *ret_ref);

/*
 * belay_call_accept() - the other side took the request
 *
 * Return: true; false where the call has moved on already (it completed or
 *         was cancelled meanwhile), which is no error.
 */
bool belay_call_accept(const struct belay_ref *ref);

/*
 * belay_call_refuse() - the other side turned the request down
 *
 * The object is idle again; there is nothing to finish.
 * status: why, in the operation's status kind
 *
 * Return: true; false where the turn had ended otherwise before or, of an
 *         operation with a settled hook, the call has settled: it is CANCELED
 *         or COMPLETED, the hook is told, and the call must be finished.
 */
bool belay_call_refuse(const struct belay_ref *ref, int32_t status);

/*
 * belay_call_complete() - stores the outcome
 *
 * Everybody may try; one wins. An outcome is chosen once: a policy may
 * replace it, and then *outcome holds what was chosen.
 *
 * Return: true to the one caller that completed the call; false if it had an
 *         outcome, was cancelled or finished, or is held back (see
 *         belay_call_release()).
 */
bool belay_call_complete(const struct belay_ref *ref,
			 struct belay_outcome *outcome);

/*
 * belay_call_release() - delivers an outcome that a policy held back
 *
 * Return: true to the one caller that released it.
 */
bool belay_call_release(const struct belay_ref *ref);

/*
 * belay_call_query_cancel() - asks a call for its cancel interface
 *
 * The reference cancels this turn's call only: on an idle object, the next
 * one.
 *
 * Return: S_OK, or E_NOINTERFACE where the call cannot be cancelled.
 */
HRESULT belay_call_query_cancel(struct belay_call *call,
				const struct belay_operation *operation,
				struct belay_ref *ret_cancel);

/*
 * belay_call_cancel() - Cancel, through the cancel interface
 *
 * seconds: 0 abandons the call at once; n asks the other side and waits up
 *          to n seconds for it; (uint32_t)RPC_C_CANCEL_INFINITE_TIMEOUT
 *          waits until it is done.
 *
 * Return: S_OK: the call is cancelled, Finish is still due;
 *         RPC_E_CALL_COMPLETE: it completed before or while waiting, or no
 *         call is in progress;
 *         RPC_E_CALL_CANCELED: it was cancelled before;
 *         E_ACCESSDENIED: a policy refused the cancel;
 *         E_NOINTERFACE: the call cannot be cancelled;
 *         E_FAIL: the other side answered that it will not stop, and the call
 *         cannot end without it: it is pending as before.
 */
HRESULT belay_call_cancel(const struct belay_ref *ref, uint32_t seconds,
			  enum belay_party by);

/*
 * belay_call_answered() - tells of a Cancel that an API was asked for
 *
 * For adapters: the API has its own cancel function, and the program called
 * it. BELAY_ANSWER_CANCELED makes the call CANCELED.
 * status: the API's own answer
 */
void belay_call_answered(const struct belay_ref *ref, enum belay_party by,
			 enum belay_answer answer, int32_t status);

/*
 * belay_call_allows_cancel() - whether a Cancel may reach the API
 *
 * For adapters, before they pass the program's cancel on.
 * Return: false where a policy refuses it.
 */
bool belay_call_allows_cancel(const struct belay_ref *ref, enum belay_party by);

/*
 * belay_call_test_cancel() - whether the call was cancelled
 *
 * Return: RPC_E_CALL_CANCELED or, not cancelled, RPC_S_CALLPENDING;
 *         RPC_E_CALL_COMPLETE where this turn's call is not in progress.
 */
HRESULT belay_call_test_cancel(const struct belay_ref *ref);

/*
 * belay_call_wait() - waits until the call can be finished without waiting
 *
 * milliseconds: 0 only looks; INFINITE waits for ever.
 * Return: S_OK, or RPC_S_CALLPENDING when the time is over.
 */
HRESULT belay_call_wait(const struct belay_ref *ref, uint32_t milliseconds);

/*
 * belay_call_finish() - waits for the outcome, returns it, ends the turn
 *
 * operation: the one that was begun. Finishing another is refused.
 *
 * Return: S_OK, and *ret_outcome is the outcome (status RPC_E_CALL_CANCELED
 *         and ending BELAY_CANCELED for a cancelled call);
 *         RPC_E_CALL_COMPLETE, nothing changed: no such call is in progress,
 *         or another thread is finishing it.
 */
HRESULT belay_call_finish(struct belay_call *call,
			  const struct belay_operation *operation,
			  struct belay_outcome *ret_outcome);

/*
 * belay_call_claim(), belay_call_conclude() - Finish in two halves
 *
 * For who fetches results that the outcome only stands for: after the first
 * half the thread is alone with the call, and nobody can begin the next one
 * before the second. *outcome can be changed between them: it is what the
 * observer is told.
 *
 * Return: as belay_call_finish(), which is one after the other.
 */
HRESULT belay_call_claim(struct belay_call *call,
			 const struct belay_operation *operation,
			 struct belay_ref *ret_ref,
			 struct belay_outcome *ret_outcome);
void belay_call_conclude(const struct belay_ref *ref,
			 const struct belay_outcome *outcome);

/*
 * belay_call_collect() - the Finish of an API that brings the outcome itself
 *
 * For adapters: the program has collected the call. The call completes now,
 * if nobody saw it complete before; a policy may replace the outcome then,
 * and *outcome holds what was chosen. Waits only for another thread that is
 * choosing the outcome at that moment.
 *
 * Return: true to the one caller that finished the call.
 */
bool belay_call_collect(const struct belay_ref *ref,
			struct belay_outcome *outcome);

/* belay_call_ref() - the call in the turn it is in now, or in the next one */
struct belay_ref belay_call_ref(const struct belay_call *call);

/* belay_call_id() - the id of the call in that turn; 0 once it is over */
uint64_t belay_call_id(const struct belay_ref *ref);

/* belay_call_state() - the state of the call in its present turn */
enum belay_state belay_call_state(const struct belay_call *call);

/* belay_state_name() - "PENDING"; "?" for a number that is no state */
const char *belay_state_name(unsigned int state);

/* belay_word_state(), belay_word_turn() - the parts of a state word */
enum belay_state belay_word_state(uint64_t word);
uint64_t belay_word_turn(uint64_t word);

/*
 * belay_id_new() - an id that no other call of this process has
 *
 * The process id stands above bit 40, so that ids of the processes of one
 * trace differ. belay_id_restart() is for a child process after fork.
 */
uint64_t belay_id_new(void);
void belay_id_restart(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
