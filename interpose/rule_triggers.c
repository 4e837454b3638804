/* SPDX-License-Identifier: MIT */
/*
 * rule_triggers.c - when a rule fires: what stands behind "when"
 */
#include <string.h>

#include <belay/nearest.h>

#include "rule_parts.h"

#define CHANCE_ALWAYS (UINT64_C(1) << 63)

void belayi_trigger_init(struct belay_trigger *trigger)
{
	*trigger = (struct belay_trigger){
		.chance = CHANCE_ALWAYS,
		.every = 1,
		.first = 1,
		.last = UINT64_MAX,
		.step = 1,
		.for_ns = UINT64_MAX,
		.per = BELAY_PER_SITE,
	};
}

static const char *read_chance(struct belay_trigger *trigger,
			       struct belayi_slice text)
{
	static const char what[] =
		"is no number from 0 to 1, with 18 decimals at most";
	struct belayi_decimal decimal;
	struct belayi_slice rest;

	if (belayi_decimal(text, &decimal, &rest) || rest.length ||
	    decimal.value > decimal.scale)
		return what;
	trigger->chance = (uint64_t)((unsigned __int128)decimal.value *
				     CHANCE_ALWAYS / decimal.scale);
	return NULL;
}

static const char *read_count(struct belayi_slice text, uint64_t *ret_count)
{
	int64_t number;
	const char *why = belayi_number(text, BELAYI_PLAIN, &number);

	if (why)
		return why;
	if (number < 1)
		return "is less than 1: calls are counted from 1";
	*ret_count = (uint64_t)number;
	return NULL;
}

static const char *read_nth(struct belay_trigger *trigger,
			    struct belayi_slice text)
{
	return read_count(text, &trigger->nth);
}

static const char *read_every(struct belay_trigger *trigger,
			      struct belayi_slice text)
{
	return read_count(text, &trigger->every);
}

/* Splits at the first `sign`. Return: whether there is one. */
static bool split(struct belayi_slice *text, const char *sign,
		  struct belayi_slice *ret_behind)
{
	const char *at = memmem(text->text, text->length, sign, strlen(sign));
	const char *end = text->text + text->length;

	if (!at)
		return false;
	text->length = (size_t)(at - text->text);
	ret_behind->text = at + strlen(sign);
	ret_behind->length = (size_t)(end - ret_behind->text);
	return true;
}

static const char *read_calls(struct belay_trigger *trigger,
			      struct belayi_slice text)
{
	static const char form[] = "is none of A, A.., A..B, A..B/STEP";
	struct belayi_slice step, last;
	bool steps = split(&text, "/", &step);
	bool range = split(&text, "..", &last);

	if (steps && !range)
		return form;
	if (read_count(text, &trigger->first) ||
	    (steps && read_count(step, &trigger->step)) ||
	    (range && last.length && read_count(last, &trigger->last)))
		return "is none of A, A.., A..B, A..B/STEP, of numbers from 1";
	if (!range)
		trigger->last = trigger->first;
	if (trigger->last < trigger->first)
		return "ends before it begins";
	return NULL;
}

static const char *read_once(struct belay_trigger *trigger,
			     struct belayi_slice text)
{
	(void)text;
	trigger->once = true;
	return NULL;
}

static const char *read_from(struct belay_trigger *trigger,
			     struct belayi_slice text)
{
	int64_t number;
	const char *why = belayi_number(text, BELAYI_TIME, &number);

	if (!why)
		trigger->from_ns = (uint64_t)number;
	return why;
}

static const char *read_for(struct belay_trigger *trigger,
			    struct belayi_slice text)
{
	int64_t number;
	const char *why = belayi_number(text, BELAYI_TIME, &number);

	if (!why && number == 0)
		return "is no time at all: the rule would never fire";
	if (!why)
		trigger->for_ns = (uint64_t)number;
	return why;
}

static const char *read_per(struct belay_trigger *trigger,
			    struct belayi_slice text)
{
	static const char *const words[] = {
#define SCOPE_WORD(name, word, sentence) [BELAY_PER_##name] = (word),
		BELAY_SCOPES(SCOPE_WORD)
#undef SCOPE_WORD
	};

