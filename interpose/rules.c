/* SPDX-License-Identifier: MIT */
/*
 * rules.c - takes the text of rules apart, a line a rule
 *
 * Each rule keeps a copy of its line from the start, and each word says the
 * column in it, in bytes. What a rule says is not understood here but for its
 * triggers: see rule_check.c.
 */
#include <string.h>

#include "rule_parts.h"
#include "rule_words.h"

#define LINE_MAX_BYTES 65536

/* A rule while it is read; the arrays are copied once their size is known. */
struct draft {
	struct belay_rule rule;
	struct belay_setting settings[BELAY_RULE_ARGUMENTS];
	struct belay_condition conditions[BELAY_RULE_CONDITIONS];
	uint32_t triggers; /* that were read, see belayi_trigger_add() */
	uint32_t when;     /* column of that word */
};

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static uint32_t name_end(const struct reader *reader, struct raw raw)
{
	uint32_t at = raw.from;

	while (at < raw.to && is_name(reader->line[at]))
		at++;
	return at;
}

/* How much of a word to repeat in a message. */
static int shown(struct raw raw)
{
	return raw.to - raw.from < 48 ? (int)(raw.to - raw.from) : 48;
}

/* --- NAME[=VALUE]: arguments and triggers -------------------------------- */

static bool no_value(struct reader *reader, struct raw raw)
{
	return belayi_wrong(reader->error, raw.to + 1,
			    "\"%.*s\" has no value; an empty text is "
			    "written ''",
			    shown(raw), reader->line + raw.from);
}

static bool read_setting(struct reader *reader, struct raw raw,
			 struct belay_setting *ret_setting)
{
	uint32_t end = name_end(reader, raw);
	struct raw name = {raw.from, end}, value = {end + 1, raw.to};

	*ret_setting = (struct belay_setting){{NULL, 0}, {NULL, 0}};
	if (end == raw.from || (end < raw.to && reader->line[end] != '='))
		return belayi_wrong(
			reader->error, end + 1,
			"\"%.*s\" is not of the form NAME or NAME=VALUE; "
			"conditions stand behind \"if\", before \"when\"",
			shown(raw), reader->line + raw.from);
	if (value.from == value.to)
		return no_value(reader, raw);
	return reader_unquote(reader, name, &ret_setting->name) &&
	       (end == raw.to ||
		reader_unquote(reader, value, &ret_setting->value));
}

static bool add_setting(struct reader *reader, struct raw raw,
			struct draft *draft)
{
	struct belay_rule *rule = &draft->rule;
	struct belay_setting setting;

	if (!read_setting(reader, raw, &setting))
		return false;
	for (uint32_t i = 0; i < rule->settings_count; i++)
		if (strcmp(draft->settings[i].name.text, setting.name.text) ==
		    0)
			return belayi_wrong(reader->error, setting.name.column,
					    "argument \"%.48s\" is given twice",
					    setting.name.text);
	if (rule->settings_count == BELAY_RULE_ARGUMENTS)
		return belayi_wrong(reader->error, setting.name.column,
				    "a rule has at most %d arguments",
				    BELAY_RULE_ARGUMENTS);
	draft->settings[rule->settings_count++] = setting;
	return true;
}

static bool add_trigger(struct reader *reader, struct raw raw,
			struct draft *draft)
{
	struct belay_setting setting;

	return read_setting(reader, raw, &setting) &&
	       belayi_trigger_add(&draft->rule.trigger, &draft->triggers,
				  &setting, reader->error);
}

/* --- Conditions ---------------------------------------------------------- */

static const struct {
	const char *sign;
	enum belay_relation relation;
} relations[] = {
	/* the longer ones first */
	{"<=", BELAY_IS_AT_MOST}, {">=", BELAY_IS_AT_LEAST},
	{"=", BELAY_IS_EQUAL},    {"~", BELAY_IS_LIKE},
	{"<", BELAY_IS_LESS},     {">", BELAY_IS_MORE},
};

/* Return: the length of the sign at `at`, 0 where there is none. */
static uint32_t read_relation(const struct reader *reader, uint32_t at,
			      uint32_t end, enum belay_relation *ret_relation)
{
	for (size_t i = 0; i < sizeof(relations) / sizeof(*relations); i++) {
		uint32_t length = (uint32_t)strlen(relations[i].sign);

		if (end - at >= length &&
		    memcmp(reader->line + at, relations[i].sign, length) == 0) {
			*ret_relation = relations[i].relation;
			return length;
		}
	}
	return 0;
}

