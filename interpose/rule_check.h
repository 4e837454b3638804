/* SPDX-License-Identifier: MIT */
/*
 * rule_check.h - a rule that is checked against what there is
 */
#ifndef BELAYI_RULE_CHECK_H
#define BELAYI_RULE_CHECK_H

#include <belay/rules.h>

/* One check: the rule, what there is, and where an error goes. */
struct belayi_check {
	const struct belay_rule *rule;
	const struct belay_catalogue *catalogue;
	struct belay_rule_error *error;
};

#define BELAYI_FULL_NAME BELAY_FULL_NAME_MAX

/* belayi_full_name() - "api.name" */
void belayi_full_name(const struct belay_operation *operation,
		      char ret_name[BELAYI_FULL_NAME]);

/*
 * belayi_check_named() - the operations that the rule's call names, in turn
 *
 * at: where to go on, 0 at first
 * Return: NULL after the last one
 */
const struct belay_operation *
belayi_check_named(const struct belayi_check *check, size_t *at);

/*
 * belayi_check_next() - the same, of those that its conditions can fit
 */
const struct belay_operation *
belayi_check_next(const struct belayi_check *check, size_t *at);

/* belayi_check_com() - whether a call that is COM's is written as these are */
bool belayi_check_com(const struct belayi_check *check);

/* belayi_check_conditions() - whether they ask for what there is to compare */
bool belayi_check_conditions(const struct belayi_check *check);

/* belayi_check_faults() - whether what the policy's arguments ask for can be
 * done to one of these operations */
bool belayi_check_faults(const struct belayi_check *check,
			 const struct belay_policy *policy,
			 const struct belay_policy_value *values);

#endif
