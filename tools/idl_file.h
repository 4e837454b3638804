/* SPDX-License-Identifier: MIT */
/*
 * idl_file.h - the IDL file that `belay idl` was given
 */
#ifndef BELAY_TOOLS_IDL_FILE_H
#define BELAY_TOOLS_IDL_FILE_H

#include "idl_widl.h"

/* idl_cannot() - says that something cannot be done, and errno. Return: false */
bool idl_cannot(const char *what, const char *path);

/* idl_open() - takes the file's name apart, and says if it cannot be read */
bool idl_open(struct idl *idl, const char *file);

#endif
