/* SPDX-License-Identifier: MIT */
/*
 * aio_line.c - what stands in glibc's line for a descriptor
 */
#include "aio_line.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "aio_shadow.h"
#include "aio_wait.h"

/*
 * Descriptors that share a line wait for each other, and are known less: no
 * harm. A forked child, where nobody is in a line, finds the memory zeroed.
 *
 * entering: calls without a shadow, on their way to glibc
 * shadows:  that are on their way to glibc, or its
 * busy:     somebody cancels, or mends the line
 * intruded: how often a shadow joined that had waited long enough for that
 * spoiled:  how often a call without a shadow joined among shadows
 */
struct line {
	uint32_t entering;
	uint32_t shadows;
	uint32_t busy;
	uint32_t intruded;
	uint32_t spoiled;
};

#define LINES 65536U

static struct lines {
	uint64_t clock; /* of who joins, and has joined */
	uint32_t taken;
	struct line all[LINES];
} * lines;

static bool no_rules;

static struct line *line_of(int fd)
{
	return &lines->all[(uint32_t)fd % LINES];
}

static bool any_lines(void)
{
	return __atomic_load_n(&lines, __ATOMIC_ACQUIRE) != NULL;
}

/* Relaxed: who does not see yet what another found out finds it out, too. */
bool belayi_lines_kept(const struct belay_ref *ref)
{
	int saved = errno;
	bool kept;

	if (__builtin_expect(__atomic_load_n(&no_rules, __ATOMIC_RELAXED), 1))
		return false;
	if (any_lines())
		return true;
	/* Before there is a call, the rules may not have been read. */
	if (!ref->call)
		return false;
	if (!belay_adapter_ruled(&belay_adapter)) {
		__atomic_store_n(&no_rules, true, __ATOMIC_RELAXED);
		return false;
	}
	kept = belayi_aio_make((void **)&lines, sizeof(*lines));
	errno = saved;
	return kept;
}

/* --- Waiting ------------------------------------------------------------- */

#define NAP_NS 10000
#define NAPS 2000 /* at most: 20 ms, and what sleeping adds */

/* No cancellation point, as the callers are none. */
static void sleep_a_little(void)
{
	const struct timespec nap = {0, NAP_NS};
	int saved = errno;

	(void)syscall(SYS_nanosleep, &nap, NULL);
	errno = saved;
}

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void add(uint32_t *word)
{
	(void)__atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
}

