/* SPDX-License-Identifier: MIT */
/*
 * test_summary.c - adding up, percentiles, and both ways to print them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "summary.h"

static void time_call(struct belay_counters *counters, uint64_t ns)
{
	counters->calls++;
	counters->finished++;
	counters->latency[belay_bucket(ns)]++;
	counters->latency_sum += ns;
	if (ns > counters->latency_max)
		counters->latency_max = ns;
}

static void an_operation_is_found_again_by_its_name(void **state)
{
	struct summary summary = {0};
	char name[16];

	(void)state;
	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < 40; i++) {
			(void)snprintf(name, sizeof(name), "api.%u", i);
			summary_operation(&summary, name)->counters.calls++;
		}
	assert_int_equal(summary.operations_count, 40);
	for (unsigned int i = 0; i < 40; i++)
		assert_int_equal(summary.operations[i].counters.calls, 2);
	summary_deinit(&summary);
	assert_null(summary.operations);
}

static void counters_are_added_and_the_longest_stays(void **state)
{
	struct belay_counters one = {
		.calls = 1,
		.refused = 2,
		.pending = 3,
		.cancels = 4,
		.finished = 5,
		.failed = 6,
		.canceled = 7,
		.uncollected = 8,
		.bytes = 9,
		.latency_sum = 10,
		.latency_max = 11,
		.latency = {[0] = 12, [BELAY_BUCKETS - 1] = 13}};
	struct belay_counters sum = {.latency_max = 5};

	(void)state;
	summary_counters_add(&sum, &one);
	one.latency_max = 3;
	summary_counters_add(&sum, &one);
	assert_int_equal(sum.calls, 2);
	assert_int_equal(sum.refused, 4);
	assert_int_equal(sum.pending, 6);
	assert_int_equal(sum.cancels, 8);
	assert_int_equal(sum.finished, 10);
	assert_int_equal(sum.failed, 12);
	assert_int_equal(sum.canceled, 14);
	assert_int_equal(sum.uncollected, 16);
	assert_int_equal(sum.bytes, 18);
	assert_int_equal(sum.latency_sum, 20);
	assert_int_equal(sum.latency_max, 11);
	assert_int_equal(sum.latency[0], 24);
	assert_int_equal(sum.latency[BELAY_BUCKETS - 1], 26);
}

static void the_percentiles_of_nothing_are_0(void **state)
{
	const struct belay_counters none = {0};

	(void)state;
	assert_int_equal(summary_percentile(&none, 99), 0);
}

static void percentiles_are_within_an_eighth_of_the_exact_ones(void **state)
{
	static const double percents[] = {1, 10, 50, 90, 99, 99.9};
	struct belay_counters counters = {0};

	(void)state;
	for (uint64_t ns = 1; ns <= 100000; ns++)
		time_call(&counters, ns);
	for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++) {
		double exact = percents[i] * 1000;
		double found =
			(double)summary_percentile(&counters, percents[i]);

		/* Evenly spread durations are interpolated exactly, nearly. */
		if (found < exact * 0.99 - 1 || found > exact * 1.01 + 1)
			fail_msg("p%g is %g, not %g", percents[i], found,
				 exact);
	}
	assert_int_equal(summary_percentile(&counters, 100), 100000);
}

static void of_few_calls_high_percentiles_are_the_longest_exactly(void **state)
{
	struct belay_counters counters = {0};

	(void)state;
	time_call(&counters, 50300000);
	assert_int_equal(summary_percentile(&counters, 50), 50300000);
	assert_int_equal(summary_percentile(&counters, 99), 50300000);
	time_call(&counters, 70100000);
	assert_in_range(summary_percentile(&counters, 50), 44000000, 57000000);
	assert_int_equal(summary_percentile(&counters, 90), 70100000);
}

