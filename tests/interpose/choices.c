/* SPDX-License-Identifier: MIT */
/*
 * choices.c - tests: which calls rules choose, and no others
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "ruled.h"

/* --- Which calls --------------------------------------------------------- */

RULED(calls_of_other_operations_are_let_be,
      "other.* fault error=EIO force\nhouse.write fault error=EIO force\n")
{
	check(call_at(0) == 0);
	check(counted(1)->fired == 0 && counted(2)->fired == 0);
}

RULED(each_place_counts_for_itself, "house.* fault error=EIO when nth=2\n")
{
	check(call_at(0) == 0);
	check(call_at(1) == 0);
	check(call_at(2) == 0);
	check(call_at(1) == EIO);
	check(call_at(0) == EIO);
	check(call_at(2) == EIO);
	check(call_at(0) == 0);
	check(call_at(1) == 0);
	check(call_at(2) == 0);
	belayi_decisions_fold();
	check(counted(1)->matched == 9 && counted(1)->fired == 3);
}

RULED(a_process_counts_all_places,
      "house.* fault error=EIO when nth=4 per=process\n")
{
	check(call_at(0) == 0);
	check(call_at(1) == 0);
	check(call_at(2) == 0);
	check(call_at(7) == EIO);
	check(call_at(0) == 0);
}

static void *three_calls(void *number)
{
	unsigned int place = (unsigned int)(uintptr_t)number;

	check(call_at(place) == 0);
	check(call_at(place) == EIO);
	check(call_at(place) == 0);
	return NULL;
}

RULED(each_thread_counts_for_itself,
      "house.* fault error=EIO when nth=2 per=thread\n")
{
	in_threads(8, three_calls);
	check(counted(1)->fired == 8);
}

static void *many_calls(void *number)
{
	(void)number;
	for (int i = 0; i < 1000; i++)
		(void)call_at(i % 4);
	return NULL;
}

RULED(once_is_once_for_each_place, "house.* fault error=EIO when once\n")
{
	in_threads(4, many_calls);
	check(counted(1)->fired == 4);
}

RULED(once_in_a_process_is_once,
      "house.* fault error=EIO when once per=process\n")
{
	in_threads(4, many_calls);
	check(counted(1)->fired == 1);
}

RULED(once_in_each_thread_is_once_in_each,
      "house.* fault error=EIO when once calls=3.. per=thread\n")
{
	in_threads(8, many_calls);
	check(counted(1)->fired == 8);
}

static int read_with(uint64_t fd, uint64_t size, const char *text)
{
	const struct belay_begin begin = {
		.operation = READ,
		.key = &fd,
		.site = &begin_at,
		.text = text,
		.args = {fd, size},
	};
	struct belay_outcome outcome;
	struct belay_ref ref;

	check(begin_with(&begin, &ref, &outcome));
	return finish(&ref, 1).status;
}

RULED(conditions_are_about_arguments,
      "house.read fault error=EIO if size>=4k fd=7\n")
{
	check(read_with(7, 4096, NULL) == EIO);
	check(read_with(7, 4095, NULL) == 0);
	check(read_with(8, 4096, NULL) == 0);
	check(counted(1)->fired == 1);
}

RULED(conditions_are_about_texts,
      "house.read fault error=EIO if note~'*UPDATE*'\n")
{
	check(read_with(1, 1, "UPDATE t") == EIO);
	check(read_with(1, 1, "SELECT 1") == 0);
	check(read_with(1, 1, NULL) == 0);
}

RULED(conditions_are_about_what_can_be_asked,
      "house.read fault error=EIO if room~room-?\n")
{
	check(read_with(3, 1, NULL) == EIO);
	check(read_with(33, 1, NULL) == 0);
}

RULED(conditions_are_about_paths,
      "house.read fault error=EIO if path~*/null\n"
      "house.read fault error=EAGAIN if !path~*/null\n")
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	check(fd >= 0);
	errno = 77;
	check(read_with((uint64_t)fd, 1, NULL) == EIO);
	(void)close(fd);
	check(read_with(9999, 1, NULL) == EAGAIN);
	check(errno == 77);
}

