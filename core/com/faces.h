/* SPDX-License-Identifier: MIT */
/*
 * faces.h - the interfaces that an import itself has
 */
#ifndef BELAYI_COM_FACES_H
#define BELAYI_COM_FACES_H

#include "import.h"

/* belayi_faces_init() - sets the vtables of a new import */
void belayi_faces_init(struct belayi_import *import);

/*
 * belayi_faces_query() - QueryInterface of an import and all its proxies
 *
 * One message to the object's apartment where the import does not know yet.
 */
HRESULT belayi_faces_query(struct belayi_import *import, REFIID iid,
			   void **ret_object);

/* belayi_faces_know() - whether that takes no message */
bool belayi_faces_know(struct belayi_import *import, REFIID iid);

#endif
