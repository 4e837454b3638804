/* SPDX-License-Identifier: MIT */
/*
 * verbs.c - every verb in every situation of a call: what it answers, and
 * where it leaves the call
 */
#include <string.h>

#include "calls.h"

/* One verb on one call, on a thread of its own as it may wait. */
struct trial {
	struct belay_call call;
	struct belay_ref ref;
	HRESULT (*verb)(struct trial *trial);
	struct belay_outcome outcome;
	HRESULT answer;
};

static HRESULT begin(struct trial *trial, const struct belay_operation *what)
{
	struct belay_begin how = {.operation = what};
	struct belay_ref ref;

	return belay_call_begin(&trial->call, &how, &ref);
}

static HRESULT begin_x(struct trial *trial)
{
	return begin(trial, &reading);
}

static HRESULT begin_y(struct trial *trial)
{
	return begin(trial, &writing);
}

static HRESULT finish_x(struct trial *trial)
{
	return belay_call_finish(&trial->call, &reading, &trial->outcome);
}

static HRESULT finish_y(struct trial *trial)
{
	return belay_call_finish(&trial->call, &writing, &trial->outcome);
}

static HRESULT wait_0(struct trial *trial)
{
	return belay_call_wait(&trial->ref, 0);
}

static HRESULT wait_5(struct trial *trial)
{
	return belay_call_wait(&trial->ref, 5);
}

static HRESULT wait_infinite(struct trial *trial)
{
	return belay_call_wait(&trial->ref, INFINITE);
}

static HRESULT cancel(struct trial *trial, uint32_t seconds)
{
	return belay_call_cancel(&trial->ref, seconds, BELAY_BY_APPLICATION);
}

static HRESULT cancel_0(struct trial *trial)
{
	return cancel(trial, 0);
}

static HRESULT cancel_n(struct trial *trial)
{
	return cancel(trial, 1000);
}

static HRESULT cancel_infinite(struct trial *trial)
{
	return cancel(trial, (uint32_t)RPC_C_CANCEL_INFINITE_TIMEOUT);
}

static HRESULT test_cancel(struct trial *trial)
{
	return belay_call_test_cancel(&trial->ref);
}

static HRESULT query(struct trial *trial)
{
	struct belay_ref ref;

	return belay_call_query_cancel(&trial->call, &reading, &ref);
}

static HRESULT accept(struct trial *trial)
{
	return belay_call_accept(&trial->ref);
}

static HRESULT refuse(struct trial *trial)
{
	return belay_call_refuse(&trial->ref, E_FAIL);
}

static HRESULT complete(struct trial *trial)
{
	struct belay_outcome outcome = succeeded_with(THE_RESULT);

	return belay_call_complete(&trial->ref, &outcome);
}

static HRESULT release(struct trial *trial)
{
	return belay_call_release(&trial->ref);
}

static HRESULT collect(struct trial *trial)
{
	struct belay_outcome outcome = succeeded_with(THE_RESULT);

	return belay_call_collect(&trial->ref, &outcome);
}

static HRESULT answered(struct trial *trial)
{
	belay_call_answered(&trial->ref, BELAY_BY_APPLICATION,
			    BELAY_ANSWER_CANCELED, 0);
	return S_OK;
}

static HRESULT has_id(struct trial *trial)
{
	return belay_call_id(&trial->ref) != 0;
}

/*
 * What a verb answers, and where the call is then: a column a situation.
 *
 *   answer:  s S_OK, p RPC_E_CALL_PENDING, d RPC_E_CALL_COMPLETE,
 *            c RPC_E_CALL_CANCELED, y true, n false
 *   before:  * it waits until the call is settled; ! it waits in CANCELWAIT
 *   after:   >I IDLE, >S STARTING, >P PENDING, >C COMPLETED, >X CANCELED;
 *            nothing: the call stays as it is
 */
struct row {
	const char *name;
	HRESULT (*verb)(struct trial *trial);
	const char *cells;
};

