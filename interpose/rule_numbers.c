/* SPDX-License-Identifier: MIT */
/*
 * rule_numbers.c - numbers, sizes and times as they are written in a rule
 *
 * Exact: what is no whole number of bytes or nanoseconds, or too large, is an
 * error and never rounded. No locale changes how a point is written.
 */
#include <string.h>

#include "rule_parts.h"

#define DIGITS_BEHIND_POINT 18

struct unit {
	const char *name;
	uint64_t scale;
};

#define KI UINT64_C(1024)

/* A letter stands for powers of 1024, as everywhere on a command line. */
static const struct unit sizes[] = {
	{"", 1},
	{"B", 1},
	{"k", KI},
	{"K", KI},
	{"KiB", KI},
	{"M", KI *KI},
	{"MiB", KI *KI},
	{"G", KI *KI *KI},
	{"GiB", KI *KI *KI},
	{"T", KI *KI *KI *KI},
	{"TiB", KI *KI *KI *KI},
	{"kB", 1000},
	{"MB", 1000000},
	{"GB", 1000000000},
	{"TB", 1000000000000},
	{NULL, 0},
};

static const struct unit times[] = {
	{"ns", 1},
	{"us", 1000},
	{"ms", 1000000},
	{"s", 1000000000},
	{"min", UINT64_C(60) * 1000000000},
	{"h", UINT64_C(3600) * 1000000000},
	{NULL, 0},
};

static const struct unit plain[] = {{"", 1}, {NULL, 0}};

/* How each measure is written, and what is said where it is not. */
static const struct {
	const struct unit *units;
	const char *unknown;
	const char *fraction;
} measures[] = {
	[BELAYI_PLAIN] = {plain, "is not a number", "is no whole number"},
	[BELAYI_BYTES] = {sizes,
			  "has a unit that is none of k M G T (of 1024), "
			  "KiB MiB GiB TiB, kB MB GB TB (of 1000) and B",
			  "is no whole number of bytes"},
	[BELAYI_TIME] = {times, "has a unit that is none of ns us ms s min h",
			 "is no whole number of nanoseconds"},
};

struct belayi_slice belayi_slice(const char *text)
{
	return (struct belayi_slice){text, strlen(text)};
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool add_digit(uint64_t *value, uint64_t base, int digit)
{
	return !__builtin_mul_overflow(*value, base, value) &&
	       !__builtin_add_overflow(*value, (uint64_t)digit, value);
}

const char *belayi_decimal(struct belayi_slice text,
			   struct belayi_decimal *ret_decimal,
			   struct belayi_slice *ret_rest)
{
	struct belayi_decimal decimal = {0, 1};
	size_t i = 0, digits = 0, behind = 0;
	bool point = false;

	for (; i < text.length; i++) {
		if (text.text[i] == '.' && !point && i + 1 < text.length &&
		    is_digit(text.text[i + 1])) {
			point = true;
			continue;
		}
		if (!is_digit(text.text[i]))
			break;
		digits++;
		if (point && ++behind > DIGITS_BEHIND_POINT)
			return "has too many digits";
		if (!add_digit(&decimal.value, 10, text.text[i] - '0'))
			return "is too large";
		if (point)
			decimal.scale *= 10;
	}
	if (digits == 0)
		return "is not a number";
	*ret_decimal = decimal;
	*ret_rest = (struct belayi_slice){text.text + i, text.length - i};
	return NULL;
}

static const char *read_hex(struct belayi_slice text, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (text.length == 0)
		return "is not a number";
	for (size_t i = 0; i < text.length; i++) {
		int digit = hex_digit(text.text[i]);

		if (digit < 0)
			return "is not a number";
		if (!add_digit(&value, 16, digit))
			return "is too large";
	}
	*ret_value = value;
	return NULL;
}

static const struct unit *find_unit(const struct unit *units,
				    struct belayi_slice name)
{
	for (; units->name; units++)
		if (strlen(units->name) == name.length &&
		    memcmp(units->name, name.text, name.length) == 0)
			return units;
	return NULL;
}

static const char *read_decimal(struct belayi_slice text,
				enum belayi_measure measure,
				uint64_t *ret_value)
{
	struct belayi_decimal decimal;
	struct belayi_slice rest;
	const char *why = belayi_decimal(text, &decimal, &rest);
	const struct unit *unit;
	unsigned __int128 total;

	if (why)
		return why;
	/* No time at all is the same in every unit. */
	if (measure == BELAYI_TIME && rest.length == 0 && decimal.value) {
		return "has no unit: ns us ms s min h";
	}
	unit = find_unit(rest.length ? measures[measure].units : plain, rest);
	if (!unit)
		return measures[measure].unknown;
	total = (unsigned __int128)decimal.value * unit->scale;
	if (total % decimal.scale)
		return measures[measure].fraction;
	total /= decimal.scale;
	if (total > UINT64_MAX)
		return "is too large";
	*ret_value = (uint64_t)total;
	return NULL;
}

const char *belayi_number(struct belayi_slice text, enum belayi_measure measure,
			  int64_t *ret_number)
{
	bool negative = text.length && text.text[0] == '-';
	const char *why;
	uint64_t value = 0;

	if (negative && measure == BELAYI_TIME)
		return "is negative";
	if (negative)
		text = (struct belayi_slice){text.text + 1, text.length - 1};
	if (text.length > 1 && text.text[0] == '0' &&
	    (text.text[1] | 0x20) == 'x' && measure != BELAYI_TIME)
		why = read_hex(
			(struct belayi_slice){text.text + 2, text.length - 2},
			&value);
	else
		why = read_decimal(text, measure, &value);
	if (why)
		return why;
	if (value > INT64_MAX)
		return "is too large";
	*ret_number = negative ? -(int64_t)value : (int64_t)value;
	return NULL;
}
