/* SPDX-License-Identifier: MIT */
/*
 * recorder.c - hands events to the tracepoint provider
 *
 * The provider is a library of its own, so that a program without tracing
 * never loads LTTng. It is loaded once and stays: LTTng-UST's threads run in
 * it. Our atfork handlers tell LTTng of forks, because its own helper library
 * for that works only when it is preloaded.
 */
#include "recorder.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "descriptors.h"
#include "guard.h"
#include "log.h"
#include "operations.h"
#include "policies.h"
#include "process.h"
#include "session.h"

#define PROVIDER "libbelay-lttng.so"

BELAYI_EACH_CALL_READS const struct belay_provider *belayi_provider = NULL;

/*
 * LTTng may fork a helper of its own while it is loaded, and again while it
 * starts in a child: our handlers then run nested, and have nothing to do.
 */
static bool lttng_is_busy;
static pthread_mutex_t forking = PTHREAD_MUTEX_INITIALIZER;
static sigset_t own_signals; /* the next two are protected by `forking` */
static sigset_t lttng_signals;

static void before_fork(void)
{
	sigset_t all;
	sigset_t before;

	if (lttng_is_busy)
		return;
	/* No handler of this thread may fork while we hold the lock. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	(void)pthread_mutex_lock(&forking);
	own_signals = before;
	belayi_provider->before_fork(&lttng_signals);
}

static void after_fork(void)
{
	sigset_t before = own_signals;

	(void)pthread_mutex_unlock(&forking);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void after_fork_parent(void)
{
	if (lttng_is_busy)
		return;
	belayi_provider->after_fork_parent(&lttng_signals);
	after_fork();
}

static void after_fork_child(void)
{
	struct belayi_descriptors descriptors;

	if (lttng_is_busy)
		return;
	lttng_is_busy = true;
	belayi_descriptors_raise(&descriptors);
	belayi_provider->after_fork_child(&lttng_signals);
	belayi_descriptors_lower(&descriptors);
	lttng_is_busy = false;
	after_fork();
}

/* Beside us, or where the build tree has it, or where the loader finds it. */
static void *open_provider(void)
{
	static const char *const places[] = {"/" PROVIDER, "/lttng/" PROVIDER};
	char path[PATH_MAX];
	Dl_info us;
	void *handle;

	if (dladdr(&forking, &us) && us.dli_fname) {
		const char *slash = strrchr(us.dli_fname, '/');
		int folder = slash ? (int)(slash - us.dli_fname) : 0;

		for (unsigned int i = 0; slash && i < 2; i++) {
			(void)snprintf(path, sizeof(path), "%.*s%s", folder,
				       us.dli_fname, places[i]);
			handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
			if (handle)
				return handle;
		}
	}
	return dlopen(PROVIDER, RTLD_NOW | RTLD_LOCAL);
}

static const struct belay_provider *load(void)
{
	void *handle = open_provider();
	const struct belay_provider *provider =
		handle ? dlsym(handle, "belay_provider") : NULL;

	if (!provider) {
		belayi_log("Cannot trace: error=\"%s\"", dlerror());
		return NULL;
	}
	if (provider->abi != BELAY_PROVIDER_ABI ||
	    provider->size < sizeof(*provider)) {
		belayi_log("Cannot trace: provider_abi=%u, expected=%u",
			   provider->abi, BELAY_PROVIDER_ABI);
		return NULL;
	}
	return provider;
}

bool belayi_recorder_load(void)
{
	struct belayi_descriptors descriptors;

	lttng_is_busy = true;
	belayi_descriptors_raise(&descriptors);
	belayi_provider = load();
	belayi_descriptors_lower(&descriptors);
	lttng_is_busy = false;
	if (!belayi_provider)
		return false;
	(void)pthread_atfork(before_fork, after_fork_parent, after_fork_child);
	return true;
}

void belayi_record_operation(uint32_t number, const char *name,
			     const struct belay_operation *operation)
{
	const struct belay_event_operation event = {
		.pid = belayi_process.pid,
		.number = number,
		.name = name,
		.operation = operation,
	};

	if (belayi_provider)
		belayi_provider->operation(&event);
}

void belayi_record_module(const struct belayi_module *module)
{
	const struct belay_event_module event = {
		.pid = belayi_process.pid,
		.base = module->base,
		.start = module->start,
		.end = module->end,
		.path = module->path,
		.build_id = module->build_id,
		.build_id_size = module->build_id_size,
	};

	if (belayi_provider)
		belayi_provider->module(&event);
}

void belayi_record_process(void)
{
	const struct belay_event_process event = {
		.name = belayi_executable(),
		.pid = belayi_process.pid,
		.start_time = belayi_process.table->start_time,
		.seed = belayi_policies.seed,
		.rules = belayi_policies_texts(),
	};

	if (belayi_provider)
		belayi_provider->process(&event);
}

void belayi_record_begin(const struct belay_call *call,
			 const struct belay_begin *begin)
{
	const struct belay_event_begin event = {
		.id = call->id,
		.operation = belayi_operation_name(call->number),
		.key = (uint64_t)(uintptr_t)begin->key,
		.site = (uint64_t)(uintptr_t)begin->site,
		.thread = call->thread,
		.args_count = belayi_operation_arguments(call->number),
		.args = begin->args,
		.text = begin->text,
		.text_length = begin->text ? (uint32_t)strnlen(begin->text,
							       BELAY_TEXT_MAX)
					   : 0,
	};

	belayi_provider->begin(&event);
}

void belayi_record_refuse(uint64_t id, const struct belay_operation *operation,
			  enum belay_refusal reason, int32_t status)
{
	const struct belay_event_refuse event = {
		.id = id,
		.operation = belayi_operation_name(
			belayi_operation_number(operation)),
		.reason = reason,
		.status = status,
	};

	belayi_provider->refuse(&event);
}

void belayi_record_cancel(const struct belay_ref *ref, enum belay_party by,
			  enum belay_answer answer, int32_t status)
{
	const struct belay_event_cancel event = {
		.id = belay_call_id(ref),
		.turn = ref->turn,
		.by = by,
		.answer = answer,
		.status = status,
	};

	belayi_provider->cancel(&event);
}

void belayi_record_complete(const struct belay_call *call,
			    const struct belay_outcome *outcome)
{
	const struct belay_event_complete event = {
		.id = call->id,
		.ending = outcome->ending,
		.status = outcome->status,
		.result = outcome->result,
		.duration_ns = belay_clock_ns(call->completed - call->begun),
	};

	belayi_provider->complete(&event);
}

void belayi_record_finish(const struct belay_call *call,
			  const struct belay_outcome *outcome, uint64_t now,
			  uint64_t duration_ns)
{
	const struct belay_event_finish event = {
		.id = call->id,
		.ending = outcome->ending,
		.status = outcome->status,
		.result = outcome->result,
		.duration_ns = duration_ns,
		.lag_ns = call->completed
				  ? belay_clock_ns(now - call->completed)
				  : 0,
	};

	belayi_provider->finish(&event);
}

void belayi_record_server_enter(const struct belay_server_call *server)
{
	const struct belay_event_server_enter event = {
		.caller = server->caller,
		.id = server->id,
		.operation = belayi_operation_name(
			belayi_operation_number(server->operation)),
		.site = (uint64_t)(uintptr_t)server->site,
		.thread = belayi_thread_id(NULL),
		.pid = belayi_process.pid,
	};

	belayi_provider->server_enter(&event);
}

void belayi_record_server_exit(const struct belay_server_call *server,
			       int32_t status, uint64_t duration_ns)
{
	const struct belay_event_server_exit event = {
		.caller = server->caller,
		.id = server->id,
		.status = status,
		.duration_ns = duration_ns,
		.pid = belayi_process.pid,
	};

	belayi_provider->server_exit(&event);
}

void belayi_record_policy(uint64_t id, const char *policy, uint32_t rule,
			  const char *action, uint64_t value)
{
	const struct belay_event_policy event = {
		.id = id,
		.policy = policy,
		.rule = rule,
		.action = action,
		.value = value,
	};

	belayi_provider->policy(&event);
}
