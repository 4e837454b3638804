/* SPDX-License-Identifier: MIT */
/*
 * aio_line.h - what stands in glibc's line for a descriptor
 *
 * glibc serves the calls of a descriptor one by one. Where the first of them
 * is cancelled before a thread has taken it up, it (2.36) never serves those
 * behind it, until they are cancelled, too. Calls that have shadows can be
 * taken out of the line and queued again, and the program does not see it. So
 * where rules name calls of POSIX AIO, it is seen to that
 *
 * (A) behind a call that has a shadow there are only such calls;
 * (B) while somebody cancels, no call joins the line unseen.
 *
 * (A) fails where a call joins whose Begin interrupted another Begin on that
 * descriptor, in a signal handler; or for want of room. Such a line is known
 * for that, and then nothing with a shadow in it is cancelled.
 *
 * Who joins waits for nobody for ever: a signal handler may have interrupted
 * who is waited for.
 */
#ifndef BELAYI_AIO_LINE_H
#define BELAYI_AIO_LINE_H

#include <signal.h>

#include "aio_table.h"

/* --- Begin --- */

/*
 * belayi_lines_kept() - whether rules name calls of POSIX AIO, so that lines
 * are kept; to be asked at each Begin
 *
 * ref: a call that begins
 */
bool belayi_lines_kept(const struct belay_ref *ref);

/*
 * belayi_line_enter() - a call that has no shadow is about to be glibc's; then
 * say belayi_line_entered()
 *
 * Return: false: it must have one, and has not entered.
 */
bool belayi_line_enter(int fd);
void belayi_line_entered(int fd);

/* belayi_line_spoil() - it must have one, and there is no room */
void belayi_line_spoil(int fd);

/*
 * belayi_line_join() - a shadow, which is NEW, is about to be glibc's: it is
 * STARTING now; comes back once nobody cancels
 */
void belayi_line_join(struct belayi_shadow *s);

/* belayi_line_settled() - it is, and stands before all that join from now on */
void belayi_line_settled(struct belayi_shadow *s);

/* belayi_line_leave() - glibc is done with a shadow, or never took it */
void belayi_line_leave(int fd);

/* --- Cancel --- */

/* Of one thread at a time in a process; it takes no signals meanwhile. */
struct belayi_line_taken {
	int fd;
	sigset_t signals;
};

/* belayi_line_take() - from here on nobody joins; false: not to be had */
bool belayi_line_take(int fd, struct belayi_line_taken *ret_taken);
void belayi_line_let_go(const struct belayi_line_taken *taken);

/*
 * belayi_line_is_known() - whether (A) holds, and all shadows that joined are
 * glibc's; waits for that for a while
 */
bool belayi_line_is_known(int fd);

/*
 * belayi_line_mend() - after one was cancelled that was perhaps the first:
 * takes all shadows out of the line, and queues them again in their order
 *
 * canceled: the one that was cancelled, ASKING; or NULL
 */
void belayi_line_mend(int fd, const struct belayi_shadow *canceled);

/* belayi_line_insert() - into a list in the order in which they joined */
void belayi_line_insert(struct belayi_shadow **first, struct belayi_shadow *s);

/* belayi_line_again() - queues a list of them again, ASKING; RUNNING then */
void belayi_line_again(struct belayi_shadow *first);

#endif
