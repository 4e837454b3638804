/* SPDX-License-Identifier: MIT */
/*
 * rich_adapter.c - an adapter that wraps nothing and has something of all that
 * an adapter can tell of its operations
 */
#include <belay/adapter.h>

static uint32_t numbers[2];

static const struct belay_error send_errors[] = {
	{7, 0, "LATE"},
	{8, BELAY_ERROR_AT_BEGIN, "BUSY"},
	{9, BELAY_ERROR_AT_BEGIN | BELAY_ERROR_AT_FINISH, "GONE"},
	{0, 0, NULL},
};

static const char *const send_derived[] = {"host", "port", NULL};

static const struct belay_operation operations[] = {
	{
		.size = sizeof(struct belay_operation),
		.number = &numbers[0],
		.api = "rich",
		.name = "send",
		.arguments = {{"fd", BELAY_ARGUMENT_FD},
			      {"sql", BELAY_ARGUMENT_TEXT}},
		.errors = send_errors,
		.status_kind = BELAY_STATUS_API,
		.cancel_mode = BELAY_CANCEL_FINISH_DUE,
		.faults = BELAY_FAULT_FAIL_BEGIN | BELAY_FAULT_FAIL_FINISH |
			  BELAY_FAULT_HOLD,
		.no_faults = "what is sent is sent",
		.derived = send_derived,
	},
	{
		.size = sizeof(struct belay_operation),
		.number = &numbers[1],
		.api = "rich",
		.name = "close",
		.cancel_mode = BELAY_CANCEL_NONE,
		.faults = BELAY_FAULT_FAIL_BEGIN | BELAY_FAULT_FAIL_FINISH |
			  BELAY_FAULT_SHORT | BELAY_FAULT_HOLD,
	},
};

BELAY_ADAPTER(.name = "rich", .title = "everything", .library = "librich.so.1",
	      .operations = operations, .operations_count = 2);
