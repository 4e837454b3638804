/* SPDX-License-Identifier: MIT */
/*
 * observer.h - the hooks of the one observer, as the call object calls them
 */
#ifndef BELAYI_OBSERVER_H
#define BELAYI_OBSERVER_H

#include <belay/observer.h>

extern const struct belay_observer *belayi_observer;

/*
 * BELAYI_HOOK() - the observer, if it has the hook; else NULL
 *
 * Relaxed: an observer is a constant, or was written long before it was set.
 */
#define BELAYI_HOOK(hook)                                                      \
	({                                                                     \
		const struct belay_observer *o_ =                              \
			__atomic_load_n(&belayi_observer, __ATOMIC_RELAXED);   \
		o_ && o_->size > offsetof(struct belay_observer, hook) &&      \
				o_->hook                                       \
			? o_                                                   \
			: NULL;                                                \
	})

#endif
