/* SPDX-License-Identifier: MIT */
/*
 * rulebook.h - rules for tests, and what they can name
 */
#ifndef RULEBOOK_H
#define RULEBOOK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <belay/rules.h>

/*
 *     disk.read   fd size offset       can all, reports EIO EBADF; EAGAIN at
 *                                      begin
 *     disk.sync   fd op                ends with EIO; nothing else can be done
 *     db.query    timeout sql, host    an API's own errors; can only be held
 */
extern const struct belay_catalogue rulebook_catalogue;

/* Policies of the catalogue: "timeout", "fault", "other". */
const struct belay_policy *rulebook_policy(const char *name);
const struct belay_operation *rulebook_operation(const char *name);

/* rulebook_parse() - reads a text from its start; the rules before are gone */
bool rulebook_parse(const char *text, size_t length, const char *file);

/* rulebook_read() - the one rule of a text that is right */
const struct belay_rule *rulebook_read(const char *text);

/* rulebook_values() - the values of a rule that is right */
const struct belay_policy_value *rulebook_values(const char *text);

/* rulebook_is_right() - whether the one rule of a text can be read and makes
 * sense; else the error says why not */
bool rulebook_is_right(const char *text);

/* What was read last. */
extern struct belay_rules rulebook_rules;
extern struct belay_rule_error rulebook_error;

#endif
