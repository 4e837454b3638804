/* SPDX-License-Identifier: MIT */
/*
 * counted_class.h - the class of counted objects, which tests register
 */
#ifndef TESTS_COM_COUNTED_CLASS_H
#define TESTS_COM_COUNTED_CLASS_H

#include "counted.h"

extern const CLSID CLSID_Counted;

/*
 * struct counted_class - the class object, of which there is one
 *
 * asked: how often, for an object
 * bound: its objects are used on the thread that makes them only
 */
struct counted_class {
	IClassFactory iface;
	uint32_t references;
	uint32_t asked;
	bool bound;
	DWORD cookie;
};

extern struct counted_class counted_class;

/* counted_class_reset() - nobody has asked it yet */
void counted_class_reset(bool bound);

/* For room_run(): in the room's apartment; fail the test where that fails. */
void counted_class_register(void *unused);
void counted_class_revoke(void *unused);

#endif
