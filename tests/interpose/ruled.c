/* SPDX-License-Identifier: MIT */
/*
 * ruled.c - a house with rules, for tests of what they do
 */
#include "ruled.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deadlines.h"
#include "pipeline.h"

#define SEED 42

/* Addresses in this program: the sites of calls. */
static const char places[16];

static void write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	check(close(fd) == 0);
}

static void load(const char *path, int folder)
{
	struct belayi_rules_source source = {
		.path = path,
		.folders = getenv("POLICIES"),
		.seed = SEED,
		.folder = folder,
	};
	uint32_t slots = belayi_process.slots_count;

	check(belayi_policies_load(&source));
	check(belayi_sites_make());
	check(belayi_deadlines_make(slots, belayi_timing_due));
	check(belayi_decisions_make(slots));
	belay_call_observe(&belayi_pipeline_with_rules);
}

void rule_in_session(const char *text, const struct belay_rules_state *head,
		     const struct belay_replay_entry *replay, size_t count)
{
	char folder[] = "/dev/shm/belay-test-XXXXXX";
	int fd;

	check(mkdtemp(folder));
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(fd >= 0 && fchdir(fd) == 0);
	write_file("rules", text, strlen(text));
	if (head)
		write_file("rules.state", head, head->size);
	if (replay)
		write_file("replay", replay, sizeof(*replay) * count);
	load("rules", fd);
	(void)unlink("rules");
	(void)unlink("rules.state");
	(void)unlink("replay");
	(void)close(fd);
	(void)rmdir(folder);
}

void rule(const char *text)
{
	rule_in_session(text, NULL, NULL, 0);
}

const struct belay_rule_state *counted(uint32_t number)
{
	return &belayi_policies.state->rules[number - 1];
}

bool begin_with(const struct belay_begin *begin, struct belay_ref *ret_ref,
		struct belay_outcome *ret_fault)
{
	if (!belay_adapter_begin(begin, ret_ref, ret_fault))
		return false;
	check(ret_ref->call);
	belay_adapter_accepted(ret_ref);
	return true;
}

const void *place(unsigned int number)
{
	return &places[number];
}

bool begin_at(unsigned int number, struct belay_ref *ret_ref,
	      struct belay_outcome *ret_fault)
{
	const struct belay_begin begin = {
		.operation = READ,
		.key = ret_ref,
		.site = &places[number],
	};

	return begin_with(&begin, ret_ref, ret_fault);
}

struct belay_outcome finish(const struct belay_ref *ref, int64_t result)
{
	struct belay_outcome outcome = {BELAY_SUCCEEDED, 0, result};
	struct belay_outcome seen = {BELAY_SUCCEEDED, 0, result};

	(void)belay_adapter_completed(ref, &seen);
	check(belay_adapter_finished(ref, &outcome));
	check(memcmp(&seen, &outcome, sizeof(seen)) == 0);
	return outcome;
}

int call_at(unsigned int number)
{
	struct belay_outcome outcome;
	struct belay_ref ref;

	if (!begin_at(number, &ref, &outcome))
		return outcome.status;
	outcome = finish(&ref, 4096);
	return outcome.status;
}

uint64_t now_ms(void)
{
	return belay_clock_pair().ns / 1000000;
}

void let_pass_ms(uint64_t ms)
{
	for (uint64_t until = now_ms() + ms; now_ms() < until;)
		house_nap();
}
