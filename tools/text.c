/* SPDX-License-Identifier: MIT */
/*
 * text.c - numbers and foreign texts as people read them
 */
#include "text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Three digits that count: 1.23, 12.3, 123. */
static char *scaled(double value, const char *unit, char text[TEXT_NUMBER])
{
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	(void)snprintf(text, TEXT_NUMBER, "%.*f %s", decimals, value, unit);
	return text;
}

char *text_duration(uint64_t ns, char text[TEXT_NUMBER])
{
	uint64_t minutes = ns / UINT64_C(60000000000);

	if (ns < 1000)
		(void)snprintf(text, TEXT_NUMBER, "%" PRIu64 " ns", ns);
	else if (ns < 999500)
		return scaled((double)ns / 1e3, "us", text);
	else if (ns < 999500000)
		return scaled((double)ns / 1e6, "ms", text);
	else if (minutes < 2)
		return scaled((double)ns / 1e9, "s", text);
	else if (minutes < 60)
		(void)snprintf(text, TEXT_NUMBER, "%" PRIu64 " min %02u s",
			       minutes, (unsigned int)(ns / 1000000000 % 60));
	else
		(void)snprintf(text, TEXT_NUMBER, "%" PRIu64 " h %02u min",
			       minutes / 60, (unsigned int)(minutes % 60));
	return text;
}

char *text_bytes(uint64_t bytes, char text[TEXT_NUMBER])
{
	static const char *const units[] = {"KiB", "MiB", "GiB",
					    "TiB", "PiB", "EiB"};
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		(void)snprintf(text, TEXT_NUMBER, "%" PRIu64 "%s", bytes,
			       bytes ? " B" : "");
		return text;
	}
	while (value >= 999.5) {
		value /= 1024;
		unit++;
	}
	return scaled(value, units[unit], text);
}

const char *text_s(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* The length of the UTF-8 sequence at `from`, 0 if it is none. */
static size_t sequence(const unsigned char *from, size_t length)
{
	size_t n = *from >= 0xf0 && *from < 0xf5   ? 4
		   : *from >= 0xe0 && *from < 0xf0 ? 3
		   : *from >= 0xc2 && *from < 0xe0 ? 2
						   : 0;

	if (n == 0 || n > length)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((from[i] & 0xc0) != 0x80)
			return 0;
	/* U+0080 to U+009F are controls that terminals obey. */
	if (from[0] == 0xc2 && from[1] < 0xa0)
		return 0;
	return n;
}

char *text_safe(const char *from, size_t length, char *text, size_t size)
{
	size_t out = 0;

	for (size_t i = 0; i < length && from[i];) {
		size_t n = from[i] >= ' ' && from[i] < 0x7f
				   ? 1
				   : sequence((const unsigned char *)from + i,
					      length - i);

		if (out + (n ? n : 1) >= size)
			break;
		if (n)
			memcpy(text + out, from + i, n);
		else
			text[out] = '?';
		out += n ? n : 1;
		i += n ? n : 1;
	}
	text[out] = '\0';
	return text;
}

char *text_shell(const char *path, char *text, size_t size)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789%+,-./:=@_";
	static const char quote[] = "'\\''";
	size_t out = 1;

	if (*path && !path[strspn(path, plain)]) {
		(void)snprintf(text, size, "%s", path);
		return text;
	}
	text[0] = '\'';
	for (; *path && out + strlen(quote) + 2 <= size; path++) {
		if (*path == '\'') {
			out = (size_t)(stpcpy(text + out, quote) - text);
		} else {
			text[out++] = *path;
		}
	}
	strcpy(text + out, "'");
	return text;
}

const char *text_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
