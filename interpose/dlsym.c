/* SPDX-License-Identifier: MIT */
/*
 * dlsym.c - dlsym() of an API's own library finds the wrappers, too
 *
 * Python's ctypes, and much that loads a library when it is needed, opens it
 * and asks this handle for its functions: past every preload. So what is found
 * in the library of an adapter is exchanged for the adapter's wrapper.
 *
 * A wrapper goes by where it is called from. Such a pointer is called from
 * anywhere, libffi for one, and then there are the order of search and the
 * library's name to go by. Where these do not lead to what the program found
 * (a second copy of the library, a user's preload), the program gets what it
 * found: not seen, but right.
 *
 * RTLD_DEFAULT and RTLD_NEXT find by who asks, and libc takes that from the
 * return address; so these are handed on by a jump. dlvsym() is left alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <gnu/lib-names.h>
#include <string.h>

#include "guard.h"
#include "process.h"
#include "resolve.h"

#define ADAPTERS_MAX 16

static struct known {
	const struct belay_adapter *adapter; /* written last */
	void *(*in_order)(const struct belay_next *next);
} known[ADAPTERS_MAX];

static uint32_t known_count;

/* Who calls before this finds it by itself. */
__attribute__((constructor)) static void find(void)
{
	(void)belayi_dlsym_find();
}

void belay_adapter_known(const struct belay_adapter *adapter,
			 void *(*in_order)(const struct belay_next *next))
{
	uint32_t index = __atomic_fetch_add(&known_count, 1, __ATOMIC_RELAXED);

	if (index >= ADAPTERS_MAX)
		return;
	known[index].in_order = in_order;
	__atomic_store_n(&known[index].adapter, adapter, __ATOMIC_RELEASE);
}

static const char *soname_of(const struct link_map *map)
{
	const ElfW(Dyn) *name = NULL;
	ElfW(Addr) strings = 0;

	for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL;
	     entry++) {
		if (entry->d_tag == DT_SONAME)
			name = entry;
		if (entry->d_tag == DT_STRTAB)
			strings = entry->d_un.d_ptr;
	}
	/* In the kernel's own object this is no address. */
	if (!name || strings < map->l_addr)
		return "";
	return (const char *)strings + name->d_un.d_val;
}

/* Whose library this is; NULL is libc's. */
static bool is_for(const struct known *entry, const char *soname)
{
	const struct belay_adapter *adapter =
		__atomic_load_n(&entry->adapter, __ATOMIC_ACQUIRE);

	return adapter && strcmp(adapter->library ?: LIBC_SO, soname) == 0;
}

static bool is_any(const char *soname)
{
	for (uint32_t i = 0; i < ADAPTERS_MAX; i++)
		if (is_for(&known[i], soname))
			return true;
	return false;
}

/* The adapter that has the wrapper, which is the first of this name. */
static const struct known *adapter_of(const void *wrapper, const char *soname)
{
	const struct link_map *map = belayi_map_of(wrapper);

	for (uint32_t i = 0; map && i < ADAPTERS_MAX; i++)
		if (is_for(&known[i], soname) &&
		    belayi_map_of(known[i].adapter) == map)
			return &known[i];
	return NULL;
}

/* NULL: there is none, or not one that would go on to what was found. */
static void *wrapper_of(const char *name, const void *found, const char *soname,
			const void *site)
{
	void *wrapper = belayi_dlsym()(RTLD_DEFAULT, name);
	const struct known *entry = adapter_of(wrapper, soname);
	struct belay_next next = {.symbol = name};

	if (!entry || belayi_thread_is_inside() || !belayi_live())
		return NULL;
	next.library = entry->adapter->library;
	if (!belayi_resolve_would(&next, found, belayi_map_of(site),
				  entry->in_order))
		return NULL;
	belayi_resolve_pin(found);
	return wrapper;
}

/* dlsym() jumps here: the return address is still the program's. */
__attribute__((used)) void *belayi_dlsym_of_handle(void *handle,
						   const char *name);

void *belayi_dlsym_of_handle(void *handle, const char *name)
{
	void *found = belayi_dlsym()(handle, name);
	int saved = errno;
	const struct link_map *library = found ? belayi_map_of(found) : NULL;
	const char *soname = library ? soname_of(library) : "";
	void *wrapper;

	if (!is_any(soname))
		return found;
	wrapper = wrapper_of(name, found, soname, BELAY_SITE());
	/* What we looked for in vain is not the program's failure. */
	(void)dlerror();
	errno = saved;
	return wrapper ?: found;
}

/* RTLD_DEFAULT is 0, RTLD_NEXT is -1; no other pointer is that small. */
__asm__("	.pushsection .text\n"
	"	.globl dlsym\n"
	"	.type dlsym, @function\n"
	"	.p2align 4\n"
	"dlsym:	.cfi_startproc\n"
	"	endbr64\n"
	"	leaq 1(%rdi), %rax\n"
	"	cmpq $1, %rax\n"
	"	ja belayi_dlsym_of_handle\n"
	"	movq belayi_dlsym_next(%rip), %rax\n"
	"	testq %rax, %rax\n"
	"	jz 1f\n"
	"	jmp *%rax\n"
	"1:	pushq %rdi\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	pushq %rsi\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	subq $8, %rsp\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	call belayi_dlsym_find\n"
	"	addq $8, %rsp\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %rsi\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	popq %rdi\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	jmp *%rax\n"
	"	.cfi_endproc\n"
	"	.size dlsym, . - dlsym\n"
	"	.popsection\n");
