/* SPDX-License-Identifier: MIT */
/*
 * lttng_provider.c - emits each event once or more, with values that are known
 *
 *     lttng_provider PROVIDER
 *
 * Loads the provider as the recorder does. The last events come from a forked
 * child, with the handlers around the fork.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lttng/provider.h"

static const struct belay_provider *provider;

static const struct belay_operation operation = {
	.size = sizeof(operation),
	.api = "aio",
	.name = "read",
	.arguments = {{"fd", BELAY_ARGUMENT_FD},
		      {"size", BELAY_ARGUMENT_SIZE},
		      {"offset", BELAY_ARGUMENT_OFFSET}},
	.status_kind = BELAY_STATUS_ERRNO,
	.cancel_mode = BELAY_CANCEL_FINISH_DUE,
};

static void begin(uint64_t id, const char *text, uint32_t length)
{
	static const uint64_t args[] = {3, 4096, UINT64_MAX};

	provider->begin(&(struct belay_event_begin){
		.id = id,
		.operation = "aio.read",
		.key = 0xabc,
		.site = 0xdef,
		.thread = 42,
		.args_count = text ? 3 : 0,
		.args = text ? args : NULL,
		.text = text,
		.text_length = length,
	});
}

static void end_calls(void)
{
	provider->refuse(&(struct belay_event_refuse){
		.id = 2,
		.operation = "aio.write",
		.reason = BELAY_REFUSED_BY_PENDING,
		.status = RPC_E_CALL_PENDING,
	});
	provider->cancel(&(struct belay_event_cancel){
		.id = 2,
		.turn = 7,
		.by = BELAY_BY_OPERATOR,
		.answer = BELAY_ANSWER_NOT_CANCELED,
		.status = -1,
	});
	provider->complete(&(struct belay_event_complete){
		.id = 2,
		.ending = BELAY_CANCELED,
		.status = 125,
		.result = -1,
		.duration_ns = 1000000,
	});
	provider->finish(&(struct belay_event_finish){
		.id = 2,
		.ending = BELAY_UNCOLLECTED,
		.status = 5,
		.result = INT64_MIN,
		.duration_ns = UINT64_MAX,
		.lag_ns = 9,
	});
}

static void others(void)
{
	provider->policy(&(struct belay_event_policy){
		.id = 3,
		.policy = "timeout",
		.rule = 1,
		.value = 200,
	});
	provider->violation(&(struct belay_event_violation){
		.id = 3,
		.check = "leak",
		.operation = "aio.read",
		.site = 0x10,
		.text = "never finished",
	});
	provider->server_enter(&(struct belay_event_server_enter){
		.caller = 99,
		.id = 4,
		.site = 0x20,
		.thread = 43,
		.pid = 98,
	});
	provider->server_exit(&(struct belay_event_server_exit){
		.caller = 99,
		.id = 4,
		.status = S_OK,
		.duration_ns = 1,
		.pid = 98,
	});
}

static void state(void)
{
	static const uint8_t build_id[] = {0x00, 0x1f, 0xff};
	char rules[5000];

	memset(rules, 'r', sizeof(rules) - 1);
	rules[sizeof(rules) - 1] = '\0';
	provider->process(&(struct belay_event_process){
		.name = "/bin/x",
		.pid = 1,
		.start_time = 2,
		.seed = 3,
		.rules = rules,
	});
	provider->operation(&(struct belay_event_operation){
		.pid = 1,
		.number = 5,
		.name = "aio.read",
		.operation = &operation,
	});
	provider->module(&(struct belay_event_module){
		.pid = 1,
		.base = 0x1000,
		.start = 0x2000,
		.end = 0x3000,
		.path = "/lib/x.so",
		.build_id = build_id,
		.build_id_size = sizeof(build_id),
	});
}

static int child_traced(void)
{
	sigset_t signals;
	int status = 1;
	pid_t child;

	provider->before_fork(&signals);
	child = fork();
	if (child == 0) {
		provider->after_fork_child(&signals);
		begin(6, "child", 5);
		exit(0);
	}
	provider->after_fork_parent(&signals);
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	begin(7, "parent", 6);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	char longer[BELAY_TEXT_MAX + 50];
	void *library =
		argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;

	provider = library ? dlsym(library, "belay_provider") : NULL;
	if (!provider || provider->abi != BELAY_PROVIDER_ABI ||
	    provider->size != sizeof(*provider)) {
		(void)fprintf(stderr, "no provider: %s\n", dlerror());
		return 1;
	}
	memset(longer, 't', sizeof(longer));
	begin(1, NULL, 0);
	begin(2, longer, sizeof(longer));
	end_calls();
	others();
	state();
	return child_traced();
}
