/* SPDX-License-Identifier: MIT */
/*
 * belay/operation.h - operations: what the calls of one kind have in common
 *
 * What they are called and take, how they end, and what can be done to them.
 * The rules in belay/call.h hold here, too.
 */
#ifndef BELAY_OPERATION_H
#define BELAY_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct belay_begin;
struct belay_ref;

/* What becomes of a call when it is cancelled: a property of an operation. */
#define BELAY_CANCEL_MODES(X)                                                  \
	X(NONE, "none", "the API cannot cancel it")                            \
	X(FINISH_DUE, "finish-due", "the client must still finish it")         \
	X(IS_END, "is-end", "cancelling ends it; no finish follows")           \
	X(CALLBACK_INSIDE, "callback-inside",                                  \
	  "its callback, which is the finish, runs inside cancel")

enum belay_cancel_mode {
#define BELAY_CANCEL_MODE_VALUE(name, word, sentence) BELAY_CANCEL_##name,
	BELAY_CANCEL_MODES(BELAY_CANCEL_MODE_VALUE)
#undef BELAY_CANCEL_MODE_VALUE
};

/* What was answered to a Cancel. */
#define BELAY_ANSWERS(X)                                                       \
	X(CANCELED, "canceled", "the call is cancelled; finish it")            \
	X(ASKED, "asked", "the other side was told; the call is pending")      \
	X(NOT_CANCELED, "not-canceled", "it cannot be stopped any more")       \
	X(COMPLETE, "complete", "it had completed before")                     \
	X(ERROR, "error", "the cancel itself failed; status says why")         \
	X(REFUSED, "refused", "a policy refused the cancel")

enum belay_answer {
#define BELAY_ANSWER_VALUE(name, word, sentence) BELAY_ANSWER_##name,
	BELAY_ANSWERS(BELAY_ANSWER_VALUE)
#undef BELAY_ANSWER_VALUE
};

/* Argument types: how a 64-bit argument is printed and compared. */
#define BELAY_ARGUMENT_TYPES(X)                                                \
	X(NONE, "none", "there is no such argument")                           \
	X(INT, "int", "signed integer")                                        \
	X(UINT, "uint", "unsigned integer")                                    \
	X(SIZE, "size", "bytes")                                               \
	X(OFFSET, "offset", "position in a file, bytes")                       \
	X(FD, "fd", "file descriptor")                                         \
	X(POINTER, "pointer", "address")                                       \
	X(TEXT, "text", "the call's text, cut at BELAY_TEXT_MAX bytes")

enum belay_argument_type {
#define BELAY_ARGUMENT_TYPE_VALUE(name, word, sentence) BELAY_ARGUMENT_##name,
	BELAY_ARGUMENT_TYPES(BELAY_ARGUMENT_TYPE_VALUE)
#undef BELAY_ARGUMENT_TYPE_VALUE
};

/* What the numbers in an outcome's status mean. */
#define BELAY_STATUS_KINDS(X)                                                  \
	X(HRESULT, "hresult", "COM's HRESULT, 0 for success")                  \
	X(ERRNO, "errno", "an errno value, 0 for success")                     \
	X(API, "api", "the API's own numbers, 0 for success")

enum belay_status_kind {
#define BELAY_STATUS_KIND_VALUE(name, word, sentence) BELAY_STATUS_##name,
	BELAY_STATUS_KINDS(BELAY_STATUS_KIND_VALUE)
#undef BELAY_STATUS_KIND_VALUE
};

#define BELAY_ARGUMENTS_MAX 4
#define BELAY_TEXT_MAX 128
#define BELAY_DERIVED_MAX 512

/* struct belay_argument - name and type of one argument of an operation */
struct belay_argument {
	const char *name; /* "fd"; NULL after the last one */
	enum belay_argument_type type;
};

/* Where an operation can report an error: bits of belay_error.at. */
#define BELAY_ERROR_AT_FINISH 1U /* the call is begun, and ends with it */
#define BELAY_ERROR_AT_BEGIN 2U  /* Begin itself fails with it */

/* struct belay_error - one error that an operation can really report */
struct belay_error {
	int32_t status;   /* in the operation's status kind */
	uint32_t at;      /* bits; 0 stands for BELAY_ERROR_AT_FINISH */
	const char *name; /* "EIO"; NULL ends the list */
};

/* What can be done to an operation's calls, soundly: bits of .faults. */
#define BELAY_FAULTS(X)                                                        \
	X(FAIL_BEGIN, 1U, "fail-begin", "its Begin can be made to fail")       \
	X(FAIL_FINISH, 2U, "fail-finish",                                      \
	  "it can be made to end with an error")                               \
	X(SHORT, 4U, "short", "its result can be made smaller")                \
	X(HOLD, 8U, "hold", "its completion can be held back, or lost")

enum belay_fault {
#define BELAY_FAULT_VALUE(name, bit, word, sentence) BELAY_FAULT_##name = (bit),
	BELAY_FAULTS(BELAY_FAULT_VALUE)
#undef BELAY_FAULT_VALUE
};

