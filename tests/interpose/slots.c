/* SPDX-License-Identifier: MIT */
/*
 * slots.c - tests: every free slot is given to one, and none is lost
 */
#include "slots.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "house.h"
#include "table.h"

#define SLOTS 1000
#define THREADS 4
#define ROUNDS 20000
#define HELD 60
#define LATE "late"

static uint8_t owned[SLOTS + 1];

static void own(const struct belay_slot *slot)
{
	check(belayi_slot_index(slot) > 0 && belayi_slot_index(slot) <= SLOTS);
	check(__atomic_exchange_n(&owned[belayi_slot_index(slot)], 1,
				  __ATOMIC_RELAXED) == 0);
}

static void disown(const struct belay_slot *slot)
{
	check(__atomic_exchange_n(&owned[belayi_slot_index(slot)], 0,
				  __ATOMIC_RELAXED) == 1);
}

static struct belay_slot *take(void)
{
	struct belayi_thread *thread = belayi_thread_enter();
	struct belay_slot *slot = belayi_slot_take(thread);

	belayi_thread_leave(thread);
	if (slot)
		own(slot);
	return slot;
}

static void give(struct belay_slot *slot)
{
	struct belayi_thread *thread = belayi_thread_enter();

	disown(slot);
	belayi_slot_give(thread, slot);
	belayi_thread_leave(thread);
}

static void take_all(void)
{
	for (int i = 0; i < SLOTS; i++)
		check(take());
	check(!take());
	check(!belayi_slot_take(NULL));
	for (uint32_t i = 1; i <= SLOTS; i++)
		give(&belayi_process.slots[i]);
}

static void every_slot_is_given_once(void **state)
{
	(void)state;
	in_house(SLOTS, take_all);
}

static void take_all_twice(void)
{
	take_all();
	take_all();
	house_is_empty();
}

static void slots_that_were_given_back_are_given_again(void **state)
{
	(void)state;
	in_house(SLOTS, take_all_twice);
}

static void take_without_thread(void)
{
	struct belay_slot *slot;

	for (int i = 0; i < SLOTS; i++) {
		slot = belayi_slot_take(NULL);
		check(slot);
		own(slot);
	}
	check(!belayi_slot_take(NULL));
	check(!take());
	for (uint32_t i = 1; i <= SLOTS; i++) {
		disown(&belayi_process.slots[i]);
		belayi_slot_give(NULL, &belayi_process.slots[i]);
	}
	house_is_empty();
}

static void who_has_no_magazine_gets_all_too(void **state)
{
	(void)state;
	in_house(SLOTS, take_without_thread);
}

static void one_slot(void)
{
	struct belay_slot *slot = take();

	check(slot && !take());
	give(slot);
	check(take() == slot);
	give(slot);
	house_is_empty();
}

static void a_table_of_one_slot_works(void **state)
{
	(void)state;
	in_house(1, one_slot);
}

/* --- Several threads ----------------------------------------------------- */

/* Slots that one thread takes and another gives back. */
static struct belay_slot *passed[64];

static void *churn(void *number)
{
	uint64_t seed = (uintptr_t)number;
	struct belay_slot *held[HELD] = {NULL};

	for (int i = 0; i < ROUNDS; i++) {
		struct belay_slot **at = &held[house_random(&seed, HELD)];
		struct belay_slot **to = &passed[house_random(&seed, 64)];

		if (!*at)
			*at = take();
		else if (house_random(&seed, 2))
			*at = __atomic_exchange_n(to, *at, __ATOMIC_ACQ_REL);
		else {
			give(*at);
			*at = NULL;
		}
	}
	for (int i = 0; i < HELD; i++)
		if (held[i])
			give(held[i]);
	return NULL;
}

static void churn_all(void)
{
	in_threads(THREADS, churn);
	for (int i = 0; i < 64; i++)
		if (passed[i])
			give(passed[i]);
	house_is_empty();
}

static void threads_never_get_the_same_slot(void **state)
{
	(void)state;
	in_house(SLOTS, churn_all);
}

