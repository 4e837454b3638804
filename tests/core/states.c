/* SPDX-License-Identifier: MIT */
/*
 * states.c - the state table, all pairs, against one that was written apart
 */
#include <string.h>

#include "calls.h"

#define STATE_COUNT 8
#define ALL_FLAGS                                                              \
	(BELAYI_CLAIMED | BELAYI_HELD | BELAYI_WAITED | BELAYI_ABANDONED |     \
	 BELAYI_OWED)

/*
 * Rows: from; columns: to, in the order of BELAY_STATES. y: legal; o: legal
 * for an outcome that is not held; x: legal for a Cancel that won the call.
 */
static const char *const legal[STATE_COUNT] = {
	/* IDLE       */ ".y......",
	/* STARTING   */ "..yyy..y",
	/* PENDING    */ "...yy..y",
	/* CANCELWAIT */ "....y..y",
	/* SETTLING   */ ".....ox.",
	/* COMPLETED  */ ".......y",
	/* CANCELED   */ ".......y",
	/* FINISHING  */ "y.......",
};

static const uint64_t turn = 7;

static bool is_legal(int from, int to, uint64_t flags)
{
	bool held = flags & BELAYI_HELD;
	bool abandoned = flags & BELAYI_ABANDONED;

	switch (legal[from][to]) {
	case 'y':
		return true;
	case 'o':
		return !held && !abandoned;
	case 'x':
		return !held && abandoned;
	default:
		return false;
	}
}

static uint64_t expected_word(uint64_t word, int to)
{
	if (to == BELAY_CALL_IDLE)
		return (turn + 1) << 16;
	return turn << 16 | (word & 0xff00) | (uint64_t)to;
}

static void try_move(uint64_t word, int from, int to)
{
	uint64_t before = word;
	uint64_t old = 0;
	bool moved = belayi_advance(&word, turn, (enum belay_state)to, &old);

	if (moved != is_legal(from, to, before))
		fail_msg("%s to %s, flags %#x: %s", belay_state_name(from),
			 belay_state_name(to), (unsigned int)before & 0xff00,
			 moved ? "moved" : "not moved");
	assert_int_equal(word, moved ? expected_word(before, to) : before);
	assert_int_equal(old, moved ? before : 0);
}

static void every_pair_moves_as_the_table_says_whatever_the_flags(void **state)
{
	(void)state;
	for (int from = 0; from < STATE_COUNT; from++)
		for (int to = 0; to < STATE_COUNT; to++)
			for (uint64_t flags = 0; flags <= ALL_FLAGS;
			     flags += 0x100)
				try_move(turn << 16 | flags | (uint64_t)from,
					 from, to);
}

static void every_pair_is_answered_as_the_table_says(void **state)
{
	(void)state;
	for (int from = 0; from < STATE_COUNT; from++)
		for (int to = 0; to < STATE_COUNT; to++)
			assert_int_equal(belayi_allows((enum belay_state)from,
						       (enum belay_state)to),
					 legal[from][to] != '.');
}

static void within_a_turn_a_call_only_moves_down_the_list(void **state)
{
	(void)state;
	for (int from = 0; from < STATE_COUNT; from++)
		for (int to = BELAY_CALL_STARTING; to < STATE_COUNT; to++)
			if (belayi_allows((enum belay_state)from,
					  (enum belay_state)to))
				assert_true(to > from);
}

static void only_finishing_ends_a_turn(void **state)
{
	(void)state;
	for (int from = 0; from < STATE_COUNT; from++)
		assert_int_equal(
			belayi_allows((enum belay_state)from, BELAY_CALL_IDLE),
			from == BELAY_CALL_FINISHING);
}

static void a_word_only_grows(void **state)
{
	(void)state;
	for (int from = 0; from < STATE_COUNT; from++) {
		for (int to = 0; to < STATE_COUNT; to++) {
			uint64_t word = turn << 16 | (unsigned int)from;
			uint64_t before = word;

			if (belayi_advance(&word, turn, (enum belay_state)to,
					   NULL))
				assert_true(word > before);
		}
	}
}

static void another_turn_moves_nothing(void **state)
{
	(void)state;
	for (int from = 0; from < STATE_COUNT; from++) {
		for (int to = 0; to < STATE_COUNT; to++) {
			uint64_t word = turn << 16 | (unsigned int)from;
			uint64_t before = word;

			assert_false(belayi_advance(
				&word, turn - 1, (enum belay_state)to, NULL));
			assert_false(belayi_advance(
				&word, turn + 1, (enum belay_state)to, NULL));
			assert_int_equal(word, before);
		}
	}
}

static void a_number_that_is_no_state_moves_nothing(void **state)
{
	uint64_t word = turn << 16 | 8;

	(void)state;
	for (int to = 0; to < STATE_COUNT; to++)
		assert_false(belayi_advance(&word, turn, (enum belay_state)to,
					    NULL));
	assert_int_equal(word, turn << 16 | 8);
}

static void a_flag_is_set_once_and_never_while_finishing(void **state)
{
	static const uint64_t flags[] = {BELAYI_CLAIMED, BELAYI_HELD,
					 BELAYI_WAITED};

	(void)state;
	for (int at = 0; at < STATE_COUNT; at++) {
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
			uint64_t word = turn << 16 | (unsigned int)at;
			uint64_t marked = word | flags[i];
			bool may = at != BELAY_CALL_FINISHING;

			assert_false(belayi_mark(&word, turn + 1, flags[i]));
			assert_int_equal(belayi_mark(&word, turn, flags[i]),
					 may);
			assert_false(belayi_mark(&word, turn, flags[i]));
			if (may)
				assert_int_equal(word, marked);
		}
	}
}