/* clang-format off */
static const struct row rows[] = {
	/* FRESH START PEND  CLAIM WAIT  SETTL HELD  COMPL CANC  FINI  LEAV  OVER */
	{"begin X", begin_x,
	  "s>S   p     p     p     p     p     p     p     p     p     p     s>S"},
	{"begin Y", begin_y,
	  "s>S   p     p     p     p     p     p     p     p     p     p     s>S"},
	{"finish X", finish_x,
	  "d     *s>I  *s>I  d     *s>I  *s>I  *s>I  s>I   s>I   d     d     d"},
	{"finish Y", finish_y,
	  "d     d     d     d     d     d     d     d     d     d     d     d"},
	{"wait 0", wait_0,
	  "p     p     p     p     p     p     p     s     s     s     s     s"},
	{"wait 5 ms", wait_5,
	  "p     p     p     p     p     p     p     s     s     s     s     s"},
	{"wait infinite", wait_infinite,
	  "*s>C  *s>C  *s>C  *s>C  *s>C  *s>C  *s>C  s     s     s     s     s"},
	{"cancel 0", cancel_0,
	  "d     s>X   s>X   s>X   c     d     s>X   d     c     d     d     d"},
	{"cancel n", cancel_n,
	  "d     !d>C  !d>C  !d>C  c     d     *d>C  d     c     d     d     d"},
	{"cancel infinite", cancel_infinite,
	  "d     !d>C  !d>C  !d>C  c     d     *d>C  d     c     d     d     d"},
	{"test_cancel", test_cancel,
	  "d     p     p     p     c     p     p     p     c     p     c     d"},
	{"query cancel", query,
	  "s     s     s     s     s     s     s     s     s     s     s     s"},
	{"accept", accept,
	  "n     y>P   n     n     n     n     n     n     n     n     n     n"},
	{"refuse", refuse,
	  "n     y>I   y>I   y>I   y>I   n     n     y>I   y>I   n     n     n"},
	{"complete", complete,
	  "n     y>C   y>C   y>C   y>C   n     n     n     n     n     n     n"},
	{"release", release,
	  "n     n     n     n     n     n     y>C   n     n     n     n     n"},
	{"collect", collect,
	  "n     y>I   y>I   y>I   y>I   *y>I  n     y>I   y>I   n     n     n"},
	{"answered", answered,
	  "s     s>X   s>X   s>X   s>X   s     s>X   s     s     s     s     s"},
	{"id", has_id,
	  "n     y     y     y     y     y     y     y     y     y     y     n"},
};
/* clang-format on */

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

struct cell {
	char waits; /* '*', '!' or 0 */
	HRESULT answer;
	bool moves;
	enum belay_state after; /* if it moves */
};

static HRESULT answer_of(char letter)
{
	switch (letter) {
	case 's':
		return S_OK;
	case 'p':
		return RPC_E_CALL_PENDING;
	case 'd':
		return RPC_E_CALL_COMPLETE;
	case 'c':
		return RPC_E_CALL_CANCELED;
	default:
		return letter == 'y';
	}
}

static enum belay_state state_of(char letter)
{
	switch (letter) {
	case 'S':
		return BELAY_CALL_STARTING;
	case 'P':
		return BELAY_CALL_PENDING;
	case 'C':
		return BELAY_CALL_COMPLETED;
	case 'X':
		return BELAY_CALL_CANCELED;
	default:
		return BELAY_CALL_IDLE;
	}
}

static struct cell cell_at(const struct row *row, int at)
{
	const char *text = row->cells;
	struct cell cell = {0};

	for (; at; at--) {
		text = strchr(text, ' ');
		assert_non_null(text);
		text += strspn(text, " ");
	}
	if (*text == '*' || *text == '!')
		cell.waits = *text++;
	assert_non_null(strchr("spdcyn", *text));
	cell.answer = answer_of(*text++);
	cell.moves = *text == '>';
	if (cell.moves)
		cell.after = state_of(text[1]);
	return cell;
}

static void run_trial(void *argument)
{
	struct trial *trial = argument;

	trial->answer = trial->verb(trial);
}

