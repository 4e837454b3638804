/* SPDX-License-Identifier: MIT */
/*
 * belay-post.c - the adapter: makes letters visible as calls
 *
 *     begin     post_send
 *     complete  when the program looks: post_status
 *     cancel    post_recall
 *     finish    post_collect
 *
 * The key is the address of the letter. It is the program's again after
 * post_collect. Nothing here is async-signal-safe, because the post is not.
 */
#include <errno.h>

#include <belay/adapter.h>

#include "post.h"

BELAY_NEXT_SLOT_OF(post_send, "libpost.so");
BELAY_NEXT_SLOT_OF(post_status, "libpost.so");
BELAY_NEXT_SLOT_OF(post_recall, "libpost.so");
BELAY_NEXT_SLOT_OF(post_collect, "libpost.so");

/* What stands in for a function that is nowhere to be found. */
static int missing(struct letter *letter)
{
	(void)letter;
	return ENOSYS;
}

#define NEXT(sym) (BELAY_NEXT_FROM(sym, BELAY_SITE()) ?: missing)

/* --- The operations ------------------------------------------------------ */

static enum belay_answer recall(const struct belay_ref *ref,
				int32_t *ret_status);

static const struct belay_error send_errors[] = {
	{.status = ECANCELED, .name = "ECANCELED"},
	{.name = NULL},
};

static uint32_t number;

static const struct belay_operation operations[] = {{
	.size = sizeof(struct belay_operation),
	.number = &number,
	.api = "post",
	.name = "send",
	.arguments = {{"travel_ms", BELAY_ARGUMENT_UINT},
		      {"to", BELAY_ARGUMENT_TEXT}},
	.errors = send_errors,
	.status_kind = BELAY_STATUS_ERRNO,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
	.cancel = recall,
}};

BELAY_ADAPTER(.name = "post", .title = "Letters", .library = "libpost.so",
	      .operations = operations, .operations_count = 1);

/* --- Helpers, one a verb ------------------------------------------------- */

static struct belay_outcome outcome_of(int status)
{
	struct belay_outcome outcome = {BELAY_FAILED, status, 0};

	if (status == 0)
		outcome.ending = BELAY_SUCCEEDED;
	else if (status == ECANCELED)
		outcome.ending = BELAY_CANCELED;
	return outcome;
}

/* For whoever is not the program: a policy, an operator. */
static enum belay_answer recall(const struct belay_ref *ref,
				int32_t *ret_status)
{
	const struct belay_slot *slot = belay_adapter_slot(ref);
	uint64_t key = slot ? slot->key : 0;

	/* The turn last: then the key is this turn's. */
	if (!slot || !belay_call_id(ref))
		return BELAY_ANSWER_COMPLETE;
	*ret_status = NEXT(post_recall)((struct letter *)(uintptr_t)key);
	return *ret_status == 0 ? BELAY_ANSWER_ASKED : BELAY_ANSWER_COMPLETE;
}

/* --- The wrappers -------------------------------------------------------- */

BELAY_EXPORT int post_send(struct letter *letter)
{
	const struct belay_begin begin = {
		.operation = &operations[0],
		.key = letter,
		.site = BELAY_SITE(),
		.text = letter->to,
		.args = {letter->travel_ms},
	};
	struct belay_outcome fault;
	struct belay_ref ref;
	int error;

	if (!belay_adapter_begin(&begin, &ref, &fault))
		return fault.status;
	error = NEXT(post_send)(letter);
	if (error)
		belay_adapter_refused(&ref, error);
	else
		belay_adapter_accepted(&ref);
	return error;
}

BELAY_EXPORT int post_status(struct letter *letter)
{
	int status = NEXT(post_status)(letter);

	if (status != EINPROGRESS) {
		struct belay_ref ref =
			belay_adapter_find(&belay_adapter, letter);
		struct belay_outcome outcome = outcome_of(status);

		(void)belay_adapter_completed(&ref, &outcome);
	}
	return status;
}

BELAY_EXPORT int post_recall(struct letter *letter)
{
	struct belay_ref ref = belay_adapter_find(&belay_adapter, letter);
	int error = NEXT(post_recall)(letter);

	if (ref.call)
		belay_call_answered(&ref, BELAY_BY_APPLICATION,
				    error ? BELAY_ANSWER_COMPLETE
					  : BELAY_ANSWER_ASKED,
				    error);
	return error;
}

BELAY_EXPORT int post_collect(struct letter *letter)
{
	int status = NEXT(post_collect)(letter);
	struct belay_ref ref = belay_adapter_find(&belay_adapter, letter);
	struct belay_outcome outcome = outcome_of(status);

	(void)belay_adapter_finished(&ref, &outcome);
	return status;
}
