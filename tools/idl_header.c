/* SPDX-License-Identifier: MIT */
/*
 * idl_header.c - what `belay idl` changes in what widl has written
 */
#include "idl_header.h"

#include <string.h>

#define FROM " from "
#define NO_EDIT " - Do not edit"
#define SECTION " * "
#define SECTION_END " interface\n"
#define VOID_CALL "    This->lpVtbl->Begin_"

const char *put_origin(const struct idl *idl, const char *text, FILE *to)
{
	size_t line = strcspn(text, "\n");
	const char *from = memmem(text, line, FROM, strlen(FROM));
	const char *end = memmem(text, line, NO_EDIT, strlen(NO_EDIT));

	if (!from || !end)
		return text;
	fprintf(to, "%.*s%s%s%.*s", (int)(from - text), text, FROM, idl->base,
		(int)(text + line - end), end);
	return text + line;
}

/*
 * The interface whose asynchronous form has its section from this line on, or
 * "".
 */
static void read_section(const char *line, const struct idl_index *index,
			 char interface[NAME_MAX])
{
	const char *name = line + strlen(SECTION "Async");
	size_t length;

	*interface = '\0';
	if (strncmp(line, SECTION "Async", strlen(SECTION "Async")) != 0)
		return;
	length = strcspn(name, " \n");
	if (length < NAME_MAX)
		(void)snprintf(interface, NAME_MAX, "%.*s", (int)length, name);
	if (!idl_has_async(index, interface))
		*interface = '\0';
}

/*
 * A line that declares a Begin_ method: where the type that it returns begins,
 * and where it ends.
 */
static const char *find_type(const char *line, const char *end,
			     const char *interface, const char **ret_end)
{
	char wrapper[2 * NAME_MAX];
	const struct {
		const char *before, *after;
	} forms[] = {
		{"    virtual ", " STDMETHODCALLTYPE Begin_"},
		{"static FORCEINLINE ", wrapper},
		{"    ", " (STDMETHODCALLTYPE *Begin_"},
	};

	(void)snprintf(wrapper, sizeof(wrapper), " Async%s_Begin_", interface);
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		const char *type = line + strlen(forms[i].before);

		if (strncmp(line, forms[i].before, strlen(forms[i].before)) !=
		    0)
			continue;
		*ret_end = memmem(type, (size_t)(end - type), forms[i].after,
				  strlen(forms[i].after));
		return *ret_end ? type : NULL;
	}
	return NULL;
}

/* One line of an asynchronous interface. */
static void put_async_line(const char *line, const char *end,
			   const char *interface, FILE *to)
{
	const char *type_end;
	const char *type = find_type(line, end, interface, &type_end);

	if (type)
		fprintf(to, "%.*sHRESULT%.*s", (int)(type - line), line,
			(int)(end - type_end), type_end);
	else if (strncmp(line, VOID_CALL, strlen(VOID_CALL)) == 0)
		fprintf(to, "    return %.*s", (int)(end - line - 4), line + 4);
	else
		fprintf(to, "%.*s", (int)(end - line), line);
}

void header_complete(const struct idl *idl, const char *header,
		     const struct idl_index *index, FILE *to)
{
	const char *line = put_origin(idl, header, to), *end;
	char interface[NAME_MAX] = "";

	for (; *line; line = end) {
		end = line + strcspn(line, "\n");
		end += *end == '\n';
		if (memmem(line, (size_t)(end - line), SECTION_END,
			   strlen(SECTION_END)))
			read_section(line, index, interface);
		if (*interface)
			put_async_line(line, end, interface, to);
		else
			fprintf(to, "%.*s", (int)(end - line), line);
	}
}