/* Without magazines: the list's head is the same again and again. */
static void *churn_bare(void *number)
{
	struct belay_slot *slots[2];

	(void)number;
	for (int i = 0; i < 10 * ROUNDS; i++) {
		for (int j = 0; j < 2; j++) {
			slots[j] = belayi_slot_take(NULL);
			if (slots[j])
				own(slots[j]);
		}
		for (int j = 0; j < 2; j++) {
			if (!slots[j])
				continue;
			disown(slots[j]);
			belayi_slot_give(NULL, slots[j]);
		}
	}
	return NULL;
}

static void churn_all_bare(void)
{
	in_threads(THREADS, churn_bare);
	house_is_empty();
}

static void a_head_that_comes_back_is_not_mistaken(void **state)
{
	(void)state;
	in_house(5, churn_all_bare);
}

/* Fewer slots than the threads want: the list is empty most of the time. */
static void threads_that_find_none_lose_none(void **state)
{
	(void)state;
	in_house(50, churn_all);
}

static void *take_one_and_end(void *number)
{
	struct belay_slot *slot = take();

	(void)number;
	check(slot);
	give(slot);
	return NULL;
}

static void many_threads_end(void)
{
	for (int i = 0; i < 30; i++)
		in_threads(100, take_one_and_end);
	house_is_empty();
}

static void a_thread_that_ends_gives_its_slots_back(void **state)
{
	(void)state;
	in_house(110, many_threads_end);
}

/* --- A signal handler in the middle -------------------------------------- */

static volatile sig_atomic_t interrupted;

static void handle(int signal)
{
	struct belay_slot *slots[4];

	(void)signal;
	for (int i = 0; i < 4; i++)
		slots[i] = take();
	for (int i = 0; i < 4; i++)
		if (slots[i])
			give(slots[i]);
	interrupted++;
}

static void be_interrupted(void)
{
	const struct itimerval often = {{0, 100}, {0, 100}};
	const struct itimerval never = {{0, 0}, {0, 0}};
	struct belay_slot *held[40];

	(void)signal(SIGALRM, handle);
	(void)setitimer(ITIMER_REAL, &often, NULL);
	while (interrupted < 2000) {
		for (int i = 0; i < 40; i++)
			held[i] = take();
		for (int i = 0; i < 40; i++)
			give(held[i]);
	}
	(void)setitimer(ITIMER_REAL, &never, NULL);
	house_is_empty();
}

static void a_handler_in_the_middle_gets_others(void **state)
{
	(void)state;
	in_house(100, be_interrupted);
}

/* Runs with an empty file for stderr. */
static void come_too_late(void)
{
	char path[] = "/dev/shm/belay-test-XXXXXX";
	int folder;

	check(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(folder >= 0 && rmdir(path) == 0);
	check(!belayi_table_make(folder, path, SLOTS, false));
	check(errno == ENOENT);
	check(lseek(STDERR_FILENO, 0, SEEK_END) == 0);
}

/* An image of its own, because the log only knows the stderr of its start. */
static void a_session_that_ends_meanwhile_is_no_fault(void **state)
{
	int said = memfd_create("stderr", 0);
	int status = -1;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		(void)dup2(said, STDERR_FILENO);
		(void)execl("/proc/self/exe", "slots", LATE, NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	(void)close(said);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_is_given_once),
		cmocka_unit_test(slots_that_were_given_back_are_given_again),
		cmocka_unit_test(who_has_no_magazine_gets_all_too),
		cmocka_unit_test(a_table_of_one_slot_works),
		cmocka_unit_test(threads_never_get_the_same_slot),
		cmocka_unit_test(a_head_that_comes_back_is_not_mistaken),
		cmocka_unit_test(threads_that_find_none_lose_none),
		cmocka_unit_test(a_thread_that_ends_gives_its_slots_back),
		cmocka_unit_test(a_handler_in_the_middle_gets_others),
		cmocka_unit_test(a_session_that_ends_meanwhile_is_no_fault),
	};

	if (argc > 1 && strcmp(argv[1], LATE) == 0) {
		in_house(SLOTS, come_too_late);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
