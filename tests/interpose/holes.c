/* SPDX-License-Identifier: MIT */
/*
 * holes.c - tests: what has no room in memory is not touched, and no signal
 *
 * A filter makes the kernel refuse to keep room for more, as it does where
 * shared memory is full; or from the start, as a kernel that cannot.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "house.h"
#include "lanes.h"
#include "operations.h"
#include "slots.h"

#define SLOTS 1000
#define FIRST_LANES 16 /* of each kind, see table.c */
#define OLD "old"

static void refuse(void)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_POPULATE_WRITE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EFAULT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {
		.len = sizeof(program) / sizeof(program[0]),
		.filter = program,
	};

	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

static uint32_t reserved(void)
{
	return belayi_process.table->slots_reserved;
}

/* Writes to each: one in a hole would be a signal only where memory is full. */
static uint32_t take_all(struct belayi_thread *thread)
{
	struct belay_slot *slot;
	uint32_t count = 0;

	while ((slot = belayi_slot_take(thread)) != NULL) {
		check(belayi_slot_index(slot) < reserved());
		slot->owner = ++count;
	}
	return count;
}

static void use_all(void)
{
	uint32_t before = reserved();

	check(before < SLOTS);
	errno = ENXIO;
	check(take_all(NULL) == SLOTS);
	check(errno == ENXIO);
	check(reserved() == SLOTS + 1);
}

static void slots_are_reserved_when_they_are_needed(void **state)
{
	(void)state;
	in_house(SLOTS, use_all);
}

static void find_no_more_room(void)
{
	uint32_t before = reserved();

	refuse();
	errno = ENXIO;
	check(take_all(NULL) >= before - 1 - BELAYI_MAGAZINE);
	check(errno == ENXIO);
	check(reserved() == before);
	check(belayi_slots_used() <= before);
}

static void slots_without_room_are_not_used(void **state)
{
	(void)state;
	in_house(SLOTS, find_no_more_room);
}

#define OPERATIONS 40

static uint32_t numbers[OPERATIONS];
static struct belay_operation operations[OPERATIONS];

static void count_each(void)
{
	struct belayi_thread *thread = belayi_thread_enter();

	for (unsigned int i = 0; i < OPERATIONS; i++) {
		operations[i] = house_api.operations[0];
		operations[i].number = &numbers[i];
		belayi_count(thread, belayi_operation_number(&operations[i]),
			     BELAYI_COUNTER(calls));
	}
	belayi_thread_leave(thread);
}

static unsigned int counted(void)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < OPERATIONS; i++)
		count += house_counters(&operations[i]).calls == 1;
	return count;
}

static void count_with_room(void)
{
	count_each();
	check(counted() == OPERATIONS);
}

static void lanes_are_reserved_when_they_are_needed(void **state)
{
	(void)state;
	in_house(10, count_with_room);
}

static bool is_reserved(uint32_t lane)
{
	return belayi_process.table->lanes_reserved[lane / 64] >> lane % 64 & 1;
}

static void count_without_room(void)
{
	refuse();
	count_each();
	for (uint32_t i = 0; i < BELAY_LANES_MAX; i++)
		check(is_reserved(i) ==
		      (i % BELAYI_SHARED_LANES < FIRST_LANES));
	check(belayi_process.table->lost[BELAY_LOST_LANES] > 0);
	check(counted() == FIRST_LANES);
}

static void lanes_without_room_are_not_used(void **state)
{
	(void)state;
	in_house(10, count_without_room);
}

static void use_all_of_an_old_kernel_s(void)
{
	check(reserved() == SLOTS + 1);
	check(take_all(NULL) == SLOTS);
	count_with_room();
}

/* An image of its own, because the kernel is an old one from the start. */
static void a_kernel_that_reserves_nothing_later_reserves_all(void **state)
{
	int status = -1;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		(void)execl("/proc/self/exe", "holes", OLD, NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_are_reserved_when_they_are_needed),
		cmocka_unit_test(slots_without_room_are_not_used),
		cmocka_unit_test(lanes_are_reserved_when_they_are_needed),
		cmocka_unit_test(lanes_without_room_are_not_used),
		cmocka_unit_test(
			a_kernel_that_reserves_nothing_later_reserves_all),
	};

	if (argc > 1 && strcmp(argv[1], OLD) == 0) {
		refuse();
		in_house(SLOTS, use_all_of_an_old_kernel_s);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
