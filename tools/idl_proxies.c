/* SPDX-License-Identifier: MIT */
/*
 * idl_proxies.c - puts into NAME_p.c what widl leaves out
 *
 * The tables that it adds have the order of the file's own lists. The file's
 * description then points to them: see belay/com/rpcproxy.h.
 */
#include "idl_proxies.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "idl_header.h"
#include "idl_letters.h"
#include "say.h"

#define LIST "_InterfaceNamesList[] =\n{\n"
#define INFO "const ExtendedProxyFileInfo "
#define LOOKUP "_IID_Lookup,\n"
#define ROW "    \""
#define LAST "    2,\n    0,\n    0,\n    0,\n    0\n};"

/* struct proxies - a file, and what was found in it */
struct proxies {
	const struct idl *idl;
	const char *text;
	const struct idl_index *index;
	char token[NAME_MAX + 1]; /* what its tables' names begin with */
	char (*interfaces)[NAME_MAX + 1];
	size_t count;
	bool async; /* one of them has an asynchronous form */
};

static bool read_token(struct proxies *p)
{
	const char *at = strstr(p->text, INFO);
	size_t length;

	if (!at)
		return false;
	at += strlen(INFO);
	length = strcspn(at, " \n");
	if (length <= strlen("_ProxyFileInfo") || length > NAME_MAX)
		return false;
	(void)snprintf(p->token, sizeof(p->token), "%.*s",
		       (int)(length - strlen("_ProxyFileInfo")), at);
	return true;
}

static bool read_interfaces(struct proxies *p)
{
	const char *at = strstr(p->text, LIST);

	if (!at)
		return false;
	at += strlen(LIST);
	while (strncmp(at, ROW, strlen(ROW)) == 0) {
		size_t length = strcspn(at + strlen(ROW), "\"\n");

		if (length > NAME_MAX)
			return false;
		p->interfaces = array_grow(p->interfaces, p->count,
					   sizeof(*p->interfaces));
		(void)snprintf(p->interfaces[p->count], sizeof(*p->interfaces),
			       "%.*s", (int)length, at + strlen(ROW));
		if (idl_has_async(p->index, p->interfaces[p->count]))
			p->async = true;
		p->count++;
		at += strcspn(at, "\n") + 1;
	}
	return strncmp(at, "    0\n};", 8) == 0;
}

/* Rows of its table of offsets: "    0,  / * ICalc::Add * /" */
static bool put_methods(const struct proxies *p, const char *interface,
			FILE *to)
{
	const char *row = idl_find(&p->index->offsets, interface);

	if (!row)
		return false;
	fprintf(to, "static const char *const _%s_%s_Methods[] =\n{\n",
		p->token, interface);
	for (; *row && strncmp(row, "};", 2) != 0; row++) {
		size_t length = strcspn(row, "\n");
		const char *name = memmem(row, length, "::", 2);
		const char *end = memmem(row, length, " */", 3);

		if (!name || !end || end < name)
			return false;
		fprintf(to, "    \"%.*s\",\n", (int)(end - name - 2), name + 2);
		row += length;
	}
	fprintf(to, "    0\n};\n\n");
	return true;
}

/* What widl leaves out of its methods' parameters: a text for each method. */
static void put_letters(const struct proxies *p, const char *interface,
			FILE *to)
{
	const char *row = idl_find(&p->index->offsets, interface);

	fprintf(to, "static const char *const _%s_%s_Letters[] =\n{\n",
		p->token, interface);
	for (; *row && strncmp(row, "};", 2) != 0; row++) {
		size_t length = strcspn(row, "\n");
		const char *name =
			(const char *)memmem(row, length, "::", 2) + 2;
		const char *end = memmem(name, length, " */", 3);

		letters_put(p->index, interface, name, (size_t)(end - name),
			    to);
		row += length;
	}
	fprintf(to, "};\n\n");
}

