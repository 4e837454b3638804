/* SPDX-License-Identifier: MIT */
/*
 * idl_counts.c - finds computed counts that widl takes for one another
 *
 * An argument, what it points to, and twice, half, one more or one less than an
 * argument are no computed counts: the format strings have them.
 */
#include "idl_counts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "idl_text.h"
#include "say.h"

#define DEPTH_MAX 32
#define WORD_MAX 256
#define COUNT_MAX 512

/* struct block - what is between braces: an interface, a struct, or another */
struct block {
	char name[WORD_MAX];
	char method[WORD_MAX]; /* of an interface; or "" */
	char count[COUNT_MAX]; /* the first one that is computed; or "" */
	bool is_interface;
};

struct scan {
	struct idl_origin origin;
	struct block blocks[DEPTH_MAX];
	struct block next; /* the block that was announced */
	unsigned int depth;
	unsigned int brackets;
	unsigned int parentheses;
	char word[WORD_MAX]; /* the last one */
};

static struct block *block_of(struct scan *scan)
{
	return scan->depth && scan->depth <= DEPTH_MAX
		       ? &scan->blocks[scan->depth - 1]
		       : NULL;
}

/* Without spaces. */
static bool is_computed(const char *count)
{
	static const char *const simple[] = {"", "*2", "/2", "+1", "-1"};
	const char *end;

	if (!strpbrk(count, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz_"))
		return false;
	if (*count == '*')
		return *idl_skip_word(count + 1) != '\0';
	end = idl_skip_word(count);
	for (size_t i = 0; i < sizeof(simple) / sizeof(*simple); i++)
		if (strcmp(end, simple[i]) == 0)
			return false;
	return true;
}

static void take_count(struct scan *scan, const char *count)
{
	struct block *block = block_of(scan);
	bool is_method;

	if (!block || !is_computed(count) || strcmp(block->count, count) == 0)
		return;
	if (!*block->count) {
		(void)snprintf(block->count, sizeof(block->count), "%s", count);
		return;
	}
	is_method = *block->method;
	say("%s:%lu: Warning: %s%s%s: widl computes \"%s\" here, too, and not "
	    "\"%s\"; let one %s have one computed count",
	    scan->origin.file, scan->origin.line, block->name,
	    is_method ? "." : "", block->method, block->count, count,
	    is_method ? "method" : "struct");
}

/* From behind size_is: "(, rows * columns)". Return: what follows. */
static const char *read_counts(struct scan *scan, const char *text)
{
	char count[COUNT_MAX];
	unsigned int depth = 0;
	size_t length = 0;

	for (; *text; text++) {
		bool ends = (*text == ',' && depth == 1) ||
			    (*text == ')' && depth == 1);

		if (ends) {
			count[length] = '\0';
			take_count(scan, count);
			length = 0;
		}
		if (*text == ')' && --depth == 0)
			return text + 1;
		if (*text == '\n')
			scan->origin.line++;
		if (!ends && depth && !isspace((unsigned char)*text) &&
		    length < sizeof(count) - 1)
			count[length++] = *text;
		if (*text == '(')
			depth++;
	}
	return text;
}

static bool is_one_of(const char *word, const char *const words[])
{
	while (*words && strcmp(word, *words) != 0)
		words++;
	return *words;
}

static const char *read_word(struct scan *scan, const char *text)
{
	static const char *const counts[] = {"size_is", "length_is", "max_is",
					     "switch_is", NULL};
	static const char *const blocks[] = {"interface", "struct", "union",
					     NULL};
	const char *end = idl_skip_word(text);
	char before[WORD_MAX];

	(void)snprintf(before, sizeof(before), "%s", scan->word);
	(void)snprintf(scan->word, sizeof(scan->word), "%.*s",
		       (int)(end - text), text);
	if (scan->brackets && is_one_of(scan->word, counts) &&
	    end[strspn(end, " \t")] == '(')
		return read_counts(scan, end + strspn(end, " \t"));
	if (is_one_of(scan->word, blocks))
		scan->next = (struct block){
			.is_interface = strcmp(scan->word, "interface") == 0};
	else if (is_one_of(before, blocks))
		(void)snprintf(scan->next.name, sizeof(scan->next.name), "%s",
			       scan->word);
	return end;
}

static void open_block(struct scan *scan)
{
	scan->depth++;
	if (block_of(scan))
		*block_of(scan) = scan->next;
	scan->next = (struct block){.name = ""};
	scan->word[0] = '\0';
}

static void begin_method(struct scan *scan)
{
	struct block *block = block_of(scan);

	if (!block || !block->is_interface || scan->brackets ||
	    scan->parentheses)
		return;
	(void)snprintf(block->method, sizeof(block->method), "%s", scan->word);
	block->count[0] = '\0';
}

static const char *read_sign(struct scan *scan, const char *text)
{
	if (*text == '(') {
		begin_method(scan);
		scan->parentheses++;
	}
	scan->parentheses -= *text == ')' && scan->parentheses;
	scan->brackets += *text == '[';
	scan->brackets -= *text == ']' && scan->brackets;
	scan->origin.line += *text == '\n';
	if (*text == '{')
		open_block(scan);
	scan->depth -= *text == '}' && scan->depth;
	return text + 1;
}

void counts_check(const struct idl *idl, const char *text)
{
	struct scan scan = {.origin.line = 1};
	bool starts = true;

	(void)snprintf(scan.origin.file, sizeof(scan.origin.file), "%s",
		       idl->file);
	while (*text) {
		if (starts && idl_read_mark(text, &scan.origin)) {
			text += strcspn(text, "\n");
			text += *text == '\n';
			continue;
		}
		starts = *text == '\n';
		if (*text == '"')
			text = idl_skip_string(text);
		else if (idl_is_part(*text))
			text = read_word(&scan, text);
		else
			text = read_sign(&scan, text);
	}
}
