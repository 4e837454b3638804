/* SPDX-License-Identifier: MIT */
/*
 * lent.h - what a policy is lent by its host, for tests: the library itself, a
 * host table that remembers what is logged, an operation, calls
 */
#ifndef LENT_H
#define LENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <belay/policy.h>
#include <cmocka.h>

#define LENT_VALUES 16

/* A rule: what it gives for the policy's arguments. */
struct lent_rule {
	const struct belay_policy *policy;
	struct belay_policy_value values[LENT_VALUES];
};

/* What was logged last; "" for nothing. */
extern char lent_log[256];

/* "test.read" ends with EIO and ENOSPC, its Begin fails with EAGAIN. */
extern const struct belay_operation lent_read;

/* lent_policy() - dlopens a policy's library and calls its load */
const struct belay_policy *lent_policy(const char *path);

/* lent_rule() - a rule that gives only what falls back to something */
struct lent_rule lent_rule(const struct belay_policy *policy);

/* lent_give() - gives a value for an argument, which the policy must have */
void lent_give(struct lent_rule *rule, const char *name, int64_t number,
	       int64_t upper, const char *text);

/* lent_config() - the instance for a rule, or NULL; free() it */
void *lent_config(const struct lent_rule *rule);

/* lent_begin() - the verdict about a call with these random bits */
struct belay_policy_verdict lent_begin(const struct belay_policy *policy,
				       void *instance,
				       const struct belay_operation *operation,
				       uint64_t random);

#endif