static bool wrong_relation(struct reader *reader, struct raw raw, uint32_t at)
{
	return belayi_wrong(reader->error, at + 1,
			    "\"%.*s\" is no condition: NAME=VALUE without "
			    "blanks, or ~ < <= > >= for =; \"!\" before NAME "
			    "turns it round; a VALUE that begins with a sign "
			    "is quoted",
			    shown(raw), reader->line + raw.from);
}

static bool read_condition(struct reader *reader, struct raw raw,
			   struct belay_condition *ret_condition)
{
	struct belay_condition condition = {
		.negated = reader->line[raw.from] == '!',
	};
	struct raw name = {raw.from + condition.negated, raw.to};
	struct raw value = {0, raw.to};
	uint32_t sign;

	name.to = name_end(reader, name);
	sign = read_relation(reader, name.to, raw.to, &condition.relation);
	if (sign == 0 || name.from == name.to)
		return wrong_relation(reader, raw, name.to);
	value.from = name.to + sign;
	if (value.from == value.to)
		return no_value(reader, raw);
	if (strchr("=~<>", reader->line[value.from]))
		return wrong_relation(reader, raw, name.to);
	if (!reader_unquote(reader, name, &condition.name) ||
	    !reader_unquote(reader, value, &condition.value))
		return false;
	condition.is_number = !belayi_number(belayi_slice(condition.value.text),
					     BELAYI_BYTES, &condition.number);
	*ret_condition = condition;
	return true;
}

static bool add_condition(struct reader *reader, struct raw raw,
			  struct draft *draft)
{
	struct belay_rule *rule = &draft->rule;

	if (rule->conditions_count == BELAY_RULE_CONDITIONS)
		return belayi_wrong(reader->error, raw.from + 1,
				    "a rule has at most %d conditions",
				    BELAY_RULE_CONDITIONS);
	return read_condition(reader, raw,
			      &draft->conditions[rule->conditions_count]) &&
	       ++rule->conditions_count;
}

/* --- Rules --------------------------------------------------------------- */

typedef bool (*add_function)(struct reader *reader, struct raw raw,
			     struct draft *draft);

static bool lacks_triggers(struct reader *reader, uint32_t column)
{
	return belayi_wrong(reader->error, column,
			    "there is no trigger behind \"when\"; write "
			    "when every=10, say");
}

static bool lacks_conditions(struct reader *reader, uint32_t column)
{
	return belayi_wrong(reader->error, column,
			    "there is no condition behind \"if\"; write "
			    "if size>=4096, say");
}

/* Return: what words are after this keyword, NULL where it cannot stand. */
static add_function after_keyword(struct reader *reader, struct raw raw,
				  add_function now)
{
	bool conditions = reader_is(reader, raw, "if");

	if (now == add_setting)
		return conditions ? add_condition : add_trigger;
	if (now == add_condition && !conditions)
		return add_trigger;
	belayi_say(reader->error, raw.from + 1,
		   "\"%s\" cannot stand here: a rule is CALL POLICY "
		   "[ARGUMENT]... [if CONDITION...] [when TRIGGER...]",
		   conditions ? "if" : "when");
	return NULL;
}

/* Reads all that follows the policy. */
static bool read_words(struct reader *reader, struct draft *draft)
{
	add_function add = add_setting;
	uint32_t keyword = 0; /* the column of one that nothing follows yet */
	struct raw raw;

	for (;;) {
		bool is_key;

		if (!reader_next(reader, &raw))
			return false;
		is_key = reader_is(reader, raw, "if") ||
			 reader_is(reader, raw, "when");
		if (keyword && (is_key || raw.from == raw.to))
			return add == add_condition
				       ? lacks_conditions(reader, keyword)
				       : lacks_triggers(reader, keyword);
		if (raw.from == raw.to)
			return true;
		if (is_key) {
			keyword = draft->when = raw.from + 1;
			add = after_keyword(reader, raw, add);
			if (!add)
				return false;
			continue;
		}
		keyword = 0;
		if (!add(reader, raw, draft))
			return false;
	}
}

static bool read_policy(struct reader *reader, struct belay_rule *rule)
{
	struct raw raw;

	if (!reader_next(reader, &raw))
		return false;
	if (raw.from == raw.to || reader_is(reader, raw, "if") ||
	    reader_is(reader, raw, "when"))
		return belayi_wrong(reader->error, raw.from + 1,
				    "no policy is named: a rule is CALL POLICY "
				    "[ARGUMENT]... [if CONDITION...] [when "
				    "TRIGGER...]");
	return reader_unquote(reader, raw, &rule->policy);
}

