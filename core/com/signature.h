/* SPDX-License-Identifier: MIT */
/*
 * signature.h - how methods take their arguments, as libffi knows it
 */
#ifndef BELAYI_COM_SIGNATURE_H
#define BELAYI_COM_SIGNATURE_H

#include <ffi.h>
#include <stdbool.h>
#include <stdint.h>

struct belayi_procedure;
struct belayi_store;
struct belayi_type;

/* So many arguments go in registers, where all are integers or pointers. */
#define BELAYI_REGISTERS 6U

/*
 * struct belayi_signature - one of the three functions of a method
 *
 * count:        arguments, the object is the first
 * params:       of the other ones: which parameter it is
 * value:        what it returns, or NULL
 * in_registers: all of them: libffi is not needed for a call
 */
struct belayi_signature {
	ffi_cif cif;
	ffi_type **types;
	const uint8_t *params;
	const struct belayi_type *value;
	uint32_t count;
	bool in_registers;
};

/*
 * belayi_signatures_make() - a procedure's three signatures
 *
 * Return: S_OK or E_OUTOFMEMORY (or what libffi refuses: E_UNEXPECTED).
 */
int32_t belayi_signatures_make(struct belayi_procedure *procedure,
			       struct belayi_store *store);

#endif
