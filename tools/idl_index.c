/* SPDX-License-Identifier: MIT */
/*
 * idl_index.c - where the interfaces stand in what widl has written
 */
#include "idl_index.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

/* struct idl_place - a name, and what follows it and its line's form */
struct idl_place {
	const char *name;
	size_t length;
	const char *rest;
};

/* struct form - a line, or two, with a name between these texts */
struct form {
	const char *before;
	const char *after;
};

static const struct form declared = {"#ifndef __", "_INTERFACE_DEFINED__\n"};
static const struct form vtables = {"typedef struct ", "Vtbl {\n"};
static const struct form listed = {"    \"", "\",\n"};
static const struct form offsets = {"static const unsigned short ",
				    "_FormatStringOffsetTable[] =\n{\n"};

static size_t name_length(const char *name)
{
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789_");
}

/* Where a line is of that form: the name, and what follows. */
static bool is_of_form(const char *line, const struct form *form,
		       struct idl_place *ret_place)
{
	size_t before = strlen(form->before), after = strlen(form->after);
	size_t length;

	if (strncmp(line, form->before, before) != 0)
		return false;
	length = name_length(line + before);
	/* What follows the name may consist of its letters, too. */
	while (length &&
	       strncmp(line + before + length, form->after, after) != 0)
		length--;
	*ret_place = (struct idl_place){line + before, length,
					line + before + length + after};
	return length != 0;
}

static int compare_names(const struct idl_place *left,
			 const struct idl_place *right)
{
	size_t shorter =
		left->length < right->length ? left->length : right->length;
	int order = memcmp(left->name, right->name, shorter);

	if (order != 0 || left->length == right->length)
		return order;
	return left->length < right->length ? -1 : 1;
}

/* The first in the text first, where names are the same. */
static int compare(const void *left, const void *right)
{
	const struct idl_place *l = left, *r = right;
	int order = compare_names(l, r);

	return order ? order : (l->name > r->name) - (l->name < r->name);
}

static void add(struct idl_places *places, const char *line,
		const struct form *form)
{
	struct idl_place place;

	if (!is_of_form(line, form, &place))
		return;
	places->all =
		array_grow(places->all, places->count, sizeof(*places->all));
	places->all[places->count++] = place;
}

static void sort(struct idl_places *places)
{
	if (places->count)
		qsort(places->all, places->count, sizeof(*places->all),
		      compare);
}

static void find_two(const char *text, struct idl_places *one,
		     const struct form *ones_form, struct idl_places *two,
		     const struct form *twos_form)
{
	for (const char *line = text; *line; line += *line == '\n') {
		add(one, line, ones_form);
		add(two, line, twos_form);
		line += strcspn(line, "\n");
	}
	sort(one);
	sort(two);
}

void idl_index_make(struct idl_index *index, const char *header,
		    const char *proxies)
{
	*index = (struct idl_index){{NULL}};
	find_two(header, &index->declared, &declared, &index->vtables,
		 &vtables);
	find_two(proxies, &index->listed, &listed, &index->offsets, &offsets);
}

void idl_index_free(struct idl_index *index)
{
	free(index->declared.all);
	free(index->vtables.all);
	free(index->listed.all);
	free(index->offsets.all);
}

const char *idl_find(const struct idl_places *places, const char *name)
{
	const struct idl_place wanted = {.name = name, .length = strlen(name)};
	size_t from = 0, to = places->count;

	/* The first that does not come before it. */
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare_names(&places->all[middle], &wanted) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == places->count ||
	    compare_names(&places->all[from], &wanted) != 0)
		return NULL;
	return places->all[from].rest;
}

bool idl_has_async(const struct idl_index *index, const char *interface)
{
	char name[NAME_MAX + sizeof("Async")];

	(void)snprintf(name, sizeof(name), "Async%s", interface);
	return idl_find(&index->declared, name) &&
	       !idl_find(&index->listed, name);
}
