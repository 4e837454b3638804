/* SPDX-License-Identifier: MIT */
/*
 * contract.c - prints the call contract as the code has it
 *
 * The tables are Markdown, as they stand in docs/call-contract.md. The test
 * `the_contract_is_documented_as_it_is` compares them line by line.
 */
#include <stdio.h>

#include <belay/call.h>

#include "state.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct row {
	const char *name;
	const char *sentence;
};

static void print_rows(const char *head, const struct row *rows, size_t count)
{
	printf("| %s |\n|---|---|\n", head);
	for (size_t i = 0; i < count; i++)
		printf("| `%s` | %s |\n", rows[i].name, rows[i].sentence);
}

static const struct row states[] = {
#define ROW(name, sentence) {#name, sentence},
	BELAY_STATES(ROW)
#undef ROW
};

static void print_moves(void)
{
	printf("| from \\ to |");
	for (size_t to = 0; to < COUNT(states); to++)
		printf(" %s |", states[to].name);
	printf("\n|---|");
	for (size_t to = 0; to < COUNT(states); to++)
		printf(":-:|");
	printf("\n");
	for (size_t from = 0; from < COUNT(states); from++) {
		printf("| `%s` |", states[from].name);
		for (size_t to = 0; to < COUNT(states); to++)
			printf(" %s |", belayi_allows((enum belay_state)from,
						      (enum belay_state)to)
						? "yes"
						: "");
		printf("\n");
	}
}

#define WORD_ROW(name, word, sentence) {word, sentence},

static const struct row modes[] = {BELAY_CANCEL_MODES(WORD_ROW)};
static const struct row answers[] = {BELAY_ANSWERS(WORD_ROW)};
static const struct row endings[] = {BELAY_ENDINGS(WORD_ROW)};

struct status {
	const char *name;
	HRESULT value;
};

/* What a verb of the contract can return or a call can end with. */
static const struct status statuses[] = {
#define STATUS(name)                                                           \
	{                                                                      \
#name, name                                                    \
	}
	STATUS(S_OK),
	STATUS(RPC_E_CALL_PENDING),
	STATUS(RPC_S_CALLPENDING),
	STATUS(RPC_E_CALL_CANCELED),
	STATUS(RPC_E_CALL_COMPLETE),
	STATUS(E_NOINTERFACE),
	STATUS(E_ACCESSDENIED),
	STATUS(E_FAIL),
#undef STATUS
};

int main(void)
{
	print_rows("State | What is true in it", states, COUNT(states));
	print_moves();
	print_rows("Mode | After Cancel", modes, COUNT(modes));
	print_rows("Answer | What it says", answers, COUNT(answers));
	print_rows("Outcome | How the call ended", endings, COUNT(endings));
	for (size_t i = 0; i < COUNT(statuses); i++)
		printf("| `%s` | `0x%08X` |\n", statuses[i].name,
		       (unsigned int)statuses[i].value);
	return 0;
}