RULED(conditions_are_about_callers,
      "house.read fault error=EIO if caller~nowhere*\n"
      "house.read fault error=EAGAIN if caller~interpose-*\n")
{
	check(read_with(1, 1, NULL) == EAGAIN);
}

RULED(conditions_are_about_the_stack,
      "house.read fault error=EIO if !stack~libc.so*\n"
      "house.read fault error=EAGAIN if stack~libc.so* stack~interpose-*\n")
{
	check(read_with(1, 1, NULL) == EAGAIN);
}

static void *named_thread(void *number)
{
	(void)prctl(PR_SET_NAME, number ? "writer" : "reader", 0, 0, 0);
	check(read_with(1, 1, NULL) == (number ? 0 : EIO));
	return NULL;
}

RULED(conditions_are_about_threads,
      "house.read fault error=EIO if thread~rea*\n")
{
	in_threads(2, named_thread);
	check(counted(1)->fired == 1);
}

RULED(rules_for_other_executables_do_not_act,
      "house.read fault error=EIO if exe~fio\n"
      "house.read fault error=EAGAIN if !exe~fio exe~interpose-choices\n")
{
	check(call_at(0) == EAGAIN);
	check(belayi_policies.count == 1);
}

/* --- The same every time ------------------------------------------------- */

#define DRAWS 4000
#define CHANCE "house.* fault error=EIO when p=0.1\n"

/* By two processes: how many of a place's first DRAWS calls fail. */
static uint32_t *failures;

static void *draw(void *number)
{
	(void)number;
	for (int i = 0; i < DRAWS / 16; i++)
		if (call_at(0))
			(void)__atomic_fetch_add(failures, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void draw_alone(void)
{
	rule(CHANCE);
	for (int i = 0; i < 16; i++)
		(void)draw(NULL);
}

static void draw_together(void)
{
	rule(CHANCE);
	in_threads(16, draw);
}

/* Which of a place's calls fail is decided by nothing but their number. */
static void chance_does_not_depend_on_threads(void **state)
{
	uint32_t alone;

	(void)state;
	failures = mmap(NULL, sizeof(*failures), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(failures, MAP_FAILED);
	in_house(CALLS, draw_alone);
	alone = *failures;
	assert_in_range(alone, DRAWS / 10 - 80, DRAWS / 10 + 80);
	*failures = 0;
	in_house(CALLS, draw_together);
	assert_int_equal(*failures, alone);
}

static void other_draws(void)
{
	uint32_t same = 0;

	rule("house.* fault error=EIO when p=0.5\n"
	     "house.* fault error=EAGAIN when p=0.5\n");
	for (int i = 0; i < 1000; i++)
		same += (call_at(0) == EIO) == (call_at(1) == EIO);
	/* Both rules' and both places' draws have nothing to do with each
	 * other: half of them agree. */
	check(same > 430 && same < 570);
	check(counted(2)->shadowed > 430 && counted(2)->shadowed < 570);
}

static void chance_is_another_for_each_rule_and_place(void **state)
{
	(void)state;
	in_house(CALLS, other_draws);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_of_other_operations_are_let_be),
		cmocka_unit_test(each_place_counts_for_itself),
		cmocka_unit_test(a_process_counts_all_places),
		cmocka_unit_test(each_thread_counts_for_itself),
		cmocka_unit_test(once_is_once_for_each_place),
		cmocka_unit_test(once_in_a_process_is_once),
		cmocka_unit_test(once_in_each_thread_is_once_in_each),
		cmocka_unit_test(conditions_are_about_arguments),
		cmocka_unit_test(conditions_are_about_texts),
		cmocka_unit_test(conditions_are_about_what_can_be_asked),
		cmocka_unit_test(conditions_are_about_paths),
		cmocka_unit_test(conditions_are_about_callers),
		cmocka_unit_test(conditions_are_about_the_stack),
		cmocka_unit_test(conditions_are_about_threads),
		cmocka_unit_test(rules_for_other_executables_do_not_act),
		cmocka_unit_test(chance_does_not_depend_on_threads),
		cmocka_unit_test(chance_is_another_for_each_rule_and_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