/* What went on, for people, when a cell is not as the table says. */
static void check(const struct row *row, enum situation at, const char *what,
		  int64_t found, int64_t expected)
{
	if (found != expected)
		fail_msg("%s in %s: %s is %#llx, not %#llx", row->name,
			 situation_names[at], what, (long long)found,
			 (long long)expected);
}

static void check_waiting(const struct row *row, enum situation at,
			  struct trial *trial, struct runner *runner,
			  enum belay_state during)
{
	until(is_waited(&trial->call));
	check(row, at, "state while waiting", belay_call_state(&trial->call),
	      during);
	check(row, at, "returned early", runner_returned(runner), 0);
	settle(&trial->ref, at);
}

static void check_cell(const struct row *row, enum situation at)
{
	struct cell cell = cell_at(row, at);
	struct trial trial = {.verb = row->verb};
	struct runner runner;
	enum belay_state before;

	trial.ref = reach(&trial.call, at);
	before = belay_call_state(&trial.call);
	if (cell.waits) {
		runner_start(&runner, run_trial, &trial);
		check_waiting(row, at, &trial, &runner,
			      cell.waits == '!' ? BELAY_CALL_CANCELWAIT
						: before);
		runner_join(&runner);
	} else {
		run_trial(&trial);
	}
	check(row, at, "answer", trial.answer, cell.answer);
	check(row, at, "state", belay_call_state(&trial.call),
	      cell.moves ? cell.after : before);
	if (trial.verb == finish_x && trial.answer == S_OK && at != AT_CANCELED)
		check(row, at, "result", trial.outcome.result, THE_RESULT);
}

static void every_verb_answers_as_the_contract_says_in_every_state(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROW_COUNT; row++)
		for (int at = 0; at < SITUATION_COUNT; at++)
			check_cell(&rows[row], (enum situation)at);
}

/* A verb that changes nothing leaves the whole word alone, flags too. */
static void what_is_refused_changes_nothing(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROW_COUNT; row++) {
		for (int at = 0; at < SITUATION_COUNT; at++) {
			struct cell cell = cell_at(&rows[row], at);
			struct trial trial = {.verb = rows[row].verb};
			struct belay_call before;

			if (cell.waits || cell.moves)
				continue;
			trial.ref = reach(&trial.call, (enum situation)at);
			before = trial.call;
			run_trial(&trial);
			before.cancels = trial.call.cancels;
			before.word |=
				trial.call.word & (BELAYI_WAITED | BELAYI_OWED);
			assert_memory_equal(&before, &trial.call,
					    sizeof(before));
		}
	}
}

static void finish_of_a_cancelled_call_says_so(void **state)
{
	struct belay_outcome outcome;
	struct belay_call call;

	(void)state;
	(void)reach(&call, AT_CANCELED);
	assert_int_equal(belay_call_finish(&call, &reading, &outcome), S_OK);
	assert_int_equal(outcome.ending, BELAY_CANCELED);
	assert_int_equal(outcome.status, RPC_E_CALL_CANCELED);
	assert_int_equal(outcome.result, 0);
}

static void a_finished_object_takes_another_call(void **state)
{
	struct belay_begin begin = {.operation = &writing};
	struct belay_outcome outcome = succeeded_with(1);
	struct belay_call call;
	struct belay_ref first = reach(&call, AT_OVER);
	struct belay_ref second;

	(void)state;
	assert_int_equal(belay_call_begin(&call, &begin, &second), S_OK);
	assert_int_equal(second.turn, first.turn + 1);
	assert_int_equal(belay_call_wait(&second, 0), RPC_S_CALLPENDING);
	assert_true(belay_call_complete(&second, &outcome));
	assert_int_equal(belay_call_finish(&call, &reading, &outcome),
			 RPC_E_CALL_COMPLETE);
	assert_int_equal(belay_call_finish(&call, &writing, &outcome), S_OK);
	assert_int_equal(outcome.result, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_verb_answers_as_the_contract_says_in_every_state),
		cmocka_unit_test(what_is_refused_changes_nothing),
		cmocka_unit_test(finish_of_a_cancelled_call_says_so),
		cmocka_unit_test(a_finished_object_takes_another_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
