/* SPDX-License-Identifier: MIT */
/*
 * tracepoints.h - every event of LTTng's provider `belay`, and its fields
 *
 * docs/tracepoints.md explains them, and a test compares the two. LTTng takes
 * ten arguments an event, so each gets its one struct of provider.h, and what
 * provider.c makes of it. A text that is NULL is recorded as "".
 *
 * LTTng includes this file several times, each time with other meanings of
 * the same macros.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER belay

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./tracepoints.h"

#if !defined(BELAY_TRACEPOINTS_H) ||                                           \
	defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define BELAY_TRACEPOINTS_H

#include <lttng/tracepoint.h>

#include "provider.h"

/* clang-format off */

/* One row of an enumeration, from the lists of belay/call.h. */
#define BELAY_TP_REFUSAL(name, word) \
	lttng_ust_field_enum_value(word, BELAY_REFUSED_BY_##name)
#define BELAY_TP_PARTY(name, word) \
	lttng_ust_field_enum_value(word, BELAY_BY_##name)
#define BELAY_TP_ANSWER(name, word, sentence) \
	lttng_ust_field_enum_value(word, BELAY_ANSWER_##name)
#define BELAY_TP_ENDING(name, word, sentence) \
	lttng_ust_field_enum_value(word, BELAY_##name)
#define BELAY_TP_STATUS_KIND(name, word, sentence) \
	lttng_ust_field_enum_value(word, BELAY_STATUS_##name)
#define BELAY_TP_CANCEL_MODE(name, word, sentence) \
	lttng_ust_field_enum_value(word, BELAY_CANCEL_##name)

LTTNG_UST_TRACEPOINT_ENUM(belay, refusal,
	LTTNG_UST_TP_ENUM_VALUES(BELAY_REFUSALS(BELAY_TP_REFUSAL)))
LTTNG_UST_TRACEPOINT_ENUM(belay, party,
	LTTNG_UST_TP_ENUM_VALUES(BELAY_PARTIES(BELAY_TP_PARTY)))
LTTNG_UST_TRACEPOINT_ENUM(belay, answer,
	LTTNG_UST_TP_ENUM_VALUES(BELAY_ANSWERS(BELAY_TP_ANSWER)))
LTTNG_UST_TRACEPOINT_ENUM(belay, ending,
	LTTNG_UST_TP_ENUM_VALUES(BELAY_ENDINGS(BELAY_TP_ENDING)))
LTTNG_UST_TRACEPOINT_ENUM(belay, status_kind,
	LTTNG_UST_TP_ENUM_VALUES(BELAY_STATUS_KINDS(BELAY_TP_STATUS_KIND)))
LTTNG_UST_TRACEPOINT_ENUM(belay, cancel_mode,
	LTTNG_UST_TP_ENUM_VALUES(BELAY_CANCEL_MODES(BELAY_TP_CANCEL_MODE)))

LTTNG_UST_TRACEPOINT_EVENT(belay, begin,
	LTTNG_UST_TP_ARGS(const struct belay_event_begin *, e,
			  const char *, text),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, id, e->id)
		lttng_ust_field_string(operation, e->operation ? e->operation : "")
		lttng_ust_field_integer_hex(uint64_t, key, e->key)
		lttng_ust_field_integer_hex(uint64_t, site, e->site)
		lttng_ust_field_integer(uint32_t, thread, e->thread)
		lttng_ust_field_sequence(uint64_t, args, e->args,
					 uint8_t, e->args_count)
		lttng_ust_field_string(text, text)))

LTTNG_UST_TRACEPOINT_EVENT(belay, refuse,
	LTTNG_UST_TP_ARGS(const struct belay_event_refuse *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, id, e->id)
		lttng_ust_field_string(operation, e->operation ? e->operation : "")
		lttng_ust_field_enum(belay, refusal, uint8_t, reason, e->reason)
		lttng_ust_field_integer(int32_t, status, e->status)))

LTTNG_UST_TRACEPOINT_EVENT(belay, cancel,
	LTTNG_UST_TP_ARGS(const struct belay_event_cancel *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, id, e->id)
		lttng_ust_field_integer(uint64_t, turn, e->turn)
		lttng_ust_field_enum(belay, party, uint8_t, by, e->by)
		lttng_ust_field_enum(belay, answer, uint8_t, answer, e->answer)
		lttng_ust_field_integer(int32_t, status, e->status)))

LTTNG_UST_TRACEPOINT_EVENT(belay, complete,
	LTTNG_UST_TP_ARGS(const struct belay_event_complete *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, id, e->id)
		lttng_ust_field_enum(belay, ending, uint8_t, outcome, e->ending)
		lttng_ust_field_integer(int32_t, status, e->status)
		lttng_ust_field_integer(int64_t, result, e->result)
		lttng_ust_field_integer(uint64_t, duration_ns, e->duration_ns)))

LTTNG_UST_TRACEPOINT_EVENT(belay, finish,
	LTTNG_UST_TP_ARGS(const struct belay_event_finish *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, id, e->id)
		lttng_ust_field_enum(belay, ending, uint8_t, outcome, e->ending)
		lttng_ust_field_integer(int32_t, status, e->status)
		lttng_ust_field_integer(int64_t, result, e->result)
		lttng_ust_field_integer(uint64_t, duration_ns, e->duration_ns)
		lttng_ust_field_integer(uint64_t, lag_ns, e->lag_ns)))

