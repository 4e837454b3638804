/* SPDX-License-Identifier: MIT */
/*
 * rule_parts.h - what the files that read and check rules share
 *
 * They are compiled into the command, too: libc only, and no memory but what
 * the caller lends.
 */
#ifndef BELAYI_RULE_PARTS_H
#define BELAYI_RULE_PARTS_H

#include <belay/rules.h>

/* What a number counts, and so how it may be written. */
enum belayi_measure {
	BELAYI_PLAIN, /* 42, -1, 0x2a */
	BELAYI_BYTES, /* the same, and with a unit of size */
	BELAYI_TIME,  /* with a unit of time */
};

/* A part of a text. */
struct belayi_slice {
	const char *text;
	size_t length;
};

/* A decimal number: value / scale. */
struct belayi_decimal {
	uint64_t value;
	uint64_t scale;
};

/* Names in a row, "aio.read, aio.write", as many as there is room for. */
struct belayi_list {
	char text[200];
	size_t used;
	bool cut;
};

/* belayi_wrong() - says what is wrong with a rule, and where; is false */
#define belayi_wrong(...) (belayi_say(__VA_ARGS__), false)

__attribute__((format(printf, 3, 4))) void
belayi_say(struct belay_rule_error *error, uint32_t column, const char *format,
	   ...);

/* belayi_list_add() - adds a name, unless the list has it */
void belayi_list_add(struct belayi_list *list, const char *name);

/* belayi_did_you_mean() - " (did you mean X?)", or "" */
struct belayi_hint {
	char text[96];
};
struct belayi_hint belayi_did_you_mean(const char *name);

/* belayi_slice() - a whole text */
struct belayi_slice belayi_slice(const char *text);

/*
 * belayi_decimal() - digits with or without a point, at the start of a text
 *
 * ret_rest: what follows them
 * Return: NULL, or what is wrong
 */
const char *belayi_decimal(struct belayi_slice text,
			   struct belayi_decimal *ret_decimal,
			   struct belayi_slice *ret_rest);

/* belayi_number() - a number of some measure. Return: NULL, or what is wrong */
const char *belayi_number(struct belayi_slice text, enum belayi_measure measure,
			  int64_t *ret_number);

/*
 * belayi_trigger_init() - a trigger that always fires
 * belayi_trigger_add() - one of the words behind "when"
 * belayi_trigger_check() - once all are read
 *
 * seen: which were read, 0 at first
 */
void belayi_trigger_init(struct belay_trigger *trigger);
bool belayi_trigger_add(struct belay_trigger *trigger, uint32_t *seen,
			const struct belay_setting *word,
			struct belay_rule_error *error);
bool belayi_trigger_check(const struct belay_trigger *trigger, uint32_t seen,
			  uint32_t column, struct belay_rule_error *error);

/* belayi_trigger_known() - whether there is a trigger of that name */
bool belayi_trigger_known(const char *name);

/*
 * belayi_glob_one() - what follows the first part of a glob, where that fits a
 * character; NULL where it does not. "*" stands for itself here
 */
const char *belayi_glob_one(const char *glob, char c);

/* belayi_hresult_named() - a failure by its name, or its number */
bool belayi_hresult_named(const char *name, int32_t *ret_status);

/* belayi_is_any_hresult() - whether its calls can end with any HRESULT */
bool belayi_is_any_hresult(const struct belay_operation *operation);

/* belayi_hresults_look() - shows the names of all that are known */
void belayi_hresults_look(void (*look)(void *data, const char *name),
			  void *data);

/* belayi_glob() - whether a text fits a glob, whole */
bool belayi_glob(const char *glob, const char *text);

/* BELAYI_HAS() - whether an operation is new enough to have this member */
#define BELAYI_HAS(operation, member)                                          \
	((operation)->size >= offsetof(struct belay_operation, member) +       \
				      sizeof((operation)->member))

/* belayi_error_at() - the places that an error can be reported at */
uint32_t belayi_error_at(const struct belay_error *error);

/* belayi_rule_error_at() - what every error of a parsed rule begins with */
void belayi_rule_error_at(const struct belay_rule *rule,
			  struct belay_rule_error *error);

#endif
