/* SPDX-License-Identifier: MIT */
/*
 * recorder.h - transitions become trace events, where tracing is asked for
 */
#ifndef BELAYI_RECORDER_H
#define BELAYI_RECORDER_H

#include <stdbool.h>

#include <belay/observer.h>

#include "lttng/provider.h"
#include "modules.h"

/* NULL without tracing: then nothing is recorded but the call table. */
extern const struct belay_provider *belayi_provider;

/*
 * belayi_recorder_load() - loads the tracepoint provider; once, at the start
 *
 * Return: false, and a line on stderr, where it cannot be loaded.
 */
bool belayi_recorder_load(void);

/* belayi_record_process() - says who this process is, and all it knows */
void belayi_record_process(void);

void belayi_record_operation(uint32_t number, const char *name,
			     const struct belay_operation *operation);
void belayi_record_module(const struct belayi_module *module);

void belayi_record_begin(const struct belay_call *call,
			 const struct belay_begin *begin);
void belayi_record_refuse(uint64_t id, const struct belay_operation *operation,
			  enum belay_refusal reason, int32_t status);
void belayi_record_cancel(const struct belay_ref *ref, enum belay_party by,
			  enum belay_answer answer, int32_t status);
void belayi_record_complete(const struct belay_call *call,
			    const struct belay_outcome *outcome);
void belayi_record_finish(const struct belay_call *call,
			  const struct belay_outcome *outcome, uint64_t now,
			  uint64_t duration_ns);
void belayi_record_server_enter(const struct belay_server_call *server);
void belayi_record_server_exit(const struct belay_server_call *server,
			       int32_t status, uint64_t duration_ns);
void belayi_record_policy(uint64_t id, const char *policy, uint32_t rule,
			  const char *action, uint64_t value);

#endif