LTTNG_UST_TRACEPOINT_EVENT(belay, policy,
	LTTNG_UST_TP_ARGS(const struct belay_event_policy *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, id, e->id)
		lttng_ust_field_string(policy, e->policy ? e->policy : "")
		lttng_ust_field_integer(uint32_t, rule, e->rule)
		lttng_ust_field_string(action, e->action ? e->action : "")
		lttng_ust_field_integer(uint64_t, value, e->value)))

LTTNG_UST_TRACEPOINT_EVENT(belay, violation,
	LTTNG_UST_TP_ARGS(const struct belay_event_violation *, e,
			  const char *, text),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, id, e->id)
		lttng_ust_field_string(check, e->check ? e->check : "")
		lttng_ust_field_string(operation, e->operation ? e->operation : "")
		lttng_ust_field_integer_hex(uint64_t, site, e->site)
		lttng_ust_field_string(text, text)))

LTTNG_UST_TRACEPOINT_EVENT(belay, server_enter,
	LTTNG_UST_TP_ARGS(const struct belay_event_server_enter *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, caller, e->caller)
		lttng_ust_field_integer(uint64_t, id, e->id)
		lttng_ust_field_string(operation, e->operation ? e->operation : "")
		lttng_ust_field_integer_hex(uint64_t, site, e->site)
		lttng_ust_field_integer(uint32_t, thread, e->thread)
		lttng_ust_field_integer(uint32_t, pid, e->pid)))

LTTNG_UST_TRACEPOINT_EVENT(belay, server_exit,
	LTTNG_UST_TP_ARGS(const struct belay_event_server_exit *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, caller, e->caller)
		lttng_ust_field_integer(uint64_t, id, e->id)
		lttng_ust_field_integer(int32_t, status, e->status)
		lttng_ust_field_integer(uint64_t, duration_ns, e->duration_ns)
		lttng_ust_field_integer(uint32_t, pid, e->pid)))

LTTNG_UST_TRACEPOINT_EVENT(belay, process,
	LTTNG_UST_TP_ARGS(const struct belay_event_process *, e,
			  const char *, rules),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_string(name, e->name ? e->name : "")
		lttng_ust_field_integer(uint32_t, pid, e->pid)
		lttng_ust_field_integer(uint64_t, start_time, e->start_time)
		lttng_ust_field_integer(uint64_t, seed, e->seed)
		lttng_ust_field_string(rules, rules)))

LTTNG_UST_TRACEPOINT_EVENT(belay, operation,
	LTTNG_UST_TP_ARGS(const struct belay_event_operation *, e,
			  const char *, arguments),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, pid, e->pid)
		lttng_ust_field_integer(uint32_t, number, e->number)
		lttng_ust_field_string(name, e->name ? e->name : "")
		lttng_ust_field_enum(belay, status_kind, uint8_t, status_kind,
				     e->operation->status_kind)
		lttng_ust_field_enum(belay, cancel_mode, uint8_t, cancel_mode,
				     e->operation->cancel_mode)
		lttng_ust_field_string(arguments, arguments)))

LTTNG_UST_TRACEPOINT_EVENT(belay, module,
	LTTNG_UST_TP_ARGS(const struct belay_event_module *, e,
			  const char *, build_id),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, pid, e->pid)
		lttng_ust_field_integer_hex(uint64_t, base, e->base)
		lttng_ust_field_integer_hex(uint64_t, start, e->start)
		lttng_ust_field_integer_hex(uint64_t, end, e->end)
		lttng_ust_field_string(path, e->path ? e->path : "")
		lttng_ust_field_string(build_id, build_id)))

/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
