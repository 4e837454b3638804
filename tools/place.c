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
	bool is_method;
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

/*
 * A call begins before the address that it returns to, and so the symbol
 * reader looks there. A method begins at its address.
 */
static void describe(const struct place *place, bool is_method, char *text,
		     size_t size)
{
	const struct belay_symbols *symbols;
	struct place inside = *place;
	char raw[TEXT_SIZE];

	inside.address += is_method;

	if (!place->path[0]) {
		(void)snprintf(text, size, "0x%" PRIx64, place->address);
		return;
	}
	symbols = symbol_reader();
	if (!symbols || !symbols->describe(&inside, raw, sizeof(raw)))
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

static void look_up(const struct place *place, bool is_method, char *text,
		    size_t size)
{
	static struct known cache[KNOWN];
	struct known *known =
		&cache[(place->address * 0x9e3779b1U >> 16) % KNOWN];

	if (!known->text[0] || known->is_method != is_method ||
	    !place_is(&known->place, place)) {
		known->place = *place;
		known->is_method = is_method;
		describe(place, is_method, known->text, sizeof(known->text));
	}
	(void)snprintf(text, size, "%s", known->text);
}

void place_describe(const struct place *place, char *text, size_t size)
{
	look_up(place, false, text, size);
}

void place_describe_method(const struct place *place, char *text, size_t size)
{
	look_up(place, true, text, size);
}
