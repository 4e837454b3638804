/* SPDX-License-Identifier: MIT */
/*
 * place.c - where a call began: an address in an ELF file, and its name
 *
 * The names of a place are looked up once: many calls begin at few places.
 */
#include "place.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "home.h"
#include "say.h"
#include "symbols.h"
#include "text.h"

#define KNOWN 256
#define TEXT_SIZE 256

struct known {
	struct place place;
	char text[TEXT_SIZE];
};

static const struct belay_symbols *load(void)
{
	const struct belay_symbols *symbols;
	const char *why = NULL;

	symbols = home_load("symbols.so", "belay_symbols", &why);
	if (!symbols)
		say("Cannot name functions and lines: %s", why);
	else if (symbols->abi != BELAY_SYMBOLS_ABI)
		say("Cannot name functions and lines: symbols.so is of another "
		    "version of Belay");
	else
		return symbols;
	return NULL;
}

static const struct belay_symbols *symbol_reader(void)
{
	static const struct belay_symbols *symbols;
	static bool tried;

	if (!tried) {
		tried = true;
		symbols = load();
	}
	return symbols;
}

static void describe(const struct place *place, char *text, size_t size)
{
	const struct belay_symbols *symbols;
	char raw[TEXT_SIZE];

	if (!place->path[0]) {
		(void)snprintf(text, size, "0x%" PRIx64, place->address);
		return;
	}
	symbols = symbol_reader();
	if (!symbols || !symbols->describe(place, raw, sizeof(raw)))
		(void)snprintf(raw, sizeof(raw), "%s+0x%" PRIx64,
			       text_base(place->path), place->address);
	(void)text_safe(raw, sizeof(raw), text, size);
}

bool place_is(const struct place *a, const struct place *b)
{
	return a->address == b->address &&
	       a->build_id_size == b->build_id_size &&
	       strcmp(a->path, b->path) == 0 &&
	       memcmp(a->build_id, b->build_id, sizeof(a->build_id)) == 0;
}

void place_describe(const struct place *place, char *text, size_t size)
{
	static struct known cache[KNOWN];
	struct known *known =
		&cache[(place->address * 0x9e3779b1U >> 16) % KNOWN];

	if (!known->text[0] || !place_is(&known->place, place)) {
		known->place = *place;
		describe(place, known->text, sizeof(known->text));
	}
	(void)snprintf(text, size, "%s", known->text);
}