static bool put_names(const struct proxies *p, FILE *to)
{
	for (size_t i = 0; i < p->count; i++) {
		if (!put_methods(p, p->interfaces[i], to))
			return false;
		put_letters(p, p->interfaces[i], to);
	}
	fprintf(to, "static const char *const *const _%s_Letters[] =\n{\n",
		p->token);
	for (size_t i = 0; i < p->count; i++)
		fprintf(to, "    _%s_%s_Letters,\n", p->token,
			p->interfaces[i]);
	fprintf(to, "    0\n};\n\n");
	fprintf(to, "static const char *const *const _%s_Methods[] =\n{\n",
		p->token);
	for (size_t i = 0; i < p->count; i++)
		fprintf(to, "    _%s_%s_Methods,\n", p->token,
			p->interfaces[i]);
	fprintf(to,
		"    0\n};\n\n"
		"static const struct belay_proxy_names _%s_ProxyNames =\n{\n"
		"    sizeof(struct belay_proxy_names),\n"
		"    BELAY_PROXY_NAMES_MARK,\n"
		"    _%s_Methods,\n"
		"    _%s_Letters\n};\n\n",
		p->token, p->token, p->token);
	return true;
}

static void put_async(const struct proxies *p, FILE *to)
{
	if (!p->async)
		return;
	fprintf(to, "static const IID *_%s_AsyncIIDLookup[] =\n{\n", p->token);
	for (size_t i = 0; i < p->count; i++)
		if (idl_has_async(p->index, p->interfaces[i]))
			fprintf(to, "    &IID_Async%s,\n", p->interfaces[i]);
		else
			fprintf(to,
				"    (const IID *)(LONG_PTR)-1,  /* %s */\n",
				p->interfaces[i]);
	fprintf(to, "};\n\n");
}

static void put_last(const struct proxies *p, FILE *to)
{
	if (p->async)
		fprintf(to, "    6,\n    _%s_AsyncIIDLookup,\n", p->token);
	else
		fprintf(to, "    2,\n    0,\n");
	fprintf(to, "    (LONG_PTR)&_%s_ProxyNames,\n    0,\n    0\n};\n",
		p->token);
}

/* Where a method is not described its proxy is a function. */
static bool check_described(const struct proxies *p)
{
	const char *at = strstr(p->text, "static void __finally_");
	size_t length;

	if (!at)
		return true;
	at += strlen("static void __finally_");
	length = strcspn(at, "(\n");
	if (length > strlen("_Proxy"))
		length -= strlen("_Proxy");
	say("%s: %.*s returns a floating-point number, which widl cannot "
	    "describe; use an [out] parameter",
	    p->idl->file, (int)length, at);
	return false;
}

/* C++ knows no tentative definitions, of which such a file is made. */
static const char *put_head(const struct proxies *p, FILE *to)
{
	const char *rest = put_origin(p->idl, p->text, to);

	fprintf(to, "\n\n#ifdef __cplusplus\n"
		    "#error This file is C: compile it with a C compiler\n"
		    "#endif");
	return rest;
}

/* A file without interfaces: no more than its description. */
static void put_empty(const struct proxies *p, FILE *to)
{
	(void)put_head(p, to);
	fprintf(to,
		"\n\n#define __midl_proxy\n#define USE_STUBLESS_PROXY\n"
		"#include \"rpcproxy.h\"\n\n"
		"/* No interface of this file is marshaled. */\n"
		"const ExtendedProxyFileInfo %s_ProxyFileInfo = {0};\n",
		p->token);
}

static bool put_all(const struct proxies *p, FILE *to)
{
	const char *rest, *info = strstr(p->text, INFO);
	const char *last = info ? strstr(info, LOOKUP) : NULL;

	if (last)
		last = strstr(last, LAST);
	if (!last)
		return false;
	rest = put_head(p, to);
	fprintf(to, "%.*s", (int)(info - rest), rest);
	if (!put_names(p, to))
		return false;
	put_async(p, to);
	fprintf(to, "%.*s", (int)(last - info), info);
	put_last(p, to);
	return true;
}

bool proxies_complete(const struct idl *idl, const char *proxies,
		      const struct idl_index *index, FILE *to)
{
	struct proxies p = {.idl = idl, .text = proxies, .index = index};
	bool good = read_token(&p) && read_interfaces(&p);

	if (good && !check_described(&p)) {
		free(p.interfaces);
		return false;
	}
	if (good && p.count == 0)
		put_empty(&p, to);
	else if (good)
		good = put_all(&p, to);
	free(p.interfaces);
	if (!good)
		say("Cannot complete \"%s_p.c\": this widl, \"%s\", writes it "
		    "in a way that belay does not know",
		    idl->name, idl->widl);
	return good;
}
