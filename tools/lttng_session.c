/* SPDX-License-Identifier: MIT */
/*
 * lttng_session.c - one LTTng session that records what Belay emits
 *
 * Buffers are per user: a process start costs 6 ms with them, with buffers per
 * process 35. There are no contexts: an event's id says the process.
 */
#include "lttng_session.h"

#include <lttng/lttng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

#define POLL_MS 5
#define DESTROY_MS 30000

/*
 * How long an event waits for room when none is to be lost. Not for ever: a
 * program waits in the middle of an event, and not even the end of the session
 * or of its daemon would wake it (tried).
 */
#define WAIT_US 10000000

#define CHANNEL "belay"
#define EVENTS "belay:*"

/*
 * A call is three events of 140 bytes in sum, so 200,000 calls/s are 28 MB/s.
 * On a busy machine the daemon that empties the buffers may not run for half
 * a second. LTTng writes to all of a buffer when it makes it: on machines with
 * many processors each gets less.
 */
#define SUBBUFFERS 8
#define SUBBUFFER_MAX (UINT64_C(4) << 20)
#define SUBBUFFER_MIN (UINT64_C(64) << 10)
#define BUFFERS_MAX (UINT64_C(256) << 20)

static uint64_t buffers_size(uint64_t subbuffer)
{
	return subbuffer * SUBBUFFERS * (uint64_t)sysconf(_SC_NPROCESSORS_CONF);
}

/* The buffers lie in /dev/shm, and the rest of the machine lives there too. */
static bool choose_size(uint64_t *ret_subbuffer)
{
	uint64_t subbuffer = SUBBUFFER_MAX, room = BUFFERS_MAX;
	struct statvfs shm;

	if (statvfs("/dev/shm", &shm) == 0 &&
	    shm.f_bavail * shm.f_frsize / 2 < room)
		room = shm.f_bavail * shm.f_frsize / 2;
	while (subbuffer > SUBBUFFER_MIN && buffers_size(subbuffer) > room)
		subbuffer /= 2;
	if (buffers_size(subbuffer) > 2 * room) {
		say("Cannot trace: /dev/shm has no room for LTTng's buffers; "
		    "%llu KiB must be free",
		    (unsigned long long)buffers_size(subbuffer) / 1024);
		return false;
	}
	*ret_subbuffer = subbuffer;
	return true;
}

static bool failed(const char *what, int code)
{
	say("Cannot trace: LTTng %s: error=\"%s\"", what, lttng_strerror(code));
	return false;
}

static bool enable_channel(struct lttng_handle *handle,
			   struct lttng_domain *domain, bool lossless)
{
	struct lttng_channel *channel = lttng_channel_create(domain);
	uint64_t subbuffer;
	int code = -LTTNG_ERR_NOMEM;

	if (!channel)
		return failed("cannot make a channel", code);
	(void)snprintf(channel->name, sizeof(channel->name), CHANNEL);
	if (!choose_size(&subbuffer)) {
		lttng_channel_destroy(channel);
		return false;
	}
	channel->enabled = 1;
	channel->attr.overwrite = 0;
	channel->attr.subbuf_size = subbuffer;
	channel->attr.num_subbuf = SUBBUFFERS;
	channel->attr.switch_timer_interval = 0;
	channel->attr.read_timer_interval = 0;
	channel->attr.output = LTTNG_EVENT_MMAP;
	code = lossless ? lttng_channel_set_blocking_timeout(channel, WAIT_US)
			: 0;
	if (code == 0)
		code = lttng_enable_channel(handle, channel);
	lttng_channel_destroy(channel);
	return code == 0 || failed("cannot make a channel", code);
}

static bool enable_events(struct lttng_handle *handle)
{
	struct lttng_event *event = lttng_event_create();
	int code = -LTTNG_ERR_NOMEM;

	if (event) {
		event->type = LTTNG_EVENT_TRACEPOINT;
		event->loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL;
		(void)snprintf(event->name, sizeof(event->name), EVENTS);
		code = lttng_enable_event(handle, event, CHANNEL);
	}
	lttng_event_destroy(event);
	return code == 0 || failed("cannot enable the events", code);
}

