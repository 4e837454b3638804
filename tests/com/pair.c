/* SPDX-License-Identifier: MIT */
/*
 * pair.c - two apartments, for tests of what goes from one to the other
 */
#include "pair.h"

const struct pair sta_mta = {COINIT_APARTMENTTHREADED, COINIT_MULTITHREADED};
const struct pair mta_sta = {COINIT_MULTITHREADED, COINIT_APARTMENTTHREADED};
const struct pair sta_sta = {COINIT_APARTMENTTHREADED,
			     COINIT_APARTMENTTHREADED};

struct room home;
struct room away;

int open_rooms(void **state)
{
	const struct pair *pair = *state ? *state : &sta_mta;

	counted_register();
	room_open(&home, pair->home);
	room_open(&away, pair->away);
	return 0;
}

int close_rooms(void **state)
{
	(void)state;
	room_close(&away);
	room_close(&home);
	return counted_alive() ? -1 : 0;
}
