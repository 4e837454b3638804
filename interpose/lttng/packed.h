/* SPDX-License-Identifier: MIT */
/*
 * packed.h - records an event whose fields lie in one buffer, by one write
 *
 * The probe that LTTng's macros generate calls the ring buffer for each field.
 * Here the tracepoint's probes are gone through as those macros do it, and
 * where one of them is the generated probe, and only records, the buffer is
 * written instead (decision 0034). Every other probe is called.
 */
#ifndef BELAY_PACKED_H
#define BELAY_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lttng/tracepoint.h>
#include <lttng/ust-events.h>
#include <lttng/ust-ringbuffer-context.h>

/*
 * Fields follow each other without gaps where LTTng aligns none of them. A
 * provider of a later major version may have to do more than we know of.
 */
#define PACKED_POSSIBLE                                                        \
	(lttng_ust_rb_alignof(uint64_t) == 1 && LTTNG_UST_PROVIDER_MAJOR <= 4)

/* One event, as LTTng's macros made it in this library. */
struct packed_event {
	struct lttng_ust_tracepoint *tracepoint;
	void (*generated)(void); /* its data is a lttng_ust_event_common */
	/* Calls any probe with what the tracepoint's probes take. */
	void (*call)(const struct lttng_ust_tracepoint_probe *probe,
		     const void *event);
};

/*
 * packed_write() - what the generated probe does where it only records
 *
 * The checks are in its order: a filter is in place before its session is
 * active. Not inline, so that the address it returns to lies where the probe's
 * would: LTTng's context field `ip` shows it.
 *
 * Return: false if the event is for the generated probe; then nothing was done.
 */
__attribute__((noinline)) static bool
packed_write(void *data, const void *bytes, size_t size)
{
	struct lttng_ust_event_common *event = data;
	struct lttng_ust_event_recorder *recorder = event->child;
	struct lttng_ust_channel_buffer *channel;
	struct lttng_ust_probe_ctx probe = {
		.struct_size = sizeof(probe),
		.ip = __builtin_return_address(0),
	};
	struct lttng_ust_ring_buffer_ctx context;

	if (event->type != LTTNG_UST_EVENT_TYPE_RECORDER)
		return false;
	channel = recorder->chan;
	if (!CMM_LOAD_SHARED(channel->parent->session->active) ||
	    !CMM_LOAD_SHARED(channel->parent->enabled) ||
	    !CMM_LOAD_SHARED(event->enabled))
		return true;
	if (CMM_LOAD_SHARED(event->eval_filter))
		return false;
	lttng_ust_ring_buffer_ctx_init(&context, recorder, size, 1, &probe);
	/* Where there is no room it counts the event as discarded. */
	if (channel->ops->event_reserve(&context) < 0)
		return true;
	channel->ops->event_write(&context, bytes, size, 1);
	channel->ops->event_commit(&context);
	return true;
}

/*
 * packed_record() - an event for all who record the tracepoint
 *
 * The bytes are its fields; of size 0: they did not fit, and each probe is
 * called. The tracepoint is enabled.
 */
static inline void packed_record(const struct packed_event *kind,
				 const void *event, const void *bytes,
				 size_t size)
{
	const struct lttng_ust_tracepoint_probe *probe;

	if (caa_unlikely(!LTTNG_UST_TP_RCU_LINK_TEST()))
		return;
	lttng_ust_tp_rcu_read_lock();
	probe = lttng_ust_tp_rcu_dereference(kind->tracepoint->probes);
	for (; probe && probe->func; probe++)
		if (!PACKED_POSSIBLE || size == 0 ||
		    probe->func != kind->generated ||
		    !packed_write(probe->data, bytes, size))
			kind->call(probe, event);
	lttng_ust_tp_rcu_read_unlock();
}

#endif
