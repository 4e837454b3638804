/* SPDX-License-Identifier: MIT */
/*
 * lttng_events.h - the tracepoints that Belay's are compared with
 *
 * `three` is what people would write who log a call by hand. `begin` and
 * `finish` have the fields of belay:begin and belay:finish.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER belay_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "lttng_events.h"

#if !defined(LTTNG_EVENTS_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define LTTNG_EVENTS_H

#include <lttng/tracepoint.h>
#include <stdint.h>

#ifndef LTTNG_EVENTS_TYPES
#define LTTNG_EVENTS_TYPES
struct bench_begin {
	uint64_t id;
	const char *operation;
	uint64_t key;
	uint64_t site;
	uint32_t thread;
	uint32_t args_count;
	const uint64_t *args;
	const char *text;
};

struct bench_finish {
	uint64_t id;
	int ending;
	int32_t status;
	int64_t result;
	uint64_t duration_ns;
	uint64_t lag_ns;
};
#endif

/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT(belay_bench, three,
	LTTNG_UST_TP_ARGS(uint64_t, a, uint64_t, b, uint64_t, c),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, a, a)
		lttng_ust_field_integer(uint64_t, b, b)
		lttng_ust_field_integer(uint64_t, c, c)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(belay_bench, begin,
	LTTNG_UST_TP_ARGS(const struct bench_begin *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, id, e->id)
		lttng_ust_field_string(operation, e->operation)
		lttng_ust_field_integer_hex(uint64_t, key, e->key)
		lttng_ust_field_integer_hex(uint64_t, site, e->site)
		lttng_ust_field_integer(uint32_t, thread, e->thread)
		lttng_ust_field_sequence(uint64_t, args, e->args, uint8_t,
					 e->args_count)
		lttng_ust_field_string(text, e->text)
	)
)

LTTNG_UST_TRACEPOINT_ENUM(belay_bench, ending,
	LTTNG_UST_TP_ENUM_VALUES(
		lttng_ust_field_enum_value("succeeded", 0)
		lttng_ust_field_enum_value("failed", 1)
		lttng_ust_field_enum_value("canceled", 2)
		lttng_ust_field_enum_value("uncollected", 3)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(belay_bench, finish,
	LTTNG_UST_TP_ARGS(const struct bench_finish *, e),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, id, e->id)
		lttng_ust_field_enum(belay_bench, ending, uint8_t, outcome,
				     e->ending)
		lttng_ust_field_integer(int32_t, status, e->status)
		lttng_ust_field_integer(int64_t, result, e->result)
		lttng_ust_field_integer(uint64_t, duration_ns, e->duration_ns)
		lttng_ust_field_integer(uint64_t, lag_ns, e->lag_ns)
	)
)
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
