/* SPDX-License-Identifier: MIT */
/*
 * belay/rules.h - rules as they are written, taken apart and checked
 *
 *     CALL POLICY [ARGUMENT[=VALUE]]... [if CONDITION...] [when TRIGGER...]
 *
 * One parser for the command, which checks every rule before the program
 * starts, and for the program's process, which carries them out. It allocates
 * nothing: what it makes lives in memory that the caller lends.
 */
#ifndef BELAY_RULES_H
#define BELAY_RULES_H

#include <belay/policy.h>
#include <belay/table.h>

#define BELAY_RULE_ARGUMENTS 16 /* a policy has at most so many */
#define BELAY_RULE_CONDITIONS 8 /* a rule has at most so many */

/* Memory to make things in; what does not fit any more is an error. */
struct belay_arena {
	char *memory;
	size_t size;
	size_t used;
};

/* A word of a rule, terminated, and where it stands; text NULL: none. */
struct belay_word {
	const char *text;
	uint32_t column; /* in bytes, from 1 */
};

struct belay_setting {
	struct belay_word name;
	struct belay_word value;
};

/* How a condition compares; "!" before it turns it round. */
#define BELAY_RELATIONS(X)                                                     \
	X(EQUAL, "=")                                                          \
	X(LIKE, "~")                                                           \
	X(LESS, "<")                                                           \
	X(AT_MOST, "<=")                                                       \
	X(MORE, ">")                                                           \
	X(AT_LEAST, ">=")

enum belay_relation {
#define BELAY_RELATION_VALUE(name, sign) BELAY_IS_##name,
	BELAY_RELATIONS(BELAY_RELATION_VALUE)
#undef BELAY_RELATION_VALUE
};

struct belay_condition {
	struct belay_word name;
	struct belay_word value;
	enum belay_relation relation;
	bool negated;
	bool is_number; /* the value is one, with or without a unit of size */
	int64_t number;
};

/* What a trigger counts by. */
#define BELAY_SCOPES(X)                                                        \
	X(SITE, "site", "calls begun at one place in the program")             \
	X(PROCESS, "process", "all calls of a process")                        \
	X(THREAD, "thread", "the calls of each thread")                        \
	X(SESSION, "session", "calls of all processes together")

enum belay_scope {
#define BELAY_SCOPE_VALUE(name, word, sentence) BELAY_PER_##name,
	BELAY_SCOPES(BELAY_SCOPE_VALUE)
#undef BELAY_SCOPE_VALUE
};

/*
 * When a rule fires, of the calls that its conditions fit, counted from 1; a
 * call must fit all that is given
 *
 * chance: fires where the top 63 bits of a call's random number are less than
 *         this; 1 << 63 always does
 * nth:    only at that one; 0: not given
 * every:  at every so many-th; 1: not given
 * first, last, step: calls=first..last/step; last UINT64_MAX: open
 * once:   at the first that all the rest fits
 * from_ns, for_ns: between these, since the session began; for_ns UINT64_MAX:
 *         for ever
 */
struct belay_trigger {
	uint64_t chance;
	uint64_t nth;
	uint64_t every;
	uint64_t first;
	uint64_t last;
	uint64_t step;
	uint64_t from_ns;
	uint64_t for_ns;
	bool once;
	enum belay_scope per;
};

struct belay_rule {
	const char *text; /* the rule, without comment and outer spaces */
	const char *file; /* that it stands in, or NULL: the command line */
	uint32_t line;    /* there, from 1 */
	uint32_t number;  /* of all rules, from 1 */
	struct belay_word call;
	struct belay_word policy;
	struct belay_setting *settings;
	struct belay_condition *conditions;
	uint32_t settings_count;
	uint32_t conditions_count;
	struct belay_trigger trigger;
};

struct belay_rules {
	struct belay_rule *rules; /* NULL, or room for BELAY_RULES_MAX */
	uint32_t count;
};