static void no_percentile_is_above_the_longest(void **state)
{
	struct belay_counters counters = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		time_call(&counters, 1025);
	for (double percent = 0; percent <= 100; percent += 0.5)
		assert_in_range(summary_percentile(&counters, percent), 1024,
				1025);
	counters = (struct belay_counters){0};
	time_call(&counters, UINT64_C(1) << 50);
	assert_in_range(summary_percentile(&counters, 99), UINT64_C(1) << 39,
			UINT64_C(1) << 50);
}

static struct summary_unfinished unfinished(const char *operation,
					    uint64_t address, uint64_t count,
					    uint64_t oldest_ns, uint32_t pid)
{
	struct summary_unfinished u = {
		.place = {.address = address},
		.count = count,
		.oldest_ns = oldest_ns,
		.state = pid == 2 ? BELAY_CALL_COMPLETED : BELAY_CALL_PENDING,
		.pid = pid,
	};

	strcpy(u.operation, operation);
	return u;
}

static void
unfinished_calls_of_one_place_are_one_entry_with_its_oldest(void **state)
{
	const struct summary_unfinished all[] = {
		unfinished("aio.read", 16, 1, 100, 1),
		unfinished("aio.read", 16, 2, 200, 2),
		unfinished("aio.read", 16, 4, 150, 3),
		unfinished("aio.read", 17, 1, 100, 1),
		unfinished("aio.write", 16, 1, 100, 1),
	};
	struct summary summary = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		summary_unfinished_add(&summary, &all[i]);
	assert_int_equal(summary.unfinished_count, 3);
	assert_int_equal(summary.unfinished[0].count, 7);
	assert_int_equal(summary.unfinished[0].oldest_ns, 200);
	assert_int_equal(summary.unfinished[0].pid, 2);
	assert_int_equal(summary.unfinished[0].state, BELAY_CALL_COMPLETED);
	summary_deinit(&summary);
}

static char *printed(const struct summary *summary,
		     void (*print)(const struct summary *, FILE *))
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	print(summary, to);
	(void)fclose(to);
	return text;
}

static void make_one_of_everything(struct summary *summary)
{
	const struct summary_unfinished left =
		unfinished("aio.read", 0x1234, 2, 1500000000, 42);
	struct summary_operation *o = summary_operation(summary, "aio.write");

	o->counters.calls = 12;
	o->counters.refused = 1;
	o->counters.pending = 1;
	o = summary_operation(summary, "aio.read");
	for (int i = 0; i < 4; i++)
		time_call(&o->counters, 8);
	o->counters.calls = 1000000;
	o->counters.finished = 7;
	o->counters.uncollected = 3;
	o->counters.canceled = 5;
	o->counters.cancels = 6;
	o->counters.failed = 4;
	o->counters.bytes = 10240;
	o->in_flight = 2;
	summary_unfinished_add(summary, &left);
	summary->processes = 2;
	summary->cost_ns = 65;
	summary->lost[BELAY_LOST_CALLS] = 9;
}

static const char as_text[] =
	"operation    calls  refused  cancelled  failed  in flight   p50   p90 "
	"  p99   max     bytes\n"
	"aio.read   1000000        0          5       4          2  8 ns  8 ns "
	" 8 ns  8 ns  10.0 KiB\n"
	"aio.write       12        2          0       0          0     -     - "
	"    -     -         0\n"
	"aio.write: 1 call refused because one was in progress\n"
	"aio.read: cancels asked for: 6\n"
	"aio.read: 3 completed and never collected\n"
	"Never finished:\n"
	"  aio.read: 2 begun at 0x1234, the oldest 1.50 s ago in process 42, "
	"PENDING\n"
	"Not recorded: 9 times the call table was full (--calls=N makes it "
	"larger)\n"
	"Recording costs about 65 ns a call; latencies near that are mostly "
	"Belay's own.\n";

static void the_text_says_all_that_was_seen(void **state)
{
	struct summary summary = {0};
	char *text;

	(void)state;
	make_one_of_everything(&summary);
	text = printed(&summary, summary_print);
	assert_string_equal(text, as_text);
	free(text);
	summary_deinit(&summary);
}

