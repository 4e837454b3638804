/* SPDX-License-Identifier: MIT */
/*
 * decisions.c - tests: what rules say happens to calls, and to no others
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "modules.h"
#include "ruled.h"

#define CALLS 64

#define RULED(name, text)                                                      \
	static void name##_inside(void);                                       \
	static void name##_ruled(void)                                         \
	{                                                                      \
		rule(text);                                                    \
		name##_inside();                                               \
		house_is_empty();                                              \
	}                                                                      \
	static void name(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		in_house(CALLS, name##_ruled);                                 \
	}                                                                      \
	static void name##_inside(void)

/* --- Outcomes ------------------------------------------------------------ */

RULED(an_error_at_begin_fails_begin,
      "house.read fault error=EAGAIN at=begin when nth=2\n")
{
	struct belay_outcome fault;
	struct belay_ref ref;

	check(call_at(0) == 0);
	check(!begin_at(0, &ref, &fault));
	check(fault.ending == BELAY_FAILED && fault.status == EAGAIN);
	check(!ref.call);
	check(call_at(0) == 0);
	check(counted(1)->fired == 1);
	check(house_counters(READ).calls == 3);
	check(house_counters(READ).refused == 1);
}

RULED(an_error_at_the_end_replaces_the_outcome,
      "house.read fault error=EIO when every=3\n")
{
	struct belay_outcome outcome;
	struct belay_ref ref;

	for (int i = 1; i <= 9; i++) {
		check(begin_at(0, &ref, &outcome));
		outcome = finish(&ref, 4096);
		if (i % 3) {
			check(outcome.ending == BELAY_SUCCEEDED);
			check(outcome.status == 0 && outcome.result == 4096);
		} else {
			check(outcome.ending == BELAY_FAILED);
			check(outcome.status == EIO && outcome.result == -1);
		}
	}
	check(counted(1)->fired == 3);
	check(house_counters(READ).failed == 3);
}

RULED(what_ended_as_cancelled_stays_so, "house.read fault error=EIO\n")
{
	struct belay_outcome outcome = {BELAY_CANCELED, ECANCELED, -1};
	struct belay_ref ref;

	check(begin_at(0, &ref, &(struct belay_outcome){0}));
	belay_call_answered(&ref, BELAY_BY_APPLICATION, BELAY_ANSWER_CANCELED,
			    0);
	check(belay_adapter_finished(&ref, &outcome));
	check(outcome.ending == BELAY_CANCELED && outcome.status == ECANCELED);
}

RULED(a_short_result_is_cut, "house.read fault short=100\n")
{
	struct belay_outcome outcome;
	struct belay_ref ref;

	check(begin_at(0, &ref, &outcome));
	check(belay_adapter_short(&ref, 4096) == 100);
	check(belay_adapter_short(&ref, 99) == 99);
	check(finish(&ref, 4096).result == 100);
	check(begin_at(0, &ref, &outcome));
	check(finish(&ref, 99).result == 99);
}

RULED(a_cancel_can_be_refused, "house.read fault refuse-cancel\n")
{
	struct belay_outcome outcome;
	struct belay_ref ref;

	check(begin_at(0, &ref, &outcome));
	check(!belay_call_allows_cancel(&ref, BELAY_BY_APPLICATION));
	check(belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION) ==
	      E_ACCESSDENIED);
	check(house_cancels == 0);
	(void)finish(&ref, 1);
}

RULED(begin_can_be_made_to_sleep, "house.read fault stall=300ms when nth=1\n")
{
	uint64_t before = now_ms();

	check(call_at(0) == 0);
	check(now_ms() - before >= 299);
	before = now_ms();
	check(call_at(0) == 0);
	check(now_ms() - before < 299);
}

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
      "house.read fault error=EAGAIN if !exe~fio exe~interpose-decisions\n")
{
	check(call_at(0) == EAGAIN);
	check(belayi_policies.count == 1);
}

/* --- Several rules ------------------------------------------------------- */

RULED(the_first_error_wins, "house.read fault error=EIO when every=2\n"
			    "house.read fault error=EAGAIN\n"
			    "house.read fault short=10\n")
{
	check(call_at(0) == EAGAIN);
	check(call_at(0) == EIO);
	check(call_at(0) == EAGAIN);
	check(call_at(0) == EIO);
	check(counted(1)->fired == 2 && counted(1)->shadowed == 0);
	check(counted(2)->fired == 2 && counted(2)->shadowed == 2);
	check(counted(3)->fired == 0 && counted(3)->shadowed == 4);
}

