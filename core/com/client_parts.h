/* SPDX-License-Identifier: MIT */
/*
 * client_parts.h - what the files of clients' calls share
 */
#ifndef BELAYI_COM_CLIENT_PARTS_H
#define BELAYI_COM_CLIENT_PARTS_H

#include "client_call.h"

static inline struct belayi_client_call *
belayi_client_of(const struct belay_ref *ref)
{
	return (struct belayi_client_call *)ref->call;
}

/* belayi_client_begun() - belay_operation.begun: takes the turn's message */
void belayi_client_begun(const struct belay_ref *ref);

#endif
