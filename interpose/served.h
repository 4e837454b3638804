/* SPDX-License-Identifier: MIT */
/*
 * served.h - the calls that this process serves for others, or for itself
 */
#ifndef BELAYI_SERVED_H
#define BELAYI_SERVED_H

#include <belay/observer.h>

/* belayi_served_enter(), belayi_served_exit() - as an observer is told */
void belayi_served_enter(const struct belay_server_call *server);
void belayi_served_exit(const struct belay_server_call *server, int32_t status,
			uint64_t duration_ns);

#endif
