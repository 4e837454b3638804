/* SPDX-License-Identifier: MIT */
/*
 * home.h - where Belay's own files are, installed or in a build tree
 */
#ifndef BELAY_TOOLS_HOME_H
#define BELAY_TOOLS_HOME_H

#include <limits.h>
#include <stddef.h>

/* The folders of Belay's files. */
enum home_folder {
	HOME_CORE,      /* libbelay-call.so.0 */
	HOME_INTERPOSE, /* libbelay-interpose.so.0, adapters */
	HOME_PROVIDER,  /* libbelay-lttng.so */
	HOME_MODULES,   /* symbols.so, trace.so, report.so */
	HOME_POLICIES,  /* fault.so, timeout.so */
	HOME_IDL,       /* unknwn.idl */
};

/*
 * home_path() - the path of a file of Belay's
 *
 * name: "" for the folder itself
 * Return: path
 */
char *home_path(enum home_folder folder, const char *name, char path[PATH_MAX]);

/*
 * home_load() - loads a module of the tool and finds its one symbol
 *
 * Return: the symbol, or NULL, with *ret_why saying why.
 */
void *home_load(const char *module, const char *symbol, const char **ret_why);

#endif
