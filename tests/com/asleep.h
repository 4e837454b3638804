/* SPDX-License-Identifier: MIT */
/*
 * asleep.h - whether a thread of this process sleeps
 *
 * So a test can wait until another thread waits, and need not guess how long
 * that takes.
 */
#ifndef TESTS_COM_ASLEEP_H
#define TESTS_COM_ASLEEP_H

#include <stdbool.h>
#include <sys/types.h>

/* thread_is_asleep() - as /proc says; false where there is no such thread */
bool thread_is_asleep(pid_t thread);

/* thread_await_sleep() - until it sleeps; ends the program where it does not */
void thread_await_sleep(pid_t thread);

#endif
