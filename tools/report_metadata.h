/* SPDX-License-Identifier: MIT */
/*
 * report_metadata.h - whether a trace's metadata file is whole
 *
 * libbabeltrace2 2.0.4 reads for ever where a packet of it is cut short.
 */
#ifndef BELAY_TOOLS_REPORT_METADATA_H
#define BELAY_TOOLS_REPORT_METADATA_H

#include <stdbool.h>
#include <stddef.h>

/*
 * metadata_is_whole() - checks the sizes of all its packets
 *
 * Metadata that is plain text has none. What cannot be opened is left to the
 * library, which tells why.
 * Return: false, with what is wrong and where in `why`.
 */
bool metadata_is_whole(const char *path, char *why, size_t size);

/* metadata_is_lttng() - whether LTTng wrote the trace: its packets are known */
bool metadata_is_lttng(const char *path);

#endif
