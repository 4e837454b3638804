/* SPDX-License-Identifier: MIT */
/*
 * trial.c - tries a policy in a process of its own, before anything else does
 *
 * The child says in shared memory how far it has come, so that a crash or a
 * hang can be told of by the rule and the hook.
 */
#include "trial.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the child does, for "crashed ...". */
enum stage { STAGE_LOADING, STAGE_LOAD, STAGE_CONFIG, STAGE_END };

static const char *const stages[] = {
	[STAGE_LOADING] = "when it was loaded",
	[STAGE_LOAD] = "in its \"load\"",
	[STAGE_CONFIG] = "in its \"config\"",
	[STAGE_END] = "at its end",
};

/* Written by the child; `finished` last of all. */
struct told {
	enum stage stage;
	size_t rule; /* index of the one at hand */
	bool finished;
	bool good;
	char why[POLICY_WHY];
};

static struct told *told;

/* The last line that it logs is why it fails. */
static void keep_log(const char *text)
{
	(void)snprintf(told->why, sizeof(told->why), "%s", text);
}

static bool no_random(const struct belay_operation *operation, uint32_t at,
		      uint64_t random, int32_t *ret_status)
{
	(void)operation;
	(void)at;
	(void)random;
	(void)ret_status;
	return false;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static const struct belay_policy_host host = {
	.abi = BELAY_POLICY_ABI,
	.size = sizeof(host),
	.log = keep_log,
	.error = belay_error_status,
	.random = no_random,
	.now_ns = now_ns,
};

static bool configure(const struct belay_policy *policy,
		      const struct belay_rule *rule)
{
	struct belay_policy_value values[BELAY_RULE_ARGUMENTS];
	struct belay_rule_error error;
	const struct belay_policy_config config = {
		.size = sizeof(config),
		.rule = rule->number,
		.call = rule->call.text,
		.values = values,
	};

	if (!policy->config || !belay_rule_values(rule, policy, values, &error))
		return true;
	*told->why = '\0';
	return policy->config(&config);
}

static bool try(const struct trial *trial)
{
	struct belay_policy *policy = policy_load(trial->path, told->why);

	if (!policy)
		return false;
	if (!trial->rules_count)
		return true;
	told->stage = STAGE_LOAD;
	if (policy->load && !policy->load(&host))
		return false;
	told->stage = STAGE_CONFIG;
	for (told->rule = 0; told->rule < trial->rules_count; told->rule++)
		if (!configure(policy, trial->rules[told->rule]))
			return false;
	return true;
}

static void quiet_crashes(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

_Noreturn static void be_the_child(const struct trial *trial)
{
	quiet_crashes();
	told->good = try(trial);
	if (told->good)
		told->stage = STAGE_END;
	told->finished = true;
	_exit(0);
}

/* Return: whether it ended in time; then *ret_status says how. */
static bool wait_for(pid_t pid, int *ret_status)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd end = {.fd = fd, .events = POLLIN};
	bool ended = true;
	int n;

	do {
		n = poll(&end, fd >= 0, TRIAL_SECONDS * 1000);
	} while (n < 0 && errno == EINTR);
	if (n == 0) {
		ended = false;
		(void)kill(pid, SIGKILL);
	}
	if (fd >= 0)
		(void)close(fd);
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	return ended;
}

static void tell_why(struct trial *trial, bool ended, int status)
{
	const char *where = stages[told->stage];
	char *why = trial->why;

	if (!ended)
		(void)snprintf(why, POLICY_WHY,
			       "hangs %s; %d s are all that it gets", where,
			       TRIAL_SECONDS);
	else if (WIFSIGNALED(status))
		(void)snprintf(why, POLICY_WHY, "crashed %s: %s", where,
			       strsignal(WTERMSIG(status)));
	else if (!told->finished)
		(void)snprintf(why, POLICY_WHY,
			       "ended the process %s, with status %d", where,
			       WEXITSTATUS(status));
	else if (told->stage == STAGE_LOADING)
		(void)snprintf(why, POLICY_WHY, "%s", told->why);
	else
		(void)snprintf(why, POLICY_WHY, "%s: %s",
			       told->stage == STAGE_LOAD ? "cannot work"
							 : "refuses this rule",
			       *told->why ? told->why : "it does not say why");
}

static void judge(struct trial *trial, bool ended, int status)
{
	trial->good =
		ended && WIFEXITED(status) && told->finished && told->good;
	trial->wrong = NULL;
	if (trial->good)
		return;
	tell_why(trial, ended, status);
	if (told->stage == STAGE_CONFIG && told->rule < trial->rules_count)
		trial->wrong = trial->rules[told->rule];
}

void trial_run(struct trial *trial)
{
	int status = 0;
	pid_t pid;

	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		abort();
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		be_the_child(trial);
	if (pid < 0) {
		(void)snprintf(trial->why, POLICY_WHY, "cannot try it: %s",
			       strerror(errno));
		trial->good = false;
	} else {
		bool ended = wait_for(pid, &status);

		judge(trial, ended, status);
	}
	(void)munmap(told, sizeof(*told));
}
