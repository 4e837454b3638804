/* SPDX-License-Identifier: MIT */
/*
 * acceptance.h - statements about COM, each tried in the arrangements it fits
 *
 * A program lists its statements; acceptance.c runs each in every pairing.
 */
#ifndef TESTS_COM_ACCEPTANCE_ACCEPTANCE_H
#define TESTS_COM_ACCEPTANCE_ACCEPTANCE_H

#include "check.h"
#include "pairing.h"

struct statement {
	int number; /* of the statement; 0 ends the list */
	const char *sentence;
	void (*test)(struct pairing *pairing);
	unsigned int kinds;
	unsigned int flags; /* of the server's object, and PAIR_UNKNOWN */
};

extern const struct statement statements[];

/* How long "at once" may take on a busy machine. */
#define AT_ONCE_MS 1000

/* acceptance_same_object() - whether two pointers have one IUnknown */
bool acceptance_same_object(void *one, void *other);

/* A thread in the client's MTA; joined by acceptance_join(). */
struct acceptance_thread {
	pthread_t thread;
	void (*run)(void *data);
	void *data;
};
void acceptance_spawn(struct acceptance_thread *thread, void (*run)(void *data),
		      void *data);
void acceptance_join(struct acceptance_thread *thread);

#endif
