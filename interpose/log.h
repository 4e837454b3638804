/* SPDX-License-Identifier: MIT */
/*
 * log.h - the one place of the interposer that writes to stderr
 */
#ifndef BELAYI_LOG_H
#define BELAYI_LOG_H

/* belayi_log_start() - remembers what stderr is */
void belayi_log_start(void);

/*
 * belayi_log() - writes one line, "belay: Cannot open x: path=\"...\""
 *
 * Only where something of Belay's own is off; never for a call. Silent once
 * stderr is no longer what it was at the start: a program that closed all
 * descriptors may have a file of its own under that number. Keeps errno.
 */
__attribute__((format(printf, 1, 2))) void belayi_log(const char *format, ...);

#endif
