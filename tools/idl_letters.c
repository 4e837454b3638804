/* SPDX-License-Identifier: MIT */
/*
 * idl_letters.c - what widl's format strings leave out of a method's types
 *
 * A method of a header's vtable is one line for what it returns and its name,
 * and one for each parameter:
 *
 *     HRESULT (STDMETHODCALLTYPE *Add)(
 *         ICalc *This,
 *         LONG a,
 *         LONG *sum);
 */
#include "idl_letters.h"

#include <limits.h>
#include <string.h>

#define CALL " (STDMETHODCALLTYPE *"

/* Where a method's name and what follows it stand in its vtable, or NULL. */
static const char *find_method(const struct idl_index *index,
			       const char *interface, const char *method,
			       size_t method_length)
{
	char text[NAME_MAX + 64];
	const char *vtable = idl_find(&index->vtables, interface);
	const char *end;

	end = vtable ? strstr(vtable, "\n}") : NULL;
	if (!end)
		return NULL;
	(void)snprintf(text, sizeof(text), CALL "%.*s)(\n", (int)method_length,
		       method);
	return memmem(vtable, (size_t)(end - vtable), text, strlen(text));
}

/* One letter: a pointer or an array has none of its own. */
static void put_type(const char *type, size_t length, FILE *to)
{
	if (memchr(type, '*', length) || memchr(type, '[', length))
		fprintf(to, "'-', ");
	else
		fprintf(to, "BELAY_PROXY_LETTER(%.*s), ", (int)length, type);
}

/* "LONG a": the type ends where its name begins. */
static void put_parameter(const char *line, size_t length, FILE *to)
{
	const char *name = memrchr(line, ' ', length);

	if (memchr(line, '*', length) || memchr(line, '[', length) || !name)
		put_type(line, length, to);
	else
		put_type(line, (size_t)(name - line), to);
}

static void put_returned(const char *type, size_t length, FILE *to)
{
	if (length == strlen("void") && strncmp(type, "void", length) == 0)
		return;
	if (length == strlen("HRESULT") &&
	    strncmp(type, "HRESULT", length) == 0)
		fprintf(to, "'h', ");
	else
		put_type(type, length, to);
}

void letters_put(const struct idl_index *index, const char *interface,
		 const char *method, size_t method_length, FILE *to)
{
	const char *call = find_method(index, interface, method, method_length);
	const char *type = call, *line;

	/* The remote form of a local method is not in the vtable. */
	if (!call) {
		fprintf(to, "    0,  /* %.*s */\n", (int)method_length, method);
		return;
	}
	while (type[-1] != '\n')
		type--;
	type += strspn(type, " ");
	fprintf(to, "    (const char[]){");
	/* The object is no parameter. */
	line = strchr(call, '\n') + 1;
	while (*line && line[strcspn(line, ",;\n")] == ',') {
		line = strchr(line, '\n') + 1;
		line += strspn(line, " ");
		put_parameter(line, strcspn(line, ",)\n"), to);
	}
	put_returned(type, (size_t)(call - type), to);
	fprintf(to, "0},  /* %.*s */\n", (int)method_length, method);
}