/* Bits of belay_operation.cancel_needs. */
#define BELAY_CANCEL_ON_OWNER 1U  /* only on the thread that owns the call */
#define BELAY_CANCEL_MAY_BLOCK 2U /* can take long: never on a shared thread */
#define BELAY_CANCEL_ACCEPTED 4U  /* only once Begin has handed the call over */
#define BELAY_CANCEL_TELLS 8U     /* only tells; Cancel(0) abandons before */

/*
 * struct belay_operation - one kind of call: a constant, lives for ever
 *
 * size:         sizeof(struct belay_operation) as its author knew it; members
 *               are only ever added at the end, a missing one is NULL or 0
 * number:       where the runtime keeps the number it gives to the operation:
 *               static storage of its own, 0 at start
 * api, name:    "aio" and "read": the operation is known as "aio.read"
 * arguments:    of belay_begin.args, in their order
 * errors:       that it can really end with; ends with a NULL name. NULL: not
 *               known or, where its status is an HRESULT, any that fails
 * cancel:       asks the other side to stop this turn's call, which is in
 *               progress when it is called but may end at any moment; returns
 *               what it answered. A later turn's call must not be stopped:
 *               look at belay_call_id() last of all. NULL where the API
 *               cannot cancel: then the call has no cancel interface, unless
 *               cancel_mode is not BELAY_CANCEL_NONE: a local cancel needs no
 *               other side to be asked
 * cancel_needs: BELAY_CANCEL_ON_OWNER or BELAY_CANCEL_MAY_BLOCK, and
 *               BELAY_CANCEL_ACCEPTED; 0 for a cancel that any thread may ask
 *               for at any time. BELAY_CANCEL_TELLS: what `cancel` answers
 *               means nothing, for the other side is only told. A Cancel that
 *               does not wait then abandons the call first, so that no reply
 *               to what was told comes before
 * deliver:      a completion was held back, and now it is not any more: hands
 *               it to the program; NULL where the program polls for it
 * wake:         then wakes whoever waits for the call; NULL where nobody can.
 *               Both are called on a thread of Belay's own
 * faults:       what can be done to its calls: bits of enum belay_fault
 * no_faults:    where a bit is not set, why: one sentence, or NULL
 * derived:      names of arguments that are not recorded but can be asked for
 *               at Begin, all of them texts, or NULL; ends with a NULL name
 * derive:       reads one of them: its index in `derived`. A text that lives
 *               as long as Begin runs, in `space` or elsewhere; NULL: there
 *               is none
 * error_named:  the status of an error that is not in `errors`, for who wants
 *               to force it; false where the API has no such error. NULL: an
 *               errno's name, or a number
 * begun:        Begin has told the observer, and from now on the call can be
 *               cancelled and finished: said by Begin's thread right before
 *               that, while it is alone with the call. For what must be there
 *               when the call settles. NULL where nothing must
 * wait:         how a thread waits for one of its calls, where it must do
 *               something else meanwhile: in Finish (to_finish), or in Cancel
 *               and belay_call_wait(). Returns when belay_call_wait() for no
 *               time says S_OK, when the time is over (false), or when there
 *               is no use in waiting so: then the thread sleeps. deadline_ns
 *               is on CLOCK_MONOTONIC, UINT64_MAX for ever. NULL: the thread
 *               sleeps
 * settled:      the call is COMPLETED or CANCELED now: said once a turn, by the
 *               thread that made it so, right after that; not where Finish
 *               brought the outcome itself. Another thread can have finished
 *               the call and used its object again already, so only what was
 *               kept for the turn can be touched. The runtime does not touch
 *               the call any more: a reference to its memory that the turn
 *               holds can be given back here. NULL where nobody wants to know
 */
struct belay_operation {
	uint32_t size;
	uint32_t cancel_needs;
	uint32_t *number;
	const char *api;
	const char *name;
	struct belay_argument arguments[BELAY_ARGUMENTS_MAX];
	const struct belay_error *errors;
	enum belay_status_kind status_kind;
	enum belay_cancel_mode cancel_mode;
	enum belay_answer (*cancel)(const struct belay_ref *ref,
				    int32_t *ret_status);
	void (*deliver)(const struct belay_ref *ref);
	void (*wake)(const struct belay_ref *ref);
	uint32_t faults;
	const char *no_faults;
	const char *const *derived;
	const char *(*derive)(const struct belay_begin *begin,
			      unsigned int index,
			      char space[BELAY_DERIVED_MAX]);
	bool (*error_named)(const char *name, int32_t *ret_status);
	void (*begun)(const struct belay_ref *ref);
	bool (*wait)(const struct belay_ref *ref, uint64_t deadline_ns,
		     bool to_finish);
	void (*settled)(const struct belay_ref *ref);
};

#ifdef __cplusplus
}
#endif

#endif