RULED(an_error_wins_over_a_short_result_that_was_first,
      "house.read fault short=10\nhouse.read fault error=EIO when nth=2\n")
{
	check(call_at(0) == 0);
	check(call_at(0) == EIO);
	check(counted(1)->fired == 1 && counted(1)->shadowed == 1);
	check(counted(2)->fired == 1 && counted(2)->shadowed == 0);
}

RULED(what_is_short_enough_is_not_acted_on,
      "house.read fault short=8k\nhouse.read fault short=8k stall=1us\n")
{
	struct belay_outcome outcome;
	struct belay_ref ref;

	check(call_at(0) == 0);
	check(counted(1)->fired == 0 && counted(1)->idle == 1);
	check(counted(2)->fired == 1 && counted(2)->shadowed == 1);
	check(begin_at(0, &ref, &outcome));
	check(finish(&ref, 8193).result == 8192);
	check(counted(1)->fired == 1 && counted(1)->idle == 1);
}

/* An adapter that asks for less from the beginning gets it, and no more. */
RULED(what_was_cut_before_it_began_is_acted_on, "house.write fault short=5\n"
						"house.read fault short=5\n")
{
	struct belay_outcome outcome;
	struct belay_ref ref;

	check(begin_at(0, &ref, &outcome));
	check(belay_adapter_short(&ref, 9) == 5);
	check(belay_adapter_short(&ref, 9) == 5);
	check(finish(&ref, 5).result == 5);
	check(counted(2)->fired == 1 && counted(2)->idle == 0);
}

RULED(rules_that_find_no_room_have_a_count_of_their_own,
      "house.read fault stall=1us\nhouse.read fault stall=1us\n"
      "house.read fault stall=1us\nhouse.read fault stall=1us\n"
      "house.read fault stall=1us\nhouse.read fault stall=1us\n"
      "house.read fault stall=1us\n")
{
	check(call_at(0) == 0);
	check(counted(6)->fired == 1 && counted(6)->crowded == 0);
	check(counted(7)->fired == 0 && counted(7)->crowded == 1);
	check(counted(7)->shadowed == 0);
}

RULED(stalls_add_up,
      "house.read fault stall=15ms\nhouse.read fault stall=15ms\n")
{
	uint64_t before = now_ms();

	check(call_at(0) == 0);
	check(now_ms() - before >= 29);
}

RULED(what_an_operation_cannot_bear_is_not_done,
      "other.read fault short=1\nother.read fault stall=1ms\n")
{
	const struct belay_begin begin = {.operation = OTHER, .key = &errno};
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, 4096};
	struct belay_ref ref;

	check(begin_with(&begin, &ref, &outcome));
	check(belay_adapter_finished(&ref, &outcome));
	check(outcome.result == 4096);
	check(counted(1)->unable == 1 && counted(1)->fired == 0);
	check(counted(2)->unable == 0 && counted(2)->fired == 1);
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

/* --- A session's --------------------------------------------------------- */

static struct belay_rules_state head_of(uint32_t entries)
{
	return (struct belay_rules_state){
		.magic = BELAY_RULES_MAGIC,
		.layout = BELAY_LAYOUT,
		.rules_count = 1,
		.size = sizeof(struct belay_rules_state),
		.began_ns = belay_clock_pair().ns,
		.entries = entries,
	};
}

/* The state's list is behind its head; here there is no room in it. */
static void in_a_session(void)
{
	struct belay_rules_state *head = calloc(1, sizeof(*head));

	check(head);
	*head = head_of(0);
	head->recording = 1;
	head->rules[0].counted = 5;
	rule_in_session("house.* fault error=EIO when nth=7 per=session\n",
			head, NULL, 0);
	check(call_at(0) == 0);
	check(call_at(1) == EIO);
	check(call_at(2) == 0);
	check(counted(1)->counted == 8 && counted(1)->fired == 1);
	check(belayi_policies.state->entries_used == 1);
	free(head);
}

static void processes_of_a_session_count_together(void **state)
{
	(void)state;
	in_house(CALLS, in_a_session);
}

