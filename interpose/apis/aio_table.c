/* SPDX-License-Identifier: MIT */
/*
 * aio_table.c - the shadows of a process
 */
#include "aio_table.h"

#include "aio_shadow.h"

#define PLACES 65536U
#define PROBES 32U
#define WORDS (PLACES / 64)

#define STATE_BITS 4

struct belayi_shadows {
	uint32_t alive;
	uint64_t number;
	uint64_t used[WORDS]; /* a bit for each place */
	struct belayi_shadow all[PLACES];
};

struct belayi_shadows *belayi_shadows;

bool belayi_shadows_make(void)
{
	return belayi_aio_make((void **)&belayi_shadows,
			       sizeof(*belayi_shadows));
}

bool belayi_shadow_any(void)
{
	return belayi_shadow_ever() &&
	       __atomic_load_n(&belayi_shadows->alive, __ATOMIC_SEQ_CST);
}

/* --- The word ------------------------------------------------------------ */

static uint64_t word_of(uint64_t number, enum belayi_shadow_state state)
{
	return number << STATE_BITS | (uint64_t)state;
}

static enum belayi_shadow_state state_in(uint64_t word)
{
	return (enum belayi_shadow_state)(word & ((1U << STATE_BITS) - 1));
}

static uint64_t load(const struct belayi_shadow *s)
{
	return __atomic_load_n(&s->word, __ATOMIC_SEQ_CST);
}

uint64_t belayi_shadow_number(const struct belayi_shadow *s)
{
	return load(s) >> STATE_BITS;
}

enum belayi_shadow_state belayi_shadow_state(const struct belayi_shadow *s)
{
	return state_in(load(s));
}

/* The program's block says that it is in progress, or is about to be written. */
static bool is_alive(uint64_t word)
{
	enum belayi_shadow_state state = state_in(word);

	return state >= BELAYI_SHADOW_STARTING && state < BELAYI_SHADOW_ENDED;
}

bool belayi_shadow_is(const struct belayi_found *found)
{
	uint64_t word = load(found->shadow);

	return word >> STATE_BITS == found->number && is_alive(word);
}

bool belayi_shadow_move(const struct belayi_found *found,
			enum belayi_shadow_state from,
			enum belayi_shadow_state to)
{
	uint64_t old = word_of(found->number, from);

	return __atomic_compare_exchange_n(&found->shadow->word, &old,
					   word_of(found->number, to), false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void belayi_shadow_set(struct belayi_shadow *s, enum belayi_shadow_state to)
{
	__atomic_store_n(&s->word, word_of(belayi_shadow_number(s), to),
			 __ATOMIC_SEQ_CST);
}

/* --- The places ---------------------------------------------------------- */

static uint32_t place_of(const struct aiocb *cb, uint32_t probe)
{
	uint64_t hash = (uint64_t)(uintptr_t)cb * UINT64_C(0x9e3779b97f4a7c15);

	return ((uint32_t)(hash >> 48) + probe) % PLACES;
}

static uint64_t bit_of(uint32_t place)
{
	return UINT64_C(1) << place % 64;
}

struct belayi_shadow *belayi_shadow_take(const struct aiocb *cb)
{
	uint64_t number = __atomic_add_fetch(&belayi_shadows->number, 1,
					     __ATOMIC_RELAXED);

	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t place = place_of(cb, i);
		struct belayi_shadow *s = &belayi_shadows->all[place];
		uint64_t empty = BELAYI_SHADOW_FREE;

		if (!__atomic_compare_exchange_n(
			    &s->word, &empty,
			    word_of(number, BELAYI_SHADOW_NEW), false,
			    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			continue;
		(void)__atomic_fetch_or(&belayi_shadows->used[place / 64],
					bit_of(place), __ATOMIC_SEQ_CST);
		(void)__atomic_add_fetch(&belayi_shadows->alive, 1,
					 __ATOMIC_SEQ_CST);
		return s;
	}
	return NULL;
}

bool belayi_shadow_hold(const struct belayi_found *found)
{
	uint32_t *holders = &found->shadow->holders;
	uint32_t count = __atomic_load_n(holders, __ATOMIC_RELAXED);

	do {
		if (!count)
			return false;
	} while (!__atomic_compare_exchange_n(holders, &count, count + 1, false,
					      __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	if (belayi_shadow_is(found))
		return true;
	belayi_shadow_let_go(found->shadow);
	return false;
}

void belayi_shadow_let_go(struct belayi_shadow *s)
{
	uint32_t place = (uint32_t)(s - belayi_shadows->all);

	if (__atomic_sub_fetch(&s->holders, 1, __ATOMIC_ACQ_REL))
		return;
	(void)__atomic_fetch_and(&belayi_shadows->used[place / 64],
				 ~bit_of(place), __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->word, BELAYI_SHADOW_FREE, __ATOMIC_SEQ_CST);
}

void belayi_shadow_ended(struct belayi_shadow *s)
{
	belayi_shadow_set(s, BELAYI_SHADOW_ENDED);
	(void)__atomic_sub_fetch(&belayi_shadows->alive, 1, __ATOMIC_SEQ_CST);
	belayi_shadow_let_go(s);
}

/* --- Finding ------------------------------------------------------------- */

bool belayi_shadow_is_orphan(const struct belay_ref *ref)
{
	return ref->call && belay_call_id(ref) == 0;
}

/* Atomic, for in this place the next shadow may be made. */
static bool is_of(const struct belayi_shadow *s, const struct aiocb *cb,
		  const struct belay_ref *wanted)
{
	const struct belay_ref ref = {
		__atomic_load_n(&s->ref.call, __ATOMIC_RELAXED),
		__atomic_load_n(&s->ref.turn, __ATOMIC_RELAXED),
	};

	if (__atomic_load_n(&s->user, __ATOMIC_RELAXED) != cb)
		return false;
	if (wanted)
		return ref.call == wanted->call && ref.turn == wanted->turn;
	return !belayi_shadow_is_orphan(&ref);
}

struct belayi_found belayi_shadow_find(const struct aiocb *cb,
				       const struct belay_ref *ref)
{
	struct belayi_found newest = {NULL, 0};

	for (uint32_t i = 0; belayi_shadow_any() && i < PROBES; i++) {
		struct belayi_shadow *s = &belayi_shadows->all[place_of(cb, i)];
		uint64_t word = load(s);
		struct belayi_found found = {s, word >> STATE_BITS};

		/* Its number last: then what was looked at was its. */
		if (is_alive(word) && found.number > newest.number &&
		    is_of(s, cb, ref) && belayi_shadow_is(&found))
			newest = found;
	}
	return newest;
}

bool belayi_shadow_has(const struct aiocb *cb)
{
	return belayi_shadow_find(cb, NULL).shadow != NULL;
}

void belayi_shadow_each(bool (*visit)(const struct belayi_found *found,
				      void *data),
			void *data)
{
	for (uint32_t i = 0; belayi_shadow_any() && i < WORDS; i++) {
		uint64_t bits = __atomic_load_n(&belayi_shadows->used[i],
						__ATOMIC_SEQ_CST);

		for (; bits; bits &= bits - 1) {
			uint32_t place =
				i * 64 + (uint32_t)__builtin_ctzll(bits);
			struct belayi_shadow *s = &belayi_shadows->all[place];
			const struct belayi_found found = {
				s, belayi_shadow_number(s)};
			bool goes_on;

			if (!belayi_shadow_hold(&found))
				continue;
			goes_on = visit(&found, data);
			belayi_shadow_let_go(s);
			if (!goes_on)
				return;
		}
	}
}