static void calls_of_unknown_end_get_a_column_of_their_own(void **state)
{
	struct summary summary = {.events_discarded = 77};
	char *text;

	(void)state;
	summary_operation(&summary, "aio.read")->unknown = 3;
	text = printed(&summary, summary_print);
	assert_non_null(strstr(text, "bytes  unknown\n"));
	assert_non_null(strstr(text, "    0        3\n"));
	assert_non_null(strstr(text, "Not traced: 77 events that LTTng "
				     "discarded (--lossless keeps all)\n"));
	free(text);
	summary_deinit(&summary);
}

static void a_hostile_name_does_not_reach_the_terminal(void **state)
{
	struct summary summary = {0};
	char *text;

	(void)state;
	summary_operation(&summary, "a\033[2Jb\n")->counters.calls = 1;
	text = printed(&summary, summary_print);
	assert_non_null(strstr(text, "a?[2Jb?"));
	assert_null(strchr(text, '\033'));
	free(text);
	text = printed(&summary, summary_json);
	assert_non_null(strstr(text, "\"operation\": \"a?[2Jb\\n\""));
	free(text);
	summary_deinit(&summary);
}

static void the_json_says_the_same(void **state)
{
	static const char *const parts[] = {
		"{\n  \"processes\": 2,\n  \"cost_ns\": 65,\n"
		"  \"operations\": [\n    {\n"
		"      \"operation\": \"aio.write\",\n"
		"      \"calls\": 12,\n      \"refused\": 1,\n"
		"      \"refused_pending\": 1,\n      \"cancels\": 0,\n",
		"      \"operation\": \"aio.read\",\n"
		"      \"calls\": 1000000,\n",
		"      \"cancels\": 6,\n      \"finished\": 7,\n"
		"      \"failed\": 4,\n      \"canceled\": 5,\n"
		"      \"uncollected\": 3,\n      \"in_flight\": 2,\n"
		"      \"unknown\": 0,\n      \"bytes\": 10240,\n"
		"      \"latency_ns\": {\n        \"p50\": 8,\n",
		"        \"max\": 8,\n        \"mean\": 8\n      }\n    }\n"
		"  ],\n  \"unfinished\": [\n    {\n"
		"      \"operation\": \"aio.read\",\n      \"count\": 2,\n"
		"      \"place\": \"0x1234\",\n      \"path\": \"\",\n"
		"      \"address\": 4660,\n      \"state\": \"PENDING\",\n"
		"      \"oldest_ns\": 1500000000,\n      \"pid\": 42\n"
		"    }\n  ],\n  \"rules\": [",
		"],\n  \"lost\": {\n    \"calls\": 9,\n",
		"    \"events\": 0\n  }\n}\n",
	};
	struct summary summary = {0};
	const char *at;
	char *text;

	(void)state;
	make_one_of_everything(&summary);
	at = text = printed(&summary, summary_json);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		at = strstr(at, parts[i]);
		if (!at)
			fail_msg("%s\nlacks\n%s", text, parts[i]);
	}
	free(text);
	summary_deinit(&summary);
}

/* Two rules, of which the second could not cancel at two places. */
static void make_rules(struct summary *summary)
{
	static struct {
		struct belay_rules_state head;
		struct belay_rule_entry list[3];
	} state = {
		.head.rules[0] = {.matched = 100,
				  .fired = 10,
				  .shadowed = 2,
				  .crowded = 5,
				  .idle = 3},
		.head.rules[1] = {.fired = 3,
				  .asked = 3,
				  .canceled = 1,
				  .not_canceled = 2,
				  .unable = 4},
		.head.entries_used = 3,
		.list[0] = {.kind = BELAY_ENTRY_FIRED, .rule = 1},
		.list[1] = {.kind = BELAY_ENTRY_NOT_CANCELED,
			    .rule = 2,
			    .address = 0x77,
			    .pid = 5},
		.list[2] = {.kind = BELAY_ENTRY_NOT_CANCELED,
			    .rule = 2,
			    .address = 0x88,
			    .pid = 6},
	};
	struct summary_rules *rules =
		summary_rules(summary, 7, "a.b fault\na.* x\033 y=1\n");

	rules->again = strdup("belay run x");
	summary_rules_state(rules, &state.head);
}