/* What is wrong with a rule, and what would be right. */
struct belay_rule_error {
	const char *file; /* NULL: the command line */
	uint32_t line;
	uint32_t column;
	const char *rule; /* the line as it is written, not terminated */
	size_t rule_length;
	char what[512]; /* one line */
};

/*
 * belay_rules_parse() - adds the rules of a text, one a line
 *
 * text:   not terminated; may hold anything
 * file:   where it comes from, for errors; NULL for the command line
 * arena:  everything that is added lives there, the array of rules as well
 *         where there is none yet; text may go afterwards
 * Return: false, and *ret_error says why; rules that came before are kept.
 */
bool belay_rules_parse(struct belay_rules *rules, const char *text,
		       size_t length, const char *file,
		       struct belay_arena *arena,
		       struct belay_rule_error *ret_error);

/*
 * What rules can name: checks need to know it, parsing does not.
 *
 * is_open: a program may bring calls of its own: a rule can name others than
 *          these, unless it looks like a slip of the pen
 */
struct belay_catalogue {
	const struct belay_operation *const *operations;
	size_t operations_count;
	const struct belay_policy *const *policies;
	size_t policies_count;
	bool is_open;
};

/*
 * belay_rule_check() - whether a rule makes sense: it names calls, arguments
 * and conditions that there are, and what its policy asks can be done to at
 * least one of the operations it names
 */
bool belay_rule_check(const struct belay_rule *rule,
		      const struct belay_catalogue *catalogue,
		      struct belay_rule_error *ret_error);

/*
 * belay_rule_values() - the values that a rule gives for a policy's arguments
 *
 * ret_values: one for each argument of the table, BELAY_RULE_ARGUMENTS at most
 */
bool belay_rule_values(const struct belay_rule *rule,
		       const struct belay_policy *policy,
		       struct belay_policy_value *ret_values,
		       struct belay_rule_error *ret_error);

/* belay_rule_names() - whether a rule's call glob names "api.name" */
bool belay_rule_names(const struct belay_rule *rule, const char *operation);

/*
 * belay_com_operation - stands for all methods of COM's interfaces
 *
 * In a catalogue: which there are, only the program knows. A rule names it if
 * it can name any "com.INTERFACE.METHOD".
 */
#define BELAY_ANY_METHOD "INTERFACE.METHOD"
extern const struct belay_operation belay_com_operation;

/* belay_rule_names_operation() - whether it names one of a catalogue */
bool belay_rule_names_operation(const struct belay_rule *rule,
				const struct belay_operation *operation);

/*
 * belay_condition_range() - the numbers that fit it, were it not negated:
 * ret_least to ret_most; none do where that is less
 */
void belay_condition_range(const struct belay_condition *condition,
			   int64_t *ret_least, int64_t *ret_most);

/*
 * belay_condition_number() - whether a number fits a condition
 * belay_condition_text() - whether a text does; NULL fits only what is negated
 */
bool belay_condition_number(const struct belay_condition *condition,
			    int64_t number);
bool belay_condition_text(const struct belay_condition *condition,
			  const char *text);

/*
 * belay_trigger_fires() - whether a rule fires at its n-th call
 *
 * n:          in the trigger's scope, from 1
 * random:     of this call
 * elapsed_ns: since the session began
 * `once` is the caller's to keep.
 */
bool belay_trigger_fires(const struct belay_trigger *trigger, uint64_t n,
			 uint64_t random, uint64_t elapsed_ns);

/*
 * belay_operation_errors() - what its calls can end with
 *
 * Of COM's, and of others whose status is an HRESULT and that list no errors,
 * the usual ones: any method may fail with any HRESULT.
 */
const struct belay_error *
belay_operation_errors(const struct belay_operation *operation);

/* belay_hresult_name() - "E_FAIL"; NULL where we know no name */
const char *belay_hresult_name(int32_t status);

/*
 * belay_error_status() - the status of an error by its name, where the
 * operation can report it at that place; with force, anywhere
 */
bool belay_error_status(const struct belay_operation *operation,
			const char *name, uint32_t at, bool force,
			int32_t *ret_status);

#endif
