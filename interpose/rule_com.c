/* SPDX-License-Identifier: MIT */
/*
 * rule_com.c - what can be said of COM's calls before the program runs
 *
 * Which interfaces and methods there are, only the program knows. But each call
 * is "com.INTERFACE.METHOD", any method may fail with any HRESULT, and the
 * runtime can do the same to all of them.
 */
#include <stdio.h>
#include <string.h>

#include "hresults.h"
#include "rule_check.h"
#include "rule_parts.h"

#define AT_BOTH (BELAY_ERROR_AT_FINISH | BELAY_ERROR_AT_BEGIN)

#define HRESULT_ROW(name, value) {(int32_t)(value), AT_BOTH, #name},

static const struct belay_error drawn[] = {
	BELAYI_HRESULTS_DRAWN(HRESULT_ROW){0, 0, NULL},
};

static const struct belay_error more[] = {
	BELAYI_HRESULTS_MORE(HRESULT_ROW){/* The documentation's spelling. */
					  (int32_t)0x80010115, AT_BOTH,
					  "RPC_E_CALL_PENDING"},
	{0, 0, NULL},
};

const struct belay_operation belay_com_operation = {
	.size = sizeof(struct belay_operation),
	.api = "com",
	.name = BELAY_ANY_METHOD,
	.errors = drawn,
	.status_kind = BELAY_STATUS_HRESULT,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
	.faults = BELAY_FAULT_FAIL_BEGIN | BELAY_FAULT_FAIL_FINISH |
		  BELAY_FAULT_HOLD,
	.no_faults = "what a method returns is no number of bytes",
};

/* --- HRESULTs by name ---------------------------------------------------- */

const struct belay_error *
belay_operation_errors(const struct belay_operation *operation)
{
	return belayi_is_any_hresult(operation) ? drawn : operation->errors;
}

const char *belay_hresult_name(int32_t status)
{
	const struct belay_error *const lists[] = {drawn, more};

	for (int i = 0; i < 2; i++)
		for (const struct belay_error *e = lists[i]; e->name; e++)
			if (e->status == status)
				return e->name;
	return NULL;
}

void belayi_hresults_look(void (*look)(void *data, const char *name),
			  void *data)
{
	for (const struct belay_error *e = drawn; e->name; e++)
		look(data, e->name);
	for (const struct belay_error *e = more; e->name; e++)
		look(data, e->name);
}

/* One that stands for a failure: by its name, or as a number. */
bool belayi_hresult_named(const char *name, int32_t *ret_status)
{
	const struct belay_error *const lists[] = {drawn, more};
	int64_t number;

	for (int i = 0; i < 2; i++)
		for (const struct belay_error *e = lists[i]; e->name; e++)
			if (strcmp(e->name, name) == 0) {
				*ret_status = e->status;
				return true;
			}
	/* It may be written with its sign, or without: 0x80004005. */
	if (belayi_number(belayi_slice(name), BELAYI_PLAIN, &number) ||
	    number < INT32_MIN || number > UINT32_MAX || (int32_t)number >= 0)
		return false;
	*ret_status = (int32_t)number;
	return true;
}

/* --- Calls by name ------------------------------------------------------- */

/*
 * Which characters are to follow where in "com.INTERFACE.METHOD": after step
 * number i one of sets[i]; the last two of names may come again.
 */
#define LETTERS                                                                \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

static const char *const sets[] = {"c", "o", "m", ".", LETTERS, ".", LETTERS};

#define STEPS (sizeof(sets) / sizeof(*sets))

static bool may_repeat(size_t step)
{
	return step && sets[step - 1][1];
}

/* Whether one element of the glob takes a character of a step's. */
static bool takes(const char *glob, size_t step, const char **behind)
{
	for (const char *c = sets[step - 1]; *c; c++) {
		const char *rest = belayi_glob_one(glob, *c);

		if (rest) {
			*behind = rest;
			return true;
		}
	}
	return false;
}

/*
 * The steps where one element of the glob leads to from others. Bit i: i steps
 * are behind us.
 */
static uint32_t take_one(uint32_t steps, const char *glob, const char **behind)
{
	uint32_t next = 0;

	for (size_t i = 0; i <= STEPS; i++) {
		if (!(steps >> i & 1))
			continue;
		if (may_repeat(i) && takes(glob, i, behind))
			next |= 1U << i;
		if (i < STEPS && takes(glob, i + 1, behind))
			next |= 2U << i;
	}
	return next;
}

/* Whether a glob fits the name of any method that there could be. */
static bool may_be_method(const char *glob)
{
	uint32_t steps = 1;

	while (*glob && steps) {
		const char *behind = glob + 1;

		if (*glob == '*')
			/* From the first one on to all that come. */
			steps |= (2U << STEPS) - (steps & -steps);
		else
			steps = take_one(steps, glob, &behind);
		glob = behind;
	}
	return steps >> STEPS & 1;
}

bool belay_rule_names_operation(const struct belay_rule *rule,
				const struct belay_operation *operation)
{
	char name[BELAYI_FULL_NAME];

	if (operation == &belay_com_operation)
		return may_be_method(rule->call.text);
	belayi_full_name(operation, name);
	return belay_rule_names(rule, name);
}

/* --- What is written wrong ----------------------------------------------- */

/* "com.AsyncICalc.Begin_Slow" is the client's half of "com.ICalc.Slow". */
static bool is_half(const struct belayi_check *check, const char *interface,
		    const char *method)
{
	static const char *const halves[] = {"Begin_", "Finish_"};
	static const char async[] = "Async";
	size_t skip = strncmp(interface, async, sizeof(async) - 1) == 0
			      ? sizeof(async) - 1
			      : 0;

	for (int i = 0; i < 2; i++) {
		size_t length = strlen(halves[i]);

		if (strncmp(method, halves[i], length) == 0)
			return belayi_wrong(
				check->error, check->rule->call.column,
				"\"%.96s\" is a half of a call: all of it is "
				"\"com.%.*s%s\"",
				check->rule->call.text,
				(int)(method - interface - (ptrdiff_t)skip),
				interface + skip, method + length);
	}
	return true;
}

static bool has_com(const struct belayi_check *check)
{
	const struct belay_catalogue *catalogue = check->catalogue;

	for (size_t i = 0; i < catalogue->operations_count; i++)
		if (catalogue->operations[i] == &belay_com_operation)
			return true;
	return false;
}

bool belayi_check_com(const struct belayi_check *check)
{
	const char *call = check->rule->call.text;
	const char *interface, *method;

	if (strncmp(call, "com.", 4) != 0 || !has_com(check))
		return true;
	interface = call + 4;
	method = strchr(interface, '.');
	if (method && !is_half(check, interface, method + 1))
		return false;
	if (may_be_method(call))
		return true;
	return belayi_wrong(check->error, check->rule->call.column,
			    "\"%.48s\" names no call: COM's are "
			    "\"com.INTERFACE.METHOD\", as \"com.%s.*\" or "
			    "\"com.*.%s\"",
			    call, method || !*interface ? "ICalc" : interface,
			    method || !*interface ? "Add" : interface);
}
