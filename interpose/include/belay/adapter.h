/* SPDX-License-Identifier: MIT */
/*
 * belay/adapter.h - how an adapter turns an API's operations into calls
 *
 * An adapter is a preloaded library that defines the API's functions. Each
 * tells the interposer what begins, completes, is cancelled or finishes, and
 * passes on to the next definition. It exports the API's names and one
 * constant, `belay_adapter`; it links to the interposer and to nothing else.
 *
 * Rules for every function
 *
 *  - Pointers are non-NULL unless said otherwise.
 *  - Every function may be called on any thread and in a signal handler, and
 *    none changes errno, allocates, locks or waits. (A child process's first
 *    call makes its call table; a first call from a module looks it up.)
 *  - A call that cannot be watched (no session, a full table) gets a
 *    belay_ref with a NULL call. All functions take it and do nothing.
 */
#ifndef BELAY_ADAPTER_H
#define BELAY_ADAPTER_H

#if defined(_FILE_OFFSET_BITS) && _FILE_OFFSET_BITS == 64
#error "an adapter is built with -U_FILE_OFFSET_BITS, or it exports the wrong names"
#endif

#include <dlfcn.h>

#include <belay/call.h>
#include <belay/table.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define BELAY_ADAPTER_ABI 1

/*
 * struct belay_adapter - what an adapter exports, as `belay_adapter`
 *
 * abi:        BELAY_ADAPTER_ABI
 * size:       sizeof(struct belay_adapter); members are added at the end
 * name:       the API's usual name, "aio"
 * title:      one line for people
 * library:    the soname of the API's library, or NULL for libc
 * operations: the kinds of call
 */
struct belay_adapter {
	uint32_t abi;
	uint32_t size;
	const char *name;
	const char *title;
	const char *library;
	const struct belay_operation *operations;
	uint32_t operations_count;
};

#define BELAY_EXPORT __attribute__((visibility("default")))

struct belay_next;

/*
 * belay_adapter_known() - says that an adapter is there; BELAY_ADAPTER() does
 *
 * in_order: its belay_next_in_order()
 */
void belay_adapter_known(const struct belay_adapter *adapter,
			 void *(*in_order)(const struct belay_next *next));

/*
 * BELAY_ADAPTER() - defines the exported constant
 *
 * Protected: among several adapters, each means its own. It is made known, too,
 * so that dlsym() finds the wrappers of a library that is opened by hand.
 *
 *     BELAY_ADAPTER(.name = "aio", .title = "POSIX AIO",
 *                   .operations = operations, .operations_count = 4);
 */
#define BELAY_ADAPTER(...)                                                     \
	extern const struct belay_adapter belay_adapter;                       \
	__attribute__((constructor)) static void belay_make_known(void)        \
	{                                                                      \
		belay_adapter_known(&belay_adapter, belay_next_in_order);      \
	}                                                                      \
	__attribute__((visibility("protected")))                               \
	const struct belay_adapter belay_adapter = {                           \
		.abi = BELAY_ADAPTER_ABI,                                      \
		.size = sizeof(struct belay_adapter),                          \
		__VA_ARGS__}

/*
 * struct belay_next - the next definition of a symbol
 *
 * One per symbol, made by BELAY_NEXT_SLOT() or one of its kin. A symbol of
 * libc has one next definition for the whole process. One of another library
 * is resolved for each module that calls it, because a process can hold two
 * libraries that define it.
 */
#define BELAY_NEXT_MODULES 64
struct belay_next {
	const char *symbol;
	const char *version; /* NULL: the default version */
	const char *library; /* soname to try last, or NULL */
	uint32_t missing;    /* nobody defines it, and we have said so */
	void *process_wide;  /* libc's: found once */
	void *of_module[BELAY_NEXT_MODULES];
};

/*
 * BELAY_NEXT_SLOT() - declares the slot of a libc symbol, and looks it up
 * when the adapter is loaded: not in a wrapper, where it might allocate
 */
#define BELAY_NEXT_SLOT(sym) BELAY_NEXT_SLOT_VERSION(sym, sym, NULL)

/* BELAY_NEXT_SLOT_VERSION() - the same, of one version of the symbol */
#define BELAY_NEXT_SLOT_VERSION(name, sym, ver)                                \
	static struct belay_next next_##name = {.symbol = #sym,                \
						.version = (ver)};             \
	__attribute__((constructor)) static void find_##name(void)             \
	{                                                                      \
		(void)belay_next_find(&next_##name);                           \
	}                                                                      \
	_Static_assert(1, "takes the semicolon")

/* BELAY_NEXT_SLOT_OF() - declares the slot of a library's symbol */
#define BELAY_NEXT_SLOT_OF(sym, soname)                                        \
	static struct belay_next next_##sym = {.symbol = #sym,                 \
					       .library = (soname)}

