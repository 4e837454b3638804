/* SPDX-License-Identifier: MIT */
/*
 * nearest.c - which name was probably meant
 *
 * Counts the letters to insert, remove, replace or swap. A name counts as
 * near when about a third of its letters at most are wrong, or when what was
 * typed is its beginning, or it but for capital letters.
 */
#include <belay/nearest.h>

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define LONGEST 64

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static size_t distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST + 1];
	size_t *above = rows[0], *row = rows[1], *earlier = rows[2];
	size_t width = strlen(b);

	for (size_t j = 0; j <= width; j++)
		above[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t *oldest = earlier;

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			row[j] =
				smallest(above[j] + 1, row[j - 1] + 1,
					 above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && earlier[j - 2] + 1 < row[j])
				row[j] = earlier[j - 2] + 1;
		}
		earlier = above;
		above = row;
		row = oldest;
	}
	return above[width];
}

void belay_nearest_look(struct belay_nearest *nearest, const char *name)
{
	size_t typed = strlen(nearest->wanted), length = strlen(name), d;

	if (typed == 0 || typed > LONGEST || length > LONGEST)
		return;
	if (strncmp(name, nearest->wanted, typed) == 0)
		d = 1;
	else if (strcasecmp(name, nearest->wanted) == 0)
		d = 0;
	else
		d = distance(nearest->wanted, name);
	/* Nothing is near a single letter. */
	if (d > (length + 2) / 3 || d >= length)
		return;
	if (nearest->name && nearest->distance <= d)
		return;
	nearest->name = name;
	nearest->distance = d;
}
