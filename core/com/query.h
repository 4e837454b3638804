/* SPDX-License-Identifier: MIT */
/*
 * query.h - asks an object of another apartment for an interface
 */
#ifndef BELAYI_COM_QUERY_H
#define BELAYI_COM_QUERY_H

#include <belay/com/objbase.h>

struct belayi_export;
struct belayi_stub;

/*
 * belayi_query_stub() - belayi_stub_query(), from any apartment
 *
 * Waits for the object's answer, and pumps meanwhile in an STA. No reference
 * is added.
 *
 * Return: as belayi_stub_query().
 */
HRESULT belayi_query_stub(struct belayi_export *export, REFIID iid,
			  struct belayi_stub **ret_stub);

#endif
