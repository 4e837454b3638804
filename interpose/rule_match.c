/* SPDX-License-Identifier: MIT */
/*
 * rule_match.c - whether a call is one that a rule means
 *
 * Called for calls as they begin, in signal handlers too: nothing here
 * allocates, locks or depends on a locale. fnmatch() does all of that.
 */
#include <stdio.h>
#include <string.h>

#include "rule_parts.h"

/* One character of a set, which may be quoted. */
static const char *set_character(const char *at, unsigned char *ret_c)
{
	if (*at == '\\' && at[1])
		at++;
	*ret_c = (unsigned char)*at;
	return *at ? at + 1 : NULL;
}

/*
 * Return: what follows the set that begins behind "[", and whether it has the
 * character; NULL where it does not end: then "[" is a character like others.
 */
static const char *set_has(const char *at, unsigned char c, bool *ret_has)
{
	bool negated = *at == '!' || *at == '^';
	bool found = false;
	unsigned char first, last;

	if (negated)
		at++;
	for (const char *start = at; *at != ']' || at == start;) {
		at = set_character(at, &first);
		if (!at)
			return NULL;
		last = first;
		if (at[0] == '-' && at[1] && at[1] != ']')
			at = set_character(at + 1, &last);
		if (!at)
			return NULL;
		found |= first <= c && c <= last;
	}
	*ret_has = found != negated;
	return at + 1;
}

const char *belayi_glob_one(const char *glob, char c)
{
	const char *behind;
	bool fits;

	switch (*glob) {
	case '\0':
		return NULL;
	case '?':
		return glob + 1;
	case '[':
		behind = set_has(glob + 1, (unsigned char)c, &fits);
		if (behind)
			return fits ? behind : NULL;
		break;
	case '\\':
		glob++;
		break;
	default:
		break;
	}
	return *glob && *glob == c ? glob + 1 : NULL;
}

/* What fits up to a "*" need never be looked at again: only the last one can
 * stand for more, so this takes length times length at most. */
__attribute__((hot)) bool belayi_glob(const char *glob, const char *text)
{
	const char *star = NULL, *tried = NULL;

	while (*text) {
		const char *behind;

		if (*glob == '*') {
			star = ++glob;
			tried = text;
			continue;
		}
		behind = belayi_glob_one(glob, *text);
		if (behind) {
			glob = behind;
			text++;
			continue;
		}
		if (!star)
			return false;
		glob = star;
		text = ++tried;
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}

bool belay_rule_names(const struct belay_rule *rule, const char *operation)
{
	return belayi_glob(rule->call.text, operation);
}

void belay_condition_range(const struct belay_condition *condition,
			   int64_t *ret_least, int64_t *ret_most)
{
	enum belay_relation relation = condition->relation;
	int64_t number = condition->number;
	bool up = relation == BELAY_IS_MORE || relation == BELAY_IS_AT_LEAST;
	bool down = relation == BELAY_IS_LESS || relation == BELAY_IS_AT_MOST;
	bool none = !up && !down && relation != BELAY_IS_EQUAL;

	*ret_least = down ? INT64_MIN : number;
	*ret_most = up ? INT64_MAX : number;
	if (relation == BELAY_IS_MORE)
		none = __builtin_add_overflow(number, 1, ret_least);
	if (relation == BELAY_IS_LESS)
		none = __builtin_sub_overflow(number, 1, ret_most);
	if (none) {
		*ret_least = INT64_MAX;
		*ret_most = INT64_MIN;
	}
}

bool belay_condition_number(const struct belay_condition *condition,
			    int64_t number)
{
	int64_t least;
	int64_t most;

	belay_condition_range(condition, &least, &most);
	return (least <= number && number <= most) != condition->negated;
}

__attribute__((hot)) bool
belay_condition_text(const struct belay_condition *condition, const char *text)
{
	bool fits = false;

	if (text && condition->relation == BELAY_IS_EQUAL)
		fits = strcmp(text, condition->value.text) == 0;
	else if (text && condition->relation == BELAY_IS_LIKE)
		fits = belayi_glob(condition->value.text, text);
	return fits != condition->negated;
}