	for (unsigned int i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(words[i], text.text) == 0) {
			trigger->per = (enum belay_scope)i;
			return NULL;
		}
	}
	return "is none of site, process, thread, session";
}

/* All triggers: bit i of `seen` is kinds[i]. */
static const struct kind {
	const char *name;
	const char *example; /* NULL: takes no value */
	bool counts;         /* by the scope that per= says */
	const char *(*read)(struct belay_trigger *trigger,
			    struct belayi_slice text);
} kinds[] = {
	{"p", "p=0.01", false, read_chance},
	{"nth", "nth=3", true, read_nth},
	{"every", "every=10", true, read_every},
	{"calls", "calls=1..3", true, read_calls},
	{"once", NULL, true, read_once},
	{"from", "from=5s", false, read_from},
	{"for", "for=60s", false, read_for},
	{"per", "per=thread", false, read_per},
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

bool belayi_trigger_known(const char *name)
{
	return find_kind(name) != NULL;
}

static bool unknown(const struct belay_setting *word,
		    struct belay_rule_error *error)
{
	struct belay_nearest near = {.wanted = word->name.text};
	struct belayi_list all = {.used = 0};

	for (size_t i = 0; i < KINDS; i++) {
		belay_nearest_look(&near, kinds[i].name);
		belayi_list_add(&all, kinds[i].name);
	}
	return belayi_wrong(error, word->name.column,
			    "there is no trigger \"%.48s\"%s; there are %s",
			    word->name.text,
			    belayi_did_you_mean(near.name).text, all.text);
}

bool belayi_trigger_add(struct belay_trigger *trigger, uint32_t *seen,
			const struct belay_setting *word,
			struct belay_rule_error *error)
{
	const struct kind *kind = find_kind(word->name.text);
	uint32_t column = word->name.column;
	const char *why;

	if (!kind)
		return unknown(word, error);
	if (*seen & 1U << (kind - kinds))
		return belayi_wrong(error, column,
				    "trigger \"%s\" is given twice",
				    kind->name);
	*seen |= 1U << (kind - kinds);
	if (!kind->example && word->value.text)
		return belayi_wrong(error, word->value.column,
				    "trigger \"%s\" takes no value",
				    kind->name);
	if (kind->example && !word->value.text)
		return belayi_wrong(error, column,
				    "trigger \"%s\" lacks its value; "
				    "write %s, say",
				    kind->name, kind->example);
	why = kind->read(
		trigger,
		belayi_slice(word->value.text ? word->value.text : ""));
	if (why)
		return belayi_wrong(error, word->value.column,
				    "%s=%.48s %s; write %s, say", kind->name,
				    word->value.text, why, kind->example);
	return true;
}

bool belayi_trigger_check(const struct belay_trigger *trigger, uint32_t seen,
			  uint32_t column, struct belay_rule_error *error)
{
	uint64_t nth = trigger->nth;
	bool counts = false, scoped = false;

	for (size_t i = 0; i < KINDS; i++) {
		counts |= kinds[i].counts && (seen & 1U << i);
		scoped |= kinds[i].read == read_per && (seen & 1U << i);
	}
	if (scoped && !counts)
		return belayi_wrong(error, column,
				    "per= says what nth, every, calls and once "
				    "count; none of them is given");
	if (nth &&
	    (nth % trigger->every || nth < trigger->first ||
	     nth > trigger->last || (nth - trigger->first) % trigger->step))
		return belayi_wrong(
			error, column,
			"the rule would never fire: another trigger "
			"keeps out the call that nth= says");
	return true;
}

bool belay_trigger_fires(const struct belay_trigger *trigger, uint64_t n,
			 uint64_t random, uint64_t elapsed_ns)
{
	if (trigger->nth && n != trigger->nth)
		return false;
	if (trigger->every != 1 && n % trigger->every)
		return false;
	if (n < trigger->first || n > trigger->last)
		return false;
	if (trigger->step != 1 && (n - trigger->first) % trigger->step)
		return false;
	if (elapsed_ns < trigger->from_ns ||
	    elapsed_ns - trigger->from_ns >= trigger->for_ns)
		return false;
	return random >> 1 < trigger->chance;
}
