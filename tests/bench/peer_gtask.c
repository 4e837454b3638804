/* SPDX-License-Identifier: MIT */
/*
 * peer_gtask.c - g_task_run_in_thread(): work on another thread, and word of it
 *
 *     peer_gtask CHUNKS CALLS IN-FLIGHT
 *
 * Prints the smallest and the median chunk, in ns of one task.
 */
#include <gio/gio.h>

#include "chunks.h"

static struct chunks chunks;
static unsigned int left;    /* to be begun in this chunk */
static unsigned int running; /* begun and not finished */

static void work(GTask *task, gpointer source, gpointer data,
		 GCancellable *cancellable)
{
	(void)source;
	(void)data;
	(void)cancellable;
	g_task_return_int(task, 1);
}

static void finish(GObject *source, GAsyncResult *result, gpointer data);

static void begin(void)
{
	GTask *task = g_task_new(NULL, NULL, finish, NULL);

	left--;
	running++;
	g_task_run_in_thread(task, work);
	g_object_unref(task);
}

static void finish(GObject *source, GAsyncResult *result, gpointer data)
{
	(void)source;
	(void)data;
	(void)g_task_propagate_int(G_TASK(result), NULL);
	running--;
	if (left)
		begin();
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 1 ? (unsigned int)atoi(argv[1]) : 100;
	unsigned int units = argc > 2 ? (unsigned int)atoi(argv[2]) : 100;
	unsigned int in_flight = argc > 3 ? (unsigned int)atoi(argv[3]) : 1;

	if (count == 0 || in_flight == 0 || units < in_flight)
		return 2;
	for (unsigned int i = 0; i < count; i++) {
		uint64_t started = chunks_now();

		left = units;
		for (unsigned int j = 0; j < in_flight; j++)
			begin();
		while (left || running)
			(void)g_main_context_iteration(NULL, TRUE);
		chunks_add(&chunks, started, units);
	}
	chunks_print(&chunks);
	return 0;
}
