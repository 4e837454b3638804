/* SPDX-License-Identifier: MIT */
/*
 * replays.c - tests: rules of a session, the list of what fired, and replaying it
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "modules.h"
#include "ruled.h"

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
	check(strstr(entry->path, "interpose-replays"));
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
		cmocka_unit_test(processes_of_a_session_count_together),
		cmocka_unit_test(what_fires_is_listed),
		cmocka_unit_test(a_record_says_what_fires),
		cmocka_unit_test(an_empty_record_makes_nothing_fire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