/* A daemon can serve processes of several pid namespaces: the time helps. */
static void choose_name(char *name, size_t size)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(name, size, "belay-%d-%llx%lx", (int)getpid(),
		       (unsigned long long)now.tv_sec, now.tv_nsec);
}

static bool create(const char *name, const char *output)
{
	struct lttng_session_descriptor *descriptor =
		lttng_session_descriptor_local_create(name, output);
	enum lttng_error_code code = LTTNG_ERR_NOMEM;

	if (descriptor)
		code = lttng_create_session_ext(descriptor);
	lttng_session_descriptor_destroy(descriptor);
	return code == LTTNG_OK ||
	       failed("cannot create a session", -(int)code);
}

static void pause_ms(long ms)
{
	const struct timespec time = {.tv_nsec = ms * 1000000};

	(void)nanosleep(&time, NULL);
}

static bool exists(const char *name)
{
	struct lttng_session *sessions = NULL;
	int count = lttng_list_sessions(&sessions);
	bool found = false;

	for (int i = 0; i < count && !found; i++)
		found = strcmp(sessions[i].name, name) == 0;
	free(sessions);
	return found;
}

/* LTTng's own waiting looks twice a second: the user waits less. */
void recording_destroy(struct recording *recording)
{
	if (recording->handle)
		lttng_destroy_handle(recording->handle);
	recording->handle = NULL;
	if (lttng_destroy_session_no_wait(recording->name) < 0)
		return;
	for (long ms = 0; ms < DESTROY_MS && exists(recording->name);
	     ms += POLL_MS)
		pause_ms(POLL_MS);
}

bool recording_start(const char *output, bool lossless,
		     struct recording *ret_recording)
{
	struct lttng_domain domain = {
		.type = LTTNG_DOMAIN_UST,
		.buf_type = LTTNG_BUFFER_PER_UID,
	};
	struct recording recording = {0};
	int code;

	choose_name(recording.name, sizeof(recording.name));
	if (!create(recording.name, output))
		return false;
	recording.handle = lttng_create_handle(recording.name, &domain);
	if (recording.handle &&
	    enable_channel(recording.handle, &domain, lossless) &&
	    enable_events(recording.handle)) {
		code = lttng_start_tracing(recording.name);
		if (code >= 0) {
			*ret_recording = recording;
			return true;
		}
		(void)failed("cannot start the session", code);
	}
	recording_destroy(&recording);
	return false;
}

/*
 * LTTng takes a counter that it reads out of order for one that has wrapped at
 * 2^63, and adds as much: tried, on buffers that ran over.
 */
static uint64_t discarded(struct lttng_handle *handle)
{
	struct lttng_channel *channels = NULL;
	int count = lttng_list_channels(handle, &channels);
	uint64_t sum = 0;

	for (int i = 0; i < count; i++) {
		uint64_t events = 0;

		if (lttng_channel_get_discarded_event_count(&channels[i],
							    &events) == 0)
			sum += events;
	}
	free(channels);
	return sum & INT64_MAX;
}

void recording_end(const struct recording *recording)
{
	(void)lttng_stop_tracing_no_wait(recording->name);
}

bool recording_stop(struct recording *recording, uint64_t *ret_discarded)
{
	int code = lttng_stop_tracing_no_wait(recording->name);

	/* Until the daemon has written what is in the buffers. */
	while (code >= 0 && (code = lttng_data_pending(recording->name)) > 0)
		pause_ms(POLL_MS);
	*ret_discarded = discarded(recording->handle);
	if (code >= 0 || code == -LTTNG_ERR_TRACE_ALREADY_STOPPED)
		return true;
	say("The trace is incomplete: The session daemon ended early: "
	    "error=\"%s\"",
	    lttng_strerror(code));
	return false;
}
