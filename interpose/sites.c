/* SPDX-License-Identifier: MIT */
/*
 * sites.c - places that calls begin at, and the rules that can match there
 *
 * An entry is written whole before it is hung into the table, so that a child
 * that is forked in the middle finds all of it or nothing. Beside the table
 * stands a small cache of one word each, {operation, address}, of places where
 * nothing can match.
 */
#include "sites.h"

#include <errno.h>
#include <sys/mman.h>

#include <belay/adapter.h>

#include "decisions.h"
#include "log.h"
#include "modules.h"
#include "operations.h"

#define SITES 4096 /* half of the table's places */
#define PLACES (2 * SITES)
#define LAST 256
#define MEMORY (256UL << 20) /* address space; pages come when touched */

uint8_t belayi_named[BELAY_OPERATIONS_MAX];
uint64_t belayi_idle_sites[BELAYI_IDLE_SITES];

static struct belayi_site *places[PLACES];

/* The last one that was found of each; with rules. */
static struct belayi_site *found_last[LAST];
static uint32_t used;
static char *memory;
static uint64_t memory_used;

bool belayi_sites_make(void)
{
	void *map = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return false;
	memory = map;
	return true;
}

static void *take_memory(size_t size)
{
	uint64_t at = __atomic_fetch_add(&memory_used, (size + 15) & ~15UL,
					 __ATOMIC_RELAXED);

	return at + size <= MEMORY ? memory + at : NULL;
}

static uint64_t mix(const void *address, uint32_t number)
{
	uint64_t x = (uint64_t)(uintptr_t)address ^ (uint64_t)number << 40;

	x *= UINT64_C(0x9e3779b97f4a7c15);
	return x ^ x >> 32;
}

/* --- Making an entry ----------------------------------------------------- */

static bool names(const struct belayi_rule *rule, uint32_t number)
{
	return belay_rule_names(rule->text, belayi_operation_name(number));
}

static bool add_rule(struct belayi_site *site, struct belayi_rule *rule)
{
	struct belayi_site_rule *to = &site->rules[site->count];
	uint32_t count = rule->text->conditions_count;
	struct belayi_bound *bound = take_memory(sizeof(*bound) * (count + 1));

	if (!bound)
		return false;
	*to = (struct belayi_site_rule){
		.rule = rule,
		.conditions = bound,
		.random = belayi_random_start(site, rule),
	};
	for (uint32_t i = 0; i < count; i++) {
		bound[i] = belayi_condition_bind(&rule->text->conditions[i],
						 site->operation);
		if (!belayi_condition_site(&bound[i], site->address))
			return true;
	}
	to->conditions_count = count;
	site->count++;
	return true;
}

static struct belayi_site *make(const struct belay_begin *begin,
				uint32_t number)
{
	struct belayi_policies *all = &belayi_policies;
	const struct belayi_module *module =
		belayi_module(belayi_module_note(begin->site));
	struct belayi_site *site;
	uint32_t count = 0;

	for (uint32_t i = 0; i < all->count; i++)
		count += names(&all->rules[i], number);
	site = take_memory(sizeof(*site) + sizeof(site->rules[0]) * count);
	if (!site)
		return NULL;
	site->address = begin->site;
	site->operation = begin->operation;
	site->module = module ? module->path : "";
	site->offset = (uint64_t)(uintptr_t)begin->site;
	if (module)
		site->offset -= module->base;
	site->hash = belay_site_hash(site->module, site->offset);
	for (uint32_t i = 0; i < all->count; i++)
		if (names(&all->rules[i], number) &&
		    !add_rule(site, &all->rules[i]))
			return NULL;
	return site;
}

/* --- Finding it ---------------------------------------------------------- */

static bool is_of(const struct belayi_site *site,
		  const struct belay_begin *begin)
{
	return site->address == begin->site &&
	       site->operation == begin->operation;
}

static struct belayi_site *no_room(void)
{
	static uint32_t said;

	if (__atomic_exchange_n(&said, 1, __ATOMIC_RELAXED) == 0)
		belayi_log("Rules do not act at every place: error=\"More "
			   "than %d places begin calls that they name\"",
			   SITES);
	return NULL;
}

/* Whoever hangs a second entry for a place in finds the first one instead. */
static struct belayi_site *find_or_make(const struct belay_begin *begin,
					uint32_t number)
{
	uint64_t at = mix(begin->site, number);
	struct belayi_site *made = NULL;

	for (;; at++) {
		struct belayi_site **place = &places[at % PLACES];
		struct belayi_site *found =
			__atomic_load_n(place, __ATOMIC_ACQUIRE);

		if (!found && !made) {
			if (__atomic_add_fetch(&used, 1, __ATOMIC_RELAXED) >
				    SITES ||
			    !(made = make(begin, number)))
				return no_room();
		}
		if (!found && __atomic_compare_exchange_n(
				      place, &found, made, false,
				      __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
			return made;
		if (is_of(found, begin))
			return found;
	}
}

static bool is_named(uint32_t number)
{
	struct belayi_policies *all = &belayi_policies;
	uint8_t is = BELAYI_NOT_NAMED;

	for (uint32_t i = 0; i < all->count; i++)
		if (names(&all->rules[i], number))
			is = BELAYI_NAMED;
	__atomic_store_n(&belayi_named[number], is, __ATOMIC_RELAXED);
	return is == BELAYI_NAMED;
}

bool belay_adapter_ruled(const struct belay_adapter *adapter)
{
	const struct belayi_policies *all = &belayi_policies;

	for (uint32_t i = 0; i < all->count; i++)
		for (uint32_t k = 0; k < adapter->operations_count; k++)
			if (belay_rule_names_operation(all->rules[i].text,
						       &adapter->operations[k]))
				return true;
	return false;
}

/* last: where the next one looks first */
__attribute__((noinline)) static struct belayi_site *
look_up(const struct belay_begin *begin, uint32_t number,
	struct belayi_site **last)
{
	struct belayi_site *site;
	int saved = errno;

	if (__atomic_load_n(&belayi_named[number], __ATOMIC_RELAXED) !=
		    BELAYI_NAMED &&
	    !is_named(number))
		return NULL;
	site = find_or_make(begin, number);
	errno = saved;
	if (site && site->count) {
		__atomic_store_n(last, site, __ATOMIC_RELEASE);
		return site;
	}
	__atomic_store_n(belayi_idle_site(begin->site),
			 belayi_site_key(begin->site, number),
			 __ATOMIC_RELAXED);
	return NULL;
}

BELAYI_EACH_CALL struct belayi_site *
belayi_site(const struct belay_begin *begin, uint32_t number)
{
	uintptr_t address = (uintptr_t)begin->site;
	struct belayi_site **last =
		&found_last[(address ^ address >> 8) % LAST];
	struct belayi_site *site = __atomic_load_n(last, __ATOMIC_ACQUIRE);

	return __builtin_expect(site && is_of(site, begin), 1)
		       ? site
		       : look_up(begin, number, last);
}
