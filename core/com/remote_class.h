/* SPDX-License-Identifier: MIT */
/*
 * remote_class.h - class objects that live in another apartment
 */
#ifndef BELAYI_REMOTE_CLASS_H
#define BELAYI_REMOTE_CLASS_H

#include "classes.h"

/*
 * belayi_remote_class() - an interface of a class object, for this apartment
 *
 * Waits for the class's apartment, which must dispatch.
 *
 * Return: S_OK; RPC_E_DISCONNECTED: that apartment has ended;
 *         REGDB_E_CLASSNOTREG: the class was revoked meanwhile; what the class
 *         object says, or marshaling.
 */
HRESULT belayi_remote_class(const struct belayi_class *class, REFIID riid,
			    void **ppv);

#endif
