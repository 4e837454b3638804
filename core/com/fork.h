/* SPDX-License-Identifier: MIT */
/*
 * fork.h - what a child process gets of the runtime
 *
 * A child after fork is in no apartment, and has none; it may begin anew. What
 * it took over of apartments, calls and class objects it leaves alone.
 */
#ifndef BELAYI_COM_FORK_H
#define BELAYI_COM_FORK_H

#include <pthread.h>

/* belayi_forks_mind() - from now on; called when the library is loaded */
void belayi_forks_mind(void);

/*
 * belayi_fork_locks - every lock that is not part of an object
 *
 * In the order in which they nest, as far as they do; NULL ends it. A fork
 * takes them all, so that a child finds them free, and what they guard whole.
 * (Whatever an event's lock guards is of no use to a child: those are made
 * anew.) The lock that each is stands in the file that is named.
 */
extern pthread_mutex_t *const belayi_fork_locks[];

extern pthread_mutex_t belayi_threads_lock;        /* thread_calls.c */
extern pthread_mutex_t belayi_classes_lock;        /* classes.c */
extern pthread_mutex_t belayi_call_settings_lock;  /* call_security.c */
extern pthread_mutex_t belayi_proxy_settings_lock; /* faces.c */
extern pthread_mutex_t belayi_vtables_lock;        /* vtables.c */
extern pthread_mutex_t belayi_copies_lock;         /* proxy.c */
extern pthread_mutex_t belayi_interfaces_lock;     /* interface.c */
extern pthread_mutex_t belayi_apartments_lock;     /* apartment.c */

#endif
