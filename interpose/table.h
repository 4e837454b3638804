/* SPDX-License-Identifier: MIT */
/*
 * table.h - makes and drops the call table of this process
 */
#ifndef BELAYI_TABLE_H
#define BELAYI_TABLE_H

#include "process.h"

/* belayi_private_make() - the private memory; once in a process's life */
bool belayi_private_make(uint32_t slots);

/*
 * belayi_table_make() - makes and maps "calls.PID.STARTTIME"
 *
 * folder:  descriptor of the session's folder
 * path:    its path, for messages
 * ruled:   whether the process may have rules
 * A table that this process left under the name before an exec is added to
 * the summary first.
 * Return: false, and a line on stderr, where it cannot be made; without the
 * line, and with errno == ENOENT, where the folder has been removed.
 */
bool belayi_table_make(int folder, const char *path, uint32_t slots,
		       bool ruled);

/*
 * belayi_table_reserve() - makes the file system keep room for a part of the
 * table, so that touching it is no SIGBUS; for what is not reserved at the start
 *
 * A system call. Return: false where there is no room.
 */
bool belayi_table_reserve(const void *start, size_t size);

/* belayi_table_drop() - removes the file; the mapping stays */
void belayi_table_drop(int folder);

#endif