/* The line is kept from its start, so that columns fit what is shown of it. */
static bool keep_line(struct reader *reader, struct belay_rule *rule)
{
	char *copy = reader_take(reader, reader->end + 1);

	if (!copy)
		return false;
	memcpy(copy, reader->line, reader->end);
	copy[reader->end] = '\0';
	rule->text = copy + rule->call.column - 1;
	return true;
}

static bool keep_arrays(struct reader *reader, struct draft *draft)
{
	struct belay_rule *rule = &draft->rule;
	size_t settings = rule->settings_count * sizeof(*rule->settings);
	size_t conditions = rule->conditions_count * sizeof(*rule->conditions);

	rule->settings = reader_take(reader, settings);
	rule->conditions = reader_take(reader, conditions);
	if (!rule->settings || !rule->conditions)
		return false;
	memcpy(rule->settings, draft->settings, settings);
	memcpy(rule->conditions, draft->conditions, conditions);
	return true;
}

/* Return: false where it is wrong; a line without a rule has no call. */
static bool read_rule(struct reader *reader, struct draft *draft)
{
	struct belay_rule *rule = &draft->rule;
	struct raw raw;

	if (!reader_next(reader, &raw))
		return false;
	if (raw.from == raw.to)
		return true;
	belayi_trigger_init(&rule->trigger);
	return reader_unquote(reader, raw, &rule->call) &&
	       read_policy(reader, rule) && read_words(reader, draft) &&
	       belayi_trigger_check(&rule->trigger, draft->triggers,
				    draft->when, reader->error) &&
	       keep_line(reader, rule) && keep_arrays(reader, draft);
}

/* The first rule brings the array, and the name of the file. */
static bool make_room(struct belay_rules *rules, struct reader *reader)
{
	if (!rules->rules) {
		rules->rules = reader_take(
			reader, BELAY_RULES_MAX * sizeof(*rules->rules));
		if (!rules->rules)
			return false;
	}
	if (rules->count < BELAY_RULES_MAX)
		return true;
	return belayi_wrong(reader->error, 1, "there are more than %d rules",
			    BELAY_RULES_MAX);
}

static bool add_line(struct belay_rules *rules, struct reader *reader)
{
	struct belay_rule_error *error = reader->error;
	struct draft draft = {.triggers = 0};

	if (!read_rule(reader, &draft))
		return false;
	if (!draft.rule.call.text)
		return true;
	if (!make_room(rules, reader))
		return false;
	draft.rule.file = error->file;
	draft.rule.line = error->line;
	draft.rule.number = rules->count + 1;
	rules->rules[rules->count++] = draft.rule;
	return true;
}

static const char *keep_name(struct reader *reader, const char *file)
{
	char *copy = reader_take(reader, strlen(file) + 1);

	return copy ? strcpy(copy, file) : NULL;
}

/* What of a text is its line at `at`, without the end. */
static size_t line_length(const char *text, size_t length, size_t at)
{
	const char *end = memchr(text + at, '\n', length - at);

	return end ? (size_t)(end - text) - at : length - at;
}

static bool parse_line(struct belay_rules *rules, struct reader *reader,
		       const char *line, size_t length)
{
	size_t used = reader->arena->used;

	reader->error->line++;
	reader->error->rule = line;
	reader->error->rule_length = length;
	if (length > LINE_MAX_BYTES)
		return belayi_wrong(reader->error, LINE_MAX_BYTES + 1,
				    "a line has at most %d bytes",
				    LINE_MAX_BYTES);
	if (length && line[length - 1] == '\r')
		length--;
	reader->line = line;
	reader->length = (uint32_t)length;
	reader->at = reader->end = 0;
	if (add_line(rules, reader))
		return true;
	reader->arena->used = used;
	return false;
}

bool belay_rules_parse(struct belay_rules *rules, const char *text,
		       size_t length, const char *file,
		       struct belay_arena *arena,
		       struct belay_rule_error *ret_error)
{
	struct reader reader = {.arena = arena, .error = ret_error};

	*ret_error = (struct belay_rule_error){.file = file, .rule = text};
	if (file)
		file = keep_name(&reader, file);
	if (!file && ret_error->file)
		return false;
	ret_error->file = file;
	for (size_t at = 0, line; at < length; at += line + 1) {
		line = line_length(text, length, at);
		if (!parse_line(rules, &reader, text + at, line))
			return false;
	}
	return true;
}
