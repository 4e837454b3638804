/* SPDX-License-Identifier: MIT */
/*
 * odd_policy.c - a policy that goes wrong where $ODD says: "crash-load"
 *
 * Where it says nothing, the policy does nothing, well. With "older-size" it
 * was made for a host that knows no more hooks than `config`.
 */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <belay/policy.h>

static const struct belay_policy_host *host;

static bool is(const char *what, const char *where)
{
	const char *odd = getenv("ODD");
	size_t length = strlen(what);

	return odd && strncmp(odd, what, length) == 0 && odd[length] == '-' &&
	       strcmp(odd + length + 1, where) == 0;
}

/* Return: whether the hook is to fail. */
static bool go_wrong(const char *where)
{
	if (is("crash", where))
		(void)raise(SIGSEGV);
	if (is("hang", where))
		for (;;)
			(void)pause();
	if (is("exit", where))
		exit(3);
	if (is("refuse", where))
		host->log("the moon is full");
	return is("refuse", where) || is("fail", where);
}

static bool load(const struct belay_policy_host *lent)
{
	host = lent;
	return !go_wrong("load");
}

/* Rules may say what they want to be refused for. */
static void *config(const struct belay_policy_config *config)
{
	static char instance;

	if (config->values[0].given && config->values[0].number == 13)
		host->log("13 brings bad luck");
	else if (!go_wrong("config"))
		return &instance;
	return NULL;
}

static void begin(void *instance, const struct belay_policy_call *call,
		  struct belay_policy_verdict *ret_verdict)
{
	(void)instance, (void)call, (void)ret_verdict;
	(void)go_wrong("begin");
}

static void unload(void)
{
	(void)go_wrong("unload");
}

static const struct belay_policy_argument arguments[] = {
	{.name = "number",
	 .type = BELAY_VALUE_NUMBER,
	 .help = "any number but 13"},
	{.name = NULL},
};

/* Not constant: the constructor spoils it. */
extern struct belay_policy belay_policy;
__attribute__((visibility("default"))) struct belay_policy belay_policy = {
	.abi = BELAY_POLICY_ABI,
	.size = sizeof(struct belay_policy),
	.name = "odd",
	.title = "goes wrong",
	.arguments = arguments,
	.load = load,
	.config = config,
	.begin = begin,
	.unload = unload,
};

__attribute__((constructor)) static void construct(void)
{
	(void)go_wrong("constructor");
	if (is("other", "abi"))
		belay_policy.abi = 7;
	if (is("other", "size"))
		belay_policy.size = 8;
	if (is("older", "size")) {
		belay_policy.size = offsetof(struct belay_policy, begin);
		belay_policy.unload = abort;
	}
	if (is("other", "name"))
		belay_policy.name = "two words";
}
