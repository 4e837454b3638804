/* SPDX-License-Identifier: MIT */
/*
 * rule_faults.c - whether what a policy is asked to do can be done soundly
 */
#include <stdio.h>
#include <string.h>

#include <belay/nearest.h>

#include "rule_check.h"
#include "rule_parts.h"

/* What the policy is asked for. */
struct request {
	const struct belayi_check *check;
	const struct belay_policy *policy;
	const struct belay_policy_value *values;
	uint32_t at; /* the place of an error */
	bool force;
};

static const char *cannot(uint32_t fault)
{
	switch (fault) {
	case BELAY_FAULT_FAIL_BEGIN:
		return "its Begin cannot be made to fail";
	case BELAY_FAULT_FAIL_FINISH:
		return "it cannot be made to end with an error";
	case BELAY_FAULT_SHORT:
		return "its result cannot be made smaller";
	case BELAY_FAULT_HOLD:
		return "its completion cannot be held back";
	default:
		return "this version of Belay does not know how";
	}
}

static uint32_t faults_of(const struct belay_operation *operation)
{
	return BELAYI_HAS(operation, faults) ? operation->faults : 0;
}

static const char *reason_of(const struct belay_operation *operation)
{
	return BELAYI_HAS(operation, no_faults) ? operation->no_faults : NULL;
}

/* Says why the first operation that the rule can act on does not allow it. */
static bool not_allowed(const struct belayi_check *check, const char *what,
			uint32_t column, uint32_t needs)
{
	size_t at = 0;
	const struct belay_operation *first = belayi_check_next(check, &at);
	uint32_t missing = needs & ~faults_of(first);
	const char *reason = reason_of(first);
	char name[BELAYI_FULL_NAME];

	belayi_full_name(first, name);
	return belayi_wrong(check->error, column,
			    "\"%s\" does not work on \"%s\": %s%s%.200s%s",
			    what, name, cannot(missing & -missing),
			    reason ? " (" : "", reason ?: "",
			    reason ? ")" : "");
}

static bool allows(const struct belayi_check *check, const char *what,
		   uint32_t column, uint32_t needs)
{
	const struct belay_operation *operation;
	size_t at = 0;

	while ((operation = belayi_check_next(check, &at)) != NULL)
		if ((faults_of(operation) & needs) == needs)
			return true;
	return not_allowed(check, what, column, needs);
}

/* --- Errors -------------------------------------------------------------- */

static uint32_t fault_at(uint32_t at)
{
	return at == BELAY_ERROR_AT_BEGIN ? BELAY_FAULT_FAIL_BEGIN
					  : BELAY_FAULT_FAIL_FINISH;
}

/* The first operation that can report the error at that place, or NULL. */
static const struct belay_operation *
find_legal(const struct request *request, const char *name, uint32_t place)
{
	const struct belay_operation *operation;
	int32_t status;
	size_t at = 0;

	while ((operation = belayi_check_next(request->check, &at)) != NULL)
		if (faults_of(operation) & fault_at(place) &&
		    belay_error_status(operation, name, place, request->force,
				       &status))
			return operation;
	return NULL;
}

/*
 * The operations that the rule asks for an error, with what is to be said of
 * one, or of none of several: a glob would tell nobody which they are.
 */
struct subject {
	char text[300];
};

static struct subject subject_of(const struct request *request, const char *one,
				 const char *several)
{
	const struct belay_operation *operation;
	struct belayi_list names = {.used = 0};
	char name[BELAYI_FULL_NAME] = "";
	struct subject subject;
	unsigned int count = 0;
	size_t at = 0;

	while ((operation = belayi_check_next(request->check, &at)) != NULL) {
		if (!(faults_of(operation) & fault_at(request->at)))
			continue;
		belayi_full_name(operation, name);
		belayi_list_add(&names, name);
		count++;
	}
	(void)snprintf(subject.text, sizeof(subject.text),
		       count > 1 ? "none of %s %s" : "\"%s\" %s",
		       count > 1 ? names.text : name,
		       count > 1 ? several : one);
	return subject;
}

struct errors {
	struct belay_nearest near;
	struct belayi_list all;
};

/* Far too many to list: who writes one wrong is told the nearest. */
static void note_hresult(void *errors, const char *name)
{
	belay_nearest_look(&((struct errors *)errors)->near, name);
}

static void note_hresults(struct errors *errors)
{
	belayi_list_add(&errors->all, "all failing HRESULTs by name or "
				      "number (0x80004005)");
	belayi_hresults_look(note_hresult, errors);
}

/* The errors that there are at the place that the rule says. */
static void list_errors(const struct request *request, struct errors *errors)
{
	const struct belay_operation *operation;
	const struct belay_error *e;
	size_t at = 0;

	while ((operation = belayi_check_next(request->check, &at)) != NULL) {
		if (!(faults_of(operation) & fault_at(request->at)))
			continue;
		if (belayi_is_any_hresult(operation))
			note_hresults(errors);
		e = belay_operation_errors(operation);
		for (; e && e->name; e++) {
			if (!(belayi_error_at(e) & request->at))
				continue;
			belay_nearest_look(&errors->near, e->name);
			belayi_list_add(&errors->all, e->name);
		}
	}
}

