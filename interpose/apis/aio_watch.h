/* SPDX-License-Identifier: MIT */
/*
 * aio_watch.h - the watcher: sees when shadows are over
 */
#ifndef BELAYI_AIO_WATCH_H
#define BELAYI_AIO_WATCH_H

#include "aio_table.h"

/* belayi_watch_make() - sees to it that there is a watcher; false if not */
bool belayi_watch_make(void);

/*
 * belayi_watch_waits() - whether a sync must wait for calls of its descriptor
 * that were begun before it
 */
bool belayi_watch_waits(const struct belayi_shadow *s);

#endif