/*
 * BELAY_NEXT() - the next definition of a libc symbol, with the type that its
 * own header gives it
 * BELAY_NEXT_FROM() - of a library's symbol, for the module that `site` is in
 *
 * NULL where nobody defines it: return the API's own failure then. One line
 * on stderr has said so.
 */
#define BELAY_NEXT(sym) ((__typeof__(&(sym)))belay_next_libc(&next_##sym))
#define BELAY_NEXT_FROM(sym, site)                                             \
	((__typeof__(&(sym)))belay_next_from(&next_##sym, (site)))

/* What these are made of; dlsym() goes by the library that calls it, so the
 * parts that look in the search order after the adapter are compiled here. */
uint32_t belay_next_module(const void *site);
void *belay_next_of_caller(const struct belay_next *next, uint32_t module);
void *belay_next_of_library(const struct belay_next *next);
void belay_next_missing(struct belay_next *next);

static inline void *belay_next_in_order(const struct belay_next *next)
{
	void *found = next->version
			      ? dlvsym(RTLD_NEXT, next->symbol, next->version)
			      : dlsym(RTLD_NEXT, next->symbol);

	/* No tail call: the return address says which library asks. */
	__asm__ volatile("" : "+r"(found));
	return found;
}

static inline void *belay_next_find(struct belay_next *next)
{
	void *found = belay_next_in_order(next);

	if (found)
		__atomic_store_n(&next->process_wide, found, __ATOMIC_RELAXED);
	else
		belay_next_missing(next);
	return found;
}

static inline void *belay_next_libc(struct belay_next *next)
{
	void *found = __atomic_load_n(&next->process_wide, __ATOMIC_RELAXED);

	return __builtin_expect(found != NULL, 1) ? found
						  : belay_next_find(next);
}

static inline void *belay_next_find_from(struct belay_next *next,
					 uint32_t module)
{
	void *found = belay_next_of_caller(next, module);

	if (!found)
		found = belay_next_in_order(next);
	if (!found)
		found = belay_next_of_library(next);
	if (!found)
		belay_next_missing(next);
	else if (module && module < BELAY_NEXT_MODULES)
		__atomic_store_n(&next->of_module[module], found,
				 __ATOMIC_RELAXED);
	return found;
}

static inline void *belay_next_from(struct belay_next *next, const void *site)
{
	uint32_t module = belay_next_module(site);
	void *found = NULL;

	if (__builtin_expect(module < BELAY_NEXT_MODULES, 1))
		found = __atomic_load_n(&next->of_module[module],
					__ATOMIC_RELAXED);
	return __builtin_expect(found != NULL, 1)
		       ? found
		       : belay_next_find_from(next, module);
}

/* BELAY_SITE() - where the program called the wrapper that says this */
#define BELAY_SITE() __builtin_return_address(0)

/*
 * BELAY_WRAPPER() - declares a wrapper that has several names or versions
 * BELAY_EXPORTED_AS() - one of them: "aio_read64@@GLIBC_2.34"; a large-file
 * twin is one, too
 *
 * A reference to a version of a symbol is not satisfied by a library that has
 * version nodes but not that one. So a wrapper of a versioned symbol is
 * exported in all of its versions; the nodes stand in the export map. In the
 * object file the wrapper has a name of its own, or the assembler would take
 * its plain name away.
 */
#define BELAY_WRAPPER(sym) extern __typeof__(sym) sym __asm__("belay_" #sym)
#define BELAY_EXPORTED_AS(sym, name) __asm__(".symver belay_" #sym "," name)

/*
 * belay_adapter_outermost() - enters a wrapper of an API whose functions call
 * each other: true on the outermost level of this thread
 *
 * Pair with belay_adapter_leave(); BELAY_GUARD() does both. While it is held
 * the API's inner calls pass straight through, so it must not be held over a
 * wait in which a signal handler may use the API.
 */
bool belay_adapter_outermost(void);
void belay_adapter_leave(const bool *outermost);

#define BELAY_GUARD(name)                                                      \
	__attribute__((cleanup(belay_adapter_leave), unused))                  \
	const bool name = belay_adapter_outermost()

/*
 * belay_adapter_begin() - a call begins: to be said before the real function
 * runs, because the call can complete before it returns
 *
 * Return: true: run the real function, then say belay_adapter_accepted() or
 *         belay_adapter_refused(). *ret_ref is the call.
 *         false: a policy fails it: return *ret_fault the way the API does.
 */
bool belay_adapter_begin(const struct belay_begin *begin,
			 struct belay_ref *ret_ref,
			 struct belay_outcome *ret_fault);

/* belay_adapter_accepted() - the real function took the request */
void belay_adapter_accepted(const struct belay_ref *ref);

/* belay_adapter_refused() - the real function failed; the call is gone */
void belay_adapter_refused(const struct belay_ref *ref, int32_t status);

/*
 * belay_adapter_find() - the call in progress that the API knows by `key`
 *
 * api: the adapter's operations; a key is only looked for among these
 * Return: the newest one, or a belay_ref with a NULL call.
 */
struct belay_ref belay_adapter_find(const struct belay_adapter *adapter,
				    const void *key);

/*
 * belay_adapter_find_oldest() - the same, of an API that queues several calls
 * on one key: the one that was begun first
 */
struct belay_ref belay_adapter_find_oldest(const struct belay_adapter *adapter,
					   const void *key);

/*
 * belay_adapter_keeps() - whether a policy may keep the call's completion
 * back, or change its outcome
 *
 * To be asked between begin and the real function: an API that notifies the
 * program by itself must be kept from doing that. Until the hold is over the
 * program is to be told that the call is pending, however it asks.
 *
 * Return: BELAY_DELIVER: no, treat the call as ever;
 *         BELAY_HOLD: its completion may be held back, for a time or until it
 *         is cancelled, or its outcome be changed;
 *         BELAY_DROP: its completion gets lost.
 */
enum belay_verdict belay_adapter_keeps(const struct belay_ref *ref);

/*
 * belay_adapter_changes() - whether a policy may change the call's outcome
 *
 * For who would rather not say early how a call has ended.
 */
bool belay_adapter_changes(const struct belay_ref *ref);

/*
 * belay_adapter_cancels() - whether a policy may cancel the call, or refuse
 * somebody else that
 */
bool belay_adapter_cancels(const struct belay_ref *ref);

/*
 * belay_adapter_ruled() - whether this process has rules that name calls of an
 * adapter
 *
 * True for the process's whole life, or false. To be asked once, after a Begin.
 */
bool belay_adapter_ruled(const struct belay_adapter *adapter);

/*
 * belay_adapter_unable() - the completion of this one call cannot be kept back
 *
 * Where that is so of all calls, the operation's `faults` says it.
 */
void belay_adapter_unable(const struct belay_ref *ref);

/*
 * belay_adapter_look() - the other side is done: may the program know?
 *
 * To be asked whenever that is seen, before anything of it is shown: by who
 * polls, or by a notification. The first time starts the delay. When the hold
 * is over, the operation's `deliver` and then its `wake` are called, on a
 * thread of Belay's own. The call is PENDING meanwhile and can be cancelled.
 *
 * Return: BELAY_DELIVER: it may; say belay_adapter_completed();
 *         BELAY_HOLD: not yet; whoever cancels is told that it was cancelled;
 *         BELAY_DROP: never; whoever cancels is told that it cannot be.
 */
enum belay_verdict belay_adapter_look(const struct belay_ref *ref);

/*
 * belay_adapter_wait() - sleeps while the completion is kept back
 *
 * deadline_ns: CLOCK_MONOTONIC; UINT64_MAX for none
 * Return: true: the hold is over, or the call is; false: it is late, or a
 *         signal handler ran (errno stays as it was)
 */
bool belay_adapter_wait(const struct belay_ref *ref, uint64_t deadline_ns);

/*
 * belay_adapter_short() - how much of a result a policy leaves
 *
 * For adapters that must put data back which the program is not to get.
 * Return: `result`, or less.
 */
int64_t belay_adapter_short(const struct belay_ref *ref, int64_t result);

/*
 * belay_adapter_thread() - runs it on a new thread of Belay's own: with all
 * signals blocked, on which every wrapper passes straight through
 *
 * For what an API does not tell by itself, and only where a policy needs to
 * know. Allocates. A forked child does not have the thread.
 * Return: 0, or an errno.
 */
int belay_adapter_thread(void (*run)(void));

/* belay_adapter_completed() - the program could see that the call is done */
bool belay_adapter_completed(const struct belay_ref *ref,
			     struct belay_outcome *outcome);

/*
 * belay_adapter_finished() - the program collected the call, or the API ended
 * it; *outcome becomes what the program is to get
 */
bool belay_adapter_finished(const struct belay_ref *ref,
			    struct belay_outcome *outcome);

/*
 * belay_adapter_each() - visits the calls in progress of an adapter
 *
 * visit: called for each, in no order; return false to stop
 */
void belay_adapter_each(const struct belay_adapter *adapter,
			bool (*visit)(const struct belay_ref *ref,
				      const struct belay_slot *slot,
				      void *data),
			void *data);

/*
 * belay_adapter_double() - counts a second Begin on an object in use, where
 * the API lets it through
 */
void belay_adapter_double(void);

/*
 * belay_adapter_say() - one line on stderr, after "belay: "; for what keeps a
 * program waiting or unwatched, never for a call
 */
void belay_adapter_say(const char *text);

/* belay_adapter_slot() - the record of a call: its key, owner, arguments */
const struct belay_slot *belay_adapter_slot(const struct belay_ref *ref);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
