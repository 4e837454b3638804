/* SPDX-License-Identifier: MIT */
/*
 * counted.h - an object that tests marshal: how many there are, and references
 *
 * It has ICalc and ICalcMemory, and IIDs that nobody registered.
 */
#ifndef TESTS_COM_COUNTED_H
#define TESTS_COM_COUNTED_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/apartment.h>

#include "calc.h"

/* An interface that the object has and that has no proxy. */
extern const IID counted_unregistered;

/*
 * struct counted - its counts may be read at any time
 *
 * inner: what answers IMarshal instead of the object itself: an aggregate; or
 *        NULL
 * queries: how often it was asked for ICalcMemory
 */
struct counted {
	ICalcMemory calc;
	uint32_t refs;
	uint32_t queries;
	uint32_t wrong_threads; /* Release or QI outside its thread */
	uintptr_t thread;       /* where it may be used; 0: anywhere */
	LONG memory;
	IUnknown *inner;
};

/* counted_register() - makes its interfaces marshalable */
void counted_register(void);

/* counted_new() - with one reference; bound: used on this thread only */
struct counted *counted_new(bool bound);

/* counted_alive() - how many there are now */
uint32_t counted_alive(void);

/* counted_refs() - its references, as others see it */
uint32_t counted_refs(const struct counted *counted);

/* counted_go() - waits until there is none; false: somebody keeps one */
bool counted_go(void);

#endif
