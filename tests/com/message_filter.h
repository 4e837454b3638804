/* SPDX-License-Identifier: MIT */
/*
 * message_filter.h - a message filter that lets wait once, then answers
 */
#ifndef TESTS_COM_MESSAGE_FILTER_H
#define TESTS_COM_MESSAGE_FILTER_H

#include <belay/com/objbase.h>

struct filter {
	IMessageFilter iface;
	ULONG references;
	DWORD answer;
	unsigned int asked;
	DWORD type;
	DWORD ticks;
};

extern IMessageFilterVtbl filter_vtbl;

#define FILTER(what)                                                           \
	{                                                                      \
		.iface = {&filter_vtbl}, .references = 1, .answer = (what)     \
	}

#endif
