/* SPDX-License-Identifier: MIT */
/*
 * fork.c - what a child process gets of the runtime
 */
#include "fork.h"

#include <stddef.h>

#include "apartment_parts.h"
#include "classes.h"
#include "event.h"
#include "packet.h"
#include "table.h"
#include "thread_calls.h"

pthread_mutex_t *const belayi_fork_locks[] = {
	&belayi_threads_lock,       &belayi_classes_lock,
	&belayi_call_settings_lock, &belayi_proxy_settings_lock,
	&belayi_vtables_lock,       &belayi_copies_lock,
	&belayi_interfaces_lock,    &belayi_apartments_lock,
	&belayi_tables_lock,        NULL,
};

static void lock_all(void)
{
	unsigned int i;

	for (i = 0; belayi_fork_locks[i]; i++)
		(void)pthread_mutex_lock(belayi_fork_locks[i]);
}

static void unlock_all(void)
{
	unsigned int i;

	for (i = 0; belayi_fork_locks[i]; i++)
		(void)pthread_mutex_unlock(belayi_fork_locks[i]);
}

static void in_child(void)
{
	belayi_apartments_in_child();
	belayi_classes_in_child();
	belayi_thread_calls_in_child();
	belayi_events_in_child();
	belayi_packets_in_child();
	unlock_all();
}

void belayi_forks_mind(void)
{
	(void)pthread_atfork(lock_all, unlock_all, in_child);
}
