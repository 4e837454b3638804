/* SPDX-License-Identifier: MIT */
/*
 * belay/com/objbase.h - COM: its interfaces, classes and functions
 */
#ifndef BELAY_COM_OBJBASE_H
#define BELAY_COM_OBJBASE_H

#include <belay/com/rpc.h>
#include <belay/com/windef.h>
#include <belay/com/winerror.h>

#include <belay/com/unknwn.h>

#include <belay/com/objidl.h>

#include <belay/com/cguid.h>
#include <belay/com/combaseapi.h>

#endif
