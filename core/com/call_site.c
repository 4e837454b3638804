/* SPDX-License-Identifier: MIT */
/*
 * call_site.c - where in the program a proxy's method was called
 *
 * libffi's closures store the argument registers in their frame and give us the
 * address of each. Where the return address stands from there on depends on the
 * machine and on libffi's version. So a closure of our own is called from two
 * functions that are known: it is where each time another word stands, which
 * points into the function.
 */
#include "call_site.h"

#include <ffi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <belay/observer.h>

#define WORDS 64         /* of a closure's frame that are looked through */
#define FUNCTION_MAX 256 /* the functions that call it are shorter */

static uint32_t distance; /* 0: not known */

/* No allocation when a thread first comes here; 8 bytes. */
static __thread const void *noted __attribute__((tls_model("initial-exec")));

/* Of a frame that is not ours: to a sanitizer that would be an overrun. */
__attribute__((no_sanitize("address", "thread"))) static uintptr_t
word_at(const void *argument, uint32_t offset)
{
	return *(const volatile uintptr_t *)((const char *)argument + offset);
}

/* --- Finding out --------------------------------------------------------- */

typedef uint64_t (*probe)(void *, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
			  uintptr_t);

/* Not inlined: the closure returns into them. */
__attribute__((noinline)) static uint64_t call_first(probe closure)
{
	return closure(NULL, 0, 0, 0, 0, 0) + 1;
}

__attribute__((noinline)) static uint64_t call_second(probe closure)
{
	return closure(NULL, 0, 0, 0, 0, 0) + 2;
}

/* What a closure keeps its frame in: data is the words of it. */
static void look(ffi_cif *cif, void *result, void **arguments, void *data)
{
	uintptr_t *words = data;

	(void)cif;
	*(ffi_arg *)result = 0;
	for (uint32_t i = 0; i < WORDS; i++)
		words[i] =
			word_at(arguments[0], i * (uint32_t)sizeof(uintptr_t));
}

static bool is_in(uintptr_t word, uint64_t (*function)(probe closure))
{
	uintptr_t from = (uintptr_t)function;

	return word > from && word < from + FUNCTION_MAX;
}

static bool call_both(ffi_closure *closure, void *code)
{
	static ffi_type *types[] = {&ffi_type_pointer, &ffi_type_pointer,
				    &ffi_type_pointer, &ffi_type_pointer,
				    &ffi_type_pointer, &ffi_type_pointer};
	uintptr_t first[WORDS], second[WORDS], words[WORDS];
	probe function = (probe)(uintptr_t)code;
	ffi_cif cif;

	if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 6, &ffi_type_uint64, types) !=
		    FFI_OK ||
	    ffi_prep_closure_loc(closure, &cif, look, words, code) != FFI_OK)
		return false;
	(void)call_first(function);
	memcpy(first, words, sizeof(first));
	(void)call_second(function);
	memcpy(second, words, sizeof(second));
	for (uint32_t i = 1; i < WORDS; i++) {
		if (first[i] == second[i] || !is_in(first[i], call_first) ||
		    !is_in(second[i], call_second))
			continue;
		__atomic_store_n(&distance, i * (uint32_t)sizeof(first[0]),
				 __ATOMIC_RELAXED);
		return true;
	}
	return false;
}

void belayi_call_site_learn(void)
{
	ffi_closure *closure;
	void *code;

	if (__atomic_load_n(&distance, __ATOMIC_RELAXED))
		return;
	closure = ffi_closure_alloc(sizeof(*closure), &code);
	if (!closure)
		return;
	(void)call_both(closure, code);
	ffi_closure_free(closure);
}

/* --- Using it ------------------------------------------------------------ */

void belayi_call_site_note(void *const *arguments)
{
	uint32_t known;

	if (__builtin_expect(!belay_call_is_observed(), 1))
		return;
	/* Relaxed: it was learnt before there was a closure to call. */
	known = __atomic_load_n(&distance, __ATOMIC_RELAXED);
	noted = known ? (const void *)word_at(arguments[0], known) : NULL;
}

void belayi_call_site_set(const void *site)
{
	if (__builtin_expect(belay_call_is_observed(), 0))
		noted = site;
}

const void *belayi_call_site_take(void)
{
	const void *site = noted;

	noted = NULL;
	return site;
}
