/* SPDX-License-Identifier: MIT */
/*
 * classes.h - the class objects that programs registered
 */
#ifndef BELAYI_CLASSES_H
#define BELAYI_CLASSES_H

#include "apartment.h"

/* struct belayi_class - a class object, here or elsewhere */
struct belayi_class {
	IUnknown *object;              /* counted; NULL: it is elsewhere */
	struct belayi_apartment *home; /* then where; counted */
	DWORD cookie;
};

/*
 * belayi_class_find() - a class object to connect to
 *
 * One of this thread's apartment goes before those of others. One that is for
 * a single use is not found again.
 *
 * Return: S_OK; REGDB_E_CLASSNOTREG.
 */
HRESULT belayi_class_find(REFCLSID clsid, DWORD context,
			  struct belayi_class *ret_class);

/*
 * belayi_class_object() - the object of a class of this apartment, counted
 *
 * NULL: there is no such class, or not in this apartment.
 */
IUnknown *belayi_class_object(DWORD cookie);

/* belayi_classes_in_child() - a child after fork has no classes */
void belayi_classes_in_child(void);

#endif