/*
 * What else writes the word, flags by flags: in which words it succeeds, and
 * what it sets and takes. The state stays, but for belayi_abandon().
 */
struct flagging {
	bool (*try)(uint64_t *word, uint64_t turn);
	bool (*may)(uint64_t word);
	uint64_t sets;
	uint64_t takes;
};

static bool is_settling(uint64_t word)
{
	return (word & 0xff) == BELAY_CALL_SETTLING;
}

static bool may_hold(uint64_t word)
{
	return is_settling(word) && !(word & BELAYI_OWED);
}

static bool may_owe(uint64_t word)
{
	return is_settling(word) && !(word & BELAYI_HELD) &&
	       !(word & BELAYI_ABANDONED);
}

static bool may_unhold(uint64_t word)
{
	return is_settling(word) && (word & BELAYI_HELD);
}

static bool may_abandon(uint64_t word)
{
	uint64_t at = word & 0xff;

	return at == BELAY_CALL_STARTING || at == BELAY_CALL_PENDING ||
	       at == BELAY_CALL_CANCELWAIT || may_unhold(word);
}

static void check_flagging(const struct flagging *flagging, uint64_t before)
{
	uint64_t word = before;
	bool may = flagging->may(before);

	assert_false(flagging->try(&word, turn - 1));
	assert_false(flagging->try(&word, turn + 1));
	assert_int_equal(flagging->try(&word, turn), may);
	assert_int_equal(word & 0xff00, may ? ((before | flagging->sets) &
					       ~flagging->takes & 0xff00)
					    : (before & 0xff00));
	assert_int_equal(word >> 16, turn);
}

static void flags_are_set_only_where_they_mean_something(void **state)
{
	static const struct flagging flaggings[] = {
		{belayi_hold, may_hold, BELAYI_HELD, 0},
		{belayi_owe, may_owe, BELAYI_OWED, 0},
		{belayi_unhold, may_unhold, 0, BELAYI_HELD},
		{belayi_abandon, may_abandon, BELAYI_ABANDONED, BELAYI_HELD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(flaggings) / sizeof(flaggings[0]); i++)
		for (unsigned int at = 0; at < STATE_COUNT; at++)
			for (uint64_t flags = 0; flags <= ALL_FLAGS;
			     flags += 0x100)
				check_flagging(&flaggings[i],
					       turn << 16 | flags | at);
}

static void a_cancel_wins_a_call_once(void **state)
{
	(void)state;
	for (unsigned int at = 0; at < STATE_COUNT; at++) {
		uint64_t word = turn << 16 | at;

		if (!belayi_abandon(&word, turn))
			continue;
		assert_int_equal(word, turn << 16 | BELAYI_ABANDONED |
					       BELAY_CALL_SETTLING);
		assert_false(belayi_abandon(&word, turn));
	}
}

static void states_have_their_names(void **state)
{
	static const char *const names[] = {
		"IDLE",     "STARTING",  "PENDING",  "CANCELWAIT",
		"SETTLING", "COMPLETED", "CANCELED", "FINISHING"};

	(void)state;
	for (unsigned int i = 0; i < STATE_COUNT; i++)
		assert_string_equal(belay_state_name(i), names[i]);
	assert_string_equal(belay_state_name(STATE_COUNT), "?");
	assert_string_equal(belay_state_name(UINT32_MAX), "?");
}

static void a_mirror_reads_like_a_word(void **state)
{
	uint64_t word = 0;

	(void)state;
	belay_call_mirror(&word, 12345, BELAY_CALL_CANCELED);
	assert_int_equal(belay_word_turn(word), 12345);
	assert_int_equal(belay_word_state(word), BELAY_CALL_CANCELED);
}

static void a_mirror_only_moves_on(void **state)
{
	uint64_t word = 0;

	(void)state;
	belay_call_mirror(&word, 5, BELAY_CALL_COMPLETED);
	belay_call_mirror(&word, 5, BELAY_CALL_PENDING);
	assert_int_equal(belay_word_state(word), BELAY_CALL_COMPLETED);
	belay_call_mirror(&word, 6, BELAY_CALL_IDLE);
	belay_call_mirror(&word, 5, BELAY_CALL_CANCELED);
	assert_int_equal(belay_word_turn(word), 6);
	assert_int_equal(belay_word_state(word), BELAY_CALL_IDLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_pair_moves_as_the_table_says_whatever_the_flags),
		cmocka_unit_test(every_pair_is_answered_as_the_table_says),
		cmocka_unit_test(within_a_turn_a_call_only_moves_down_the_list),
		cmocka_unit_test(only_finishing_ends_a_turn),
		cmocka_unit_test(a_word_only_grows),
		cmocka_unit_test(another_turn_moves_nothing),
		cmocka_unit_test(a_number_that_is_no_state_moves_nothing),
		cmocka_unit_test(a_flag_is_set_once_and_never_while_finishing),
		cmocka_unit_test(flags_are_set_only_where_they_mean_something),
		cmocka_unit_test(a_cancel_wins_a_call_once),
		cmocka_unit_test(states_have_their_names),
		cmocka_unit_test(a_mirror_reads_like_a_word),
		cmocka_unit_test(a_mirror_only_moves_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