static bool is_hresult(const struct request *request)
{
	size_t at = 0;
	const struct belay_operation *operation =
		belayi_check_next(request->check, &at);

	return operation && belayi_is_any_hresult(operation);
}

static bool illegal(const struct request *request, const char *name,
		    uint32_t column)
{
	struct errors errors = {.near = {.wanted = name}};
	const struct belay_operation *legal;
	bool begins = request->at == BELAY_ERROR_AT_BEGIN;
	char call[BELAYI_FULL_NAME];

	if (request->force)
		return belayi_wrong(request->check->error, column,
				    "%s \"%.48s\": it is neither a name that "
				    "is known nor a number%s",
				    subject_of(request, "can have no error",
					       "can have the error")
					    .text,
				    name,
				    is_hresult(request) ? " of a failure" : "");
	legal = find_legal(request, name,
			   BELAY_ERROR_AT_BEGIN + BELAY_ERROR_AT_FINISH -
				   request->at);
	if (legal) {
		belayi_full_name(legal, call);
		return belayi_wrong(request->check->error, column,
				    "\"%s\" reports %.48s only with at=%s",
				    call, name, begins ? "finish" : "begin");
	}
	list_errors(request, &errors);
	return belayi_wrong(
		request->check->error, column,
		"%s \"%.48s\" at %s%s; there are %s",
		subject_of(request, "never reports", "reports").text, name,
		begins ? "begin" : "finish",
		belayi_did_you_mean(errors.near.name).text,
		errors.all.used ? errors.all.text : "none");
}

/* One that is named, or, where name is NULL, any. */
static bool check_error(const struct request *request, const char *what,
			const char *name, uint32_t column)
{
	struct errors errors = {.near = {.wanted = ""}};

	if (!allows(request->check, what, column, fault_at(request->at)))
		return false;
	if (name)
		return find_legal(request, name, request->at) ||
		       illegal(request, name, column);
	list_errors(request, &errors);
	return errors.all.used ||
	       belayi_wrong(request->check->error, column, "%s at %s",
			    subject_of(request, "reports no error",
				       "reports an error")
				    .text,
			    request->at == BELAY_ERROR_AT_BEGIN ? "begin"
								: "finish");
}

/* --- All arguments ------------------------------------------------------- */

static bool is_named(const struct belay_policy_argument *argument,
		     const char *name)
{
	return strcmp(argument->name, name) == 0;
}

/* Where the rule says that an argument is wanted: itself, or its policy. */
static uint32_t column_of(const struct belay_rule *rule, const char *name)
{
	for (uint32_t i = 0; i < rule->settings_count; i++)
		if (strcmp(rule->settings[i].name.text, name) == 0)
			return rule->settings[i].value.text
				       ? rule->settings[i].value.column
				       : rule->settings[i].name.column;
	return rule->policy.column;
}

static void read_place(struct request *request)
{
	const struct belay_policy_argument *a = request->policy->arguments;

	request->at = BELAY_ERROR_AT_FINISH;
	for (uint32_t i = 0; a && a[i].name; i++) {
		const struct belay_policy_value *value = &request->values[i];

		if (is_named(&a[i], "at") && value->text &&
		    strcmp(value->text, "begin") == 0)
			request->at = BELAY_ERROR_AT_BEGIN;
		if (is_named(&a[i], "force"))
			request->force = value->given;
	}
}

static bool check_argument(const struct request *request,
			   const struct belay_policy_argument *argument,
			   const struct belay_policy_value *value)
{
	uint32_t column = column_of(request->check->rule, argument->name);

	if (argument->needs &&
	    !allows(request->check, argument->name, column, argument->needs))
		return false;
	return argument->type != BELAY_VALUE_ERROR ||
	       check_error(request, argument->name, value->text, column);
}

bool belayi_check_faults(const struct belayi_check *check,
			 const struct belay_policy *policy,
			 const struct belay_policy_value *values)
{
	struct request request = {check, policy, values, 0, false};
	const struct belay_policy_argument *a = policy->arguments;
	bool takes_errors = false, asks = false;

	read_place(&request);
	for (uint32_t i = 0; a && a[i].name; i++) {
		takes_errors |= a[i].type == BELAY_VALUE_ERROR;
		if (!values[i].given && !values[i].text)
			continue;
		if (!check_argument(&request, &a[i], &values[i]))
			return false;
		asks |= !is_named(&a[i], "at") && !is_named(&a[i], "force");
	}
	return !takes_errors || asks ||
	       check_error(&request, policy->name, NULL,
			   check->rule->policy.column);
}
