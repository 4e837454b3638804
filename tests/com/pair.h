/* SPDX-License-Identifier: MIT */
/*
 * pair.h - two apartments, for tests of what goes from one to the other
 *
 * An object lives in `home`, and is used from `away`.
 */
#ifndef TESTS_COM_PAIR_H
#define TESTS_COM_PAIR_H

#include "check.h"
#include "parcels.h"

struct pair {
	DWORD home;
	DWORD away;
};

extern const struct pair sta_mta;
extern const struct pair mta_sta;
extern const struct pair sta_sta;

extern struct room home;
extern struct room away;

/*
 * open_rooms(), close_rooms() - set up and tear down a test
 *
 * state: of a struct pair; NULL: sta_mta
 */
int open_rooms(void **state);
int close_rooms(void **state);

/* PAIR_TEST() - a test of one pair, which its name tells */
#define PAIR_TEST(name, pair, open, close)                                     \
	{                                                                      \
#name " (" #pair ")", name, open, close, (void *)&(pair)       \
	}

/* IN_ROOMS() - a test of sta_mta; IN_PAIR() - of any one */
#define IN_ROOMS(name)                                                         \
	cmocka_unit_test_setup_teardown(name, open_rooms, close_rooms)
#define IN_PAIR(name, pair) PAIR_TEST(name, pair, open_rooms, close_rooms)

/* Everything is released where it was last; then nothing is left. */
#define assert_gone() assert_true(counted_go())

#endif
