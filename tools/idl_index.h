/* SPDX-License-Identifier: MIT */
/*
 * idl_index.h - where the interfaces stand in what widl has written
 *
 * Looked for once: a file may have thousands of them.
 */
#ifndef BELAY_TOOLS_IDL_INDEX_H
#define BELAY_TOOLS_IDL_INDEX_H

#include <stdbool.h>
#include <stddef.h>

struct idl_place;

/* struct idl_places - the lines of one form, by the names in them */
struct idl_places {
	struct idl_place *all;
	size_t count;
};

/*
 * struct idl_index - of a header, made with async_uuid, and of the proxies,
 * made without it
 *
 * declared: in the header: an interface's definition
 * vtables:  in the header: what follows "typedef struct IXVtbl {\n"
 * listed:   in the proxies: the interfaces that they are for
 * offsets:  in the proxies: the rows of an interface's table of offsets
 */
struct idl_index {
	struct idl_places declared;
	struct idl_places vtables;
	struct idl_places listed;
	struct idl_places offsets;
};

void idl_index_make(struct idl_index *index, const char *header,
		    const char *proxies);
void idl_index_free(struct idl_index *index);

/* idl_find() - what follows the first such line's name and form; or NULL */
const char *idl_find(const struct idl_places *places, const char *name);

/*
 * idl_has_async() - whether the header declares an interface's asynchronous
 * form
 *
 * An interface that only has such a name is among those of the proxies.
 */
bool idl_has_async(const struct idl_index *index, const char *interface);

#endif
