/* SPDX-License-Identifier: MIT */
/*
 * symbols.h - the module that reads functions and lines (symbols.so)
 *
 * Apart from `belay` itself because elfutils takes longer to load than the
 * whole of `belay run true`.
 */
#ifndef BELAY_TOOLS_SYMBOLS_H
#define BELAY_TOOLS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

#include "place.h"

#define BELAY_SYMBOLS_ABI 1

/*
 * struct belay_symbols - what symbols.so exports, as `belay_symbols`
 *
 * describe: fills `text` with "main (reader.c:42)", or "main+0x12" where the
 *           lines are not known. false: there is no symbol for the place, or
 *           the file is not the one that ran.
 */
struct belay_symbols {
	unsigned int abi;
	bool (*describe)(const struct place *place, char *text, size_t size);
};

#endif