/* In a child that was forked in between it is 0 already. */
static void subtract(uint32_t *word)
{
	uint32_t count = load(word);

	while (count &&
	       !__atomic_compare_exchange_n(word, &count, count - 1, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

/* --- Begin --------------------------------------------------------------- */

/*
 * Each side says that it comes, then looks for the other. So a call without a
 * shadow sees that one is there, or that shadow waits until it has entered.
 */
bool belayi_line_enter(int fd)
{
	struct line *line = line_of(fd);

	add(&line->entering);
	if (!load(&line->shadows))
		return true;
	subtract(&line->entering);
	return false;
}

void belayi_line_entered(int fd)
{
	subtract(&line_of(fd)->entering);
}

void belayi_line_spoil(int fd)
{
	struct line *line = line_of(fd);

	add(&line->spoiled);
	for (int i = 0; load(&line->busy) && i < NAPS; i++)
		sleep_a_little();
}

static uint64_t next_place(void)
{
	return __atomic_add_fetch(&lines->clock, 1, __ATOMIC_SEQ_CST);
}

/*
 * It is STARTING before it looks whether somebody cancels, who sets that
 * before looking for it. While it waits it is not.
 */
static void start(struct belayi_shadow *s, struct line *line)
{
	belayi_shadow_set(s, BELAYI_SHADOW_STARTING);
	for (int i = 0; load(&line->busy); i++) {
		if (i == NAPS) {
			add(&line->intruded);
			return;
		}
		belayi_shadow_set(s, BELAYI_SHADOW_NEW);
		sleep_a_little();
		belayi_shadow_set(s, BELAYI_SHADOW_STARTING);
	}
}

void belayi_line_join(struct belayi_shadow *s)
{
	struct line *line = line_of(s->cb.aio_fildes);

	add(&line->shadows);
	for (int i = 0; load(&line->entering) && i < NAPS; i++)
		sleep_a_little();
	s->is_sure = !load(&line->entering);
	s->place = next_place();
	__atomic_store_n(&s->settled, 0, __ATOMIC_RELAXED);
	start(s, line);
}

void belayi_line_settled(struct belayi_shadow *s)
{
	__atomic_store_n(&s->settled, next_place(), __ATOMIC_RELAXED);
}

void belayi_line_leave(int fd)
{
	subtract(&line_of(fd)->shadows);
}

/* --- Cancel -------------------------------------------------------------- */

/*
 * No signals: a handler may cancel, too. Threads of ours take none anyway.
 */
bool belayi_line_take(int fd, struct belayi_line_taken *ret_taken)
{
	sigset_t all;

	(void)sigfillset(&all);
	ret_taken->fd = fd;
	(void)pthread_sigmask(SIG_BLOCK, &all, &ret_taken->signals);
	for (int i = 0; i < NAPS; i++) {
		uint32_t free = 0;

		if (__atomic_compare_exchange_n(&lines->taken, &free, 1, false,
						__ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED)) {
			/* The line does not get empty meanwhile: (A). */
			add(&line_of(fd)->shadows);
			__atomic_store_n(&line_of(fd)->busy, 1,
					 __ATOMIC_SEQ_CST);
			return true;
		}
		sleep_a_little();
	}
	(void)pthread_sigmask(SIG_SETMASK, &ret_taken->signals, NULL);
	return false;
}

void belayi_line_let_go(const struct belayi_line_taken *taken)
{
	struct line *line = line_of(taken->fd);

	__atomic_store_n(&line->busy, 0, __ATOMIC_SEQ_CST);
	subtract(&line->shadows);
	__atomic_store_n(&lines->taken, 0, __ATOMIC_SEQ_CST);
	(void)pthread_sigmask(SIG_SETMASK, &taken->signals, NULL);
}

struct seen {
	int fd;
	bool any_starting;
	bool any_unsure;
};

static bool see(const struct belayi_found *found, void *data)
{
	const struct belayi_shadow *s = found->shadow;
	enum belayi_shadow_state state = belayi_shadow_state(s);
	struct seen *seen = data;

	if (s->cb.aio_fildes != seen->fd)
		return true;
	seen->any_starting |= state == BELAYI_SHADOW_STARTING;
	seen->any_unsure |= state < BELAYI_SHADOW_DONE && !s->is_sure;
	return !seen->any_starting;
}

static struct seen look(int fd)
{
	struct seen seen = {fd, false, false};

	belayi_shadow_each(see, &seen);
	return seen;
}

bool belayi_line_is_known(int fd)
{
	struct seen seen = look(fd);

	for (int i = 0; seen.any_starting && i < NAPS; i++) {
		sleep_a_little();
		seen = look(fd);
	}
	return !seen.any_starting && !seen.any_unsure &&
	       !load(&line_of(fd)->spoiled);
}

/* --- Out of the line, and into it again ---------------------------------- */

void belayi_line_insert(struct belayi_shadow **first, struct belayi_shadow *s)
{
	while (*first && (*first)->place < s->place)
		first = &(*first)->behind;
	s->behind = *first;
	*first = s;
}

/* As an element of a list: that queues a sync again, too, as what it is. */
static void queue(struct belayi_shadow *s)
{
	struct aiocb *list[1] = {&s->cb};

	belayi_aio_say(&s->cb, BELAYI_AIO_UNTOUCHED, 0);
	if (belayi_next_lio_listio(LIO_NOWAIT, list, 1, NULL) < 0 &&
	    belayi_shadow_status(&s->cb))
		belayi_aio_say(&s->cb, EAGAIN, -1);
}

void belayi_line_again(struct belayi_shadow *first)
{
	struct belayi_shadow *behind;

	for (struct belayi_shadow *s = first; s; s = behind) {
		struct belayi_shadow *next;

		behind = s->behind; /* the place may be another one's next */
		next = belayi_shadow_replace(s);
		if (next)
			queue(next);
		else
			belayi_aio_say(&s->cb, EAGAIN, -1);
		belayi_shadow_set(next ?: s, BELAYI_SHADOW_RUNNING);
	}
	belayi_wait_stir();
}

struct out {
	int fd;
	const struct belayi_shadow *canceled;
	struct belayi_shadow *first;
};

/*
 * In any order: what one leaves behind that nobody will serve is a shadow, and
 * taken out, too. One that glibc is at stays.
 */
static bool take_out(const struct belayi_found *found, void *data)
{
	struct belayi_shadow *s = found->shadow;
	struct out *out = data;

	if (s == out->canceled || s->cb.aio_fildes != out->fd ||
	    !belayi_shadow_move(found, BELAYI_SHADOW_RUNNING,
				BELAYI_SHADOW_ASKING))
		return true;
	if (belayi_next_aio_cancel(out->fd, &s->cb) == AIO_CANCELED) {
		belayi_line_insert(&out->first, s);
		return true;
	}
	belayi_shadow_set(s, BELAYI_SHADOW_RUNNING);
	belayi_wait_stir();
	return true;
}

/* Who intrudes may have come to stand behind what is taken out after that. */
void belayi_line_mend(int fd, const struct belayi_shadow *canceled)
{
	const struct line *line = line_of(fd);
	int saved = errno;
	uint32_t intruded;

	do {
		struct out out = {fd, canceled, NULL};

		intruded = load(&line->intruded);
		while (look(fd).any_starting)
			sleep_a_little();
		belayi_shadow_each(take_out, &out);
		belayi_line_again(out.first);
	} while (load(&line->intruded) != intruded);
	errno = saved;
}