static void what_fires_is_listed_inside(void)
{
	const struct belay_rule_entry *entry;

	rule("house.* fault error=EIO when nth=2\nhouse.* fault stall=1us\n");
	belayi_policies.state->recording = 1;
	check(call_at(0) == 0);
	check(call_at(0) == EIO);
	check(belayi_policies.state->entries_used == 1);
	entry = &belayi_policies.state->list[0];
	check(entry->ready == 1 && entry->kind == BELAY_ENTRY_FIRED);
	check(entry->rule == 1 && entry->n == 2);
	check(entry->pid == (uint32_t)getpid());
	check(strstr(entry->path, "interpose-decisions"));
}

static void what_fires_is_listed(void **state)
{
	(void)state;
	in_house(CALLS, what_fires_is_listed_inside);
}

static int order(const void *a, const void *b)
{
	const struct belay_replay_entry *one = a;
	const struct belay_replay_entry *other = b;

	if (one->site != other->site)
		return one->site < other->site ? -1 : 1;
	return (one->n > other->n) - (one->n < other->n);
}

static void replayed(void)
{
	struct belay_rules_state *head = calloc(1, sizeof(*head));
	struct belay_replay_entry replay[8] = {0};
	const struct belayi_module *module =
		belayi_module(belayi_module_note(place(0)));

	check(head && module);
	for (unsigned int i = 0; i < 8; i++) {
		replay[i].rule = 1;
		replay[i].site = belay_site_hash(
			module->path,
			(uint64_t)(uintptr_t)place(i % 2) - module->base);
		replay[i].n = 1 + 3 * i;
	}
	qsort(replay, 8, sizeof(replay[0]), order);
	*head = head_of(0);
	head->replaying = 1;
	rule_in_session("house.* fault error=EIO when p=0.5\n"
			"house.* fault error=EAGAIN when nth=2\n"
			"house.* fault short=9\n",
			head, replay, 8);
	for (uint64_t n = 1; n < 30; n++)
		for (unsigned int p = 0; p < 2; p++)
			check(call_at(p) ==
			      (n % 3 == 1 && n < 24 && (n / 3) % 2 == p ? EIO
									: 0));
	check(counted(1)->fired == 8 && counted(2)->fired == 0);
	check(counted(3)->fired == 50 && counted(3)->shadowed == 8);
	free(head);
}

static void nothing_replayed(void)
{
	struct belay_rules_state *head = calloc(1, sizeof(*head));
	const struct belay_replay_entry none = {0};

	check(head);
	*head = head_of(0);
	head->replaying = 1;
	rule_in_session("house.* fault error=EIO when nth=1\n"
			"house.* fault short=9\n",
			head, &none, 0);
	for (unsigned int i = 0; i < 3; i++)
		check(call_at(0) == 0);
	check(counted(1)->fired == 0 && counted(2)->fired == 3);
	free(head);
}

static void an_empty_record_makes_nothing_fire(void **state)
{
	(void)state;
	in_house(CALLS, nothing_replayed);
}

static void a_record_says_what_fires(void **state)
{
	(void)state;
	in_house(CALLS, replayed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_at_begin_fails_begin),
		cmocka_unit_test(an_error_at_the_end_replaces_the_outcome),
		cmocka_unit_test(what_ended_as_cancelled_stays_so),
		cmocka_unit_test(a_short_result_is_cut),
		cmocka_unit_test(a_cancel_can_be_refused),
		cmocka_unit_test(begin_can_be_made_to_sleep),
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
		cmocka_unit_test(the_first_error_wins),
		cmocka_unit_test(
			an_error_wins_over_a_short_result_that_was_first),
		cmocka_unit_test(what_is_short_enough_is_not_acted_on),
		cmocka_unit_test(what_was_cut_before_it_began_is_acted_on),
		cmocka_unit_test(
			rules_that_find_no_room_have_a_count_of_their_own),
		cmocka_unit_test(stalls_add_up),
		cmocka_unit_test(what_an_operation_cannot_bear_is_not_done),
		cmocka_unit_test(chance_does_not_depend_on_threads),
		cmocka_unit_test(chance_is_another_for_each_rule_and_place),
		cmocka_unit_test(processes_of_a_session_count_together),
		cmocka_unit_test(what_fires_is_listed),
		cmocka_unit_test(a_record_says_what_fires),
		cmocka_unit_test(an_empty_record_makes_nothing_fire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
