/* SPDX-License-Identifier: MIT */
/*
 * record_files.h - whether a record still speaks of the files that are there
 */
#ifndef BELAY_TOOLS_RECORD_FILES_H
#define BELAY_TOOLS_RECORD_FILES_H

#include "record.h"

/*
 * record_files_check() - says which files with call sites of the record are
 * other builds now: the same calls may begin at other addresses
 *
 * name: of the record
 */
void record_files_check(const struct record *record, const char *name);

#endif
