/* SPDX-License-Identifier: MIT */
/*
 * text.h - numbers and foreign texts as people read them
 *
 * Every function fills `text` and returns it, so that it can stand in a call
 * of printf().
 */
#ifndef BELAY_TOOLS_TEXT_H
#define BELAY_TOOLS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define TEXT_NUMBER 24

/* text_duration() - "640 ns", "12.3 us", "1.05 s", "2 h 05 min" */
char *text_duration(uint64_t ns, char text[TEXT_NUMBER]);

/* text_bytes() - "0", "512 B", "64.0 MiB" */
char *text_bytes(uint64_t bytes, char text[TEXT_NUMBER]);

/* text_s() - the "s" of a plural: nothing for one */
const char *text_s(uint64_t count);

/*
 * text_safe() - a text from a file or a process, fit for a terminal
 *
 * length: of `from`, which need not be terminated; it ends at a null byte.
 * What is not printable ASCII or well-formed UTF-8 becomes '?'.
 */
char *text_safe(const char *from, size_t length, char *text, size_t size);

/*
 * text_shell() - a path as a shell takes it, in quotes where it needs them
 *
 * What does not fit is cut.
 */
char *text_shell(const char *path, char *text, size_t size);

/* text_base() - the last part of a path */
const char *text_base(const char *path);

#endif