static void what_rules_did_is_told(void **state)
{
	struct summary summary = {0};
	char *text;

	(void)state;
	make_rules(&summary);
	text = printed(&summary, summary_print_rules);
	assert_string_equal(
		text,
		"Rules, with seed 7:\n"
		"  1  a.b fault\n"
		"     acted on 10 of 100 calls that it fits; had nothing to "
		"shorten on 3; gave way to another rule on 2; six rules acted "
		"before it on 5\n"
		"  2  a.* x? y=1\n"
		"     acted on 3 calls; 3 asked to cancel, 1 cancelled; 2 could "
		"not be cancelled; "
		"cannot be done to 4\n"
		"       not cancelled: begun at 0x77 in process 5\n"
		"       not cancelled: begun at 0x88 in process 6\n"
		"To do this again: belay run x\n");
	free(text);
	text = printed(&summary, summary_json);
	assert_non_null(
		strstr(text, "\"seed\": 7,\n      \"again\": \"belay run x\""));
	assert_non_null(strstr(text, "\"rule\": \"a.* x? y=1\""));
	assert_non_null(strstr(text, "\"fired\": 10,\n"));
	assert_non_null(strstr(text, "\"address\": 136,\n"));
	free(text);
	summary_deinit(&summary);
}

static void actions_are_counted_by_rule_and_name(void **state)
{
	struct summary summary = {0};
	struct summary_rules *rules = summary_rules(&summary, 1, "r 1\nr 2");
	char *text;

	(void)state;
	summary_rules_act(rules, 2, "hold", 4);
	summary_rules_act(rules, 2, "stall...", 5);
	summary_rules_act(rules, 2, "hold", 4);
	summary_rules_act(rules, 3, "hold", 4);
	summary_rules_act(rules, 0, "hold", 4);
	for (int i = 0; i < 2 * SUMMARY_ACTIONS; i++)
		summary_rules_act(rules, 1, "abcdefghijklmnopqrstuvwxyzABCDEF",
				  (size_t)i + 1);
	assert_ptr_equal(summary_rules(&summary, 1, "r 1\nr 2"), rules);
	text = printed(&summary, summary_print_rules);
	assert_non_null(strstr(text, "  2  r 2\n     completions held back: 2; "
				     "stalled at Begin: 1\n"));
	free(text);
	summary_deinit(&summary);
}

static void other_rules_or_another_seed_are_another_set(void **state)
{
	struct summary summary = {0};

	(void)state;
	(void)summary_rules(&summary, 1, "a");
	(void)summary_rules(&summary, 2, "a");
	(void)summary_rules(&summary, 1, "b");
	(void)summary_rules(&summary, 2, "a");
	assert_int_equal(summary.rules_count, 3);
	summary_deinit(&summary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_operation_is_found_again_by_its_name),
		cmocka_unit_test(counters_are_added_and_the_longest_stays),
		cmocka_unit_test(the_percentiles_of_nothing_are_0),
		cmocka_unit_test(
			percentiles_are_within_an_eighth_of_the_exact_ones),
		cmocka_unit_test(
			of_few_calls_high_percentiles_are_the_longest_exactly),
		cmocka_unit_test(no_percentile_is_above_the_longest),
		cmocka_unit_test(
			unfinished_calls_of_one_place_are_one_entry_with_its_oldest),
		cmocka_unit_test(the_text_says_all_that_was_seen),
		cmocka_unit_test(
			calls_of_unknown_end_get_a_column_of_their_own),
		cmocka_unit_test(a_hostile_name_does_not_reach_the_terminal),
		cmocka_unit_test(the_json_says_the_same),
		cmocka_unit_test(what_rules_did_is_told),
		cmocka_unit_test(actions_are_counted_by_rule_and_name),
		cmocka_unit_test(other_rules_or_another_seed_are_another_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
