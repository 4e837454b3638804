/* SPDX-License-Identifier: MIT */
/*
 * belay/com/objbase.h - COM: its interfaces, classes and functions
 *
 * A program includes objbase.h, windows.h or ole2.h, or what `belay idl` made of
 * its IDL file, which includes those; and belay/com/apartment.h for what Linux
 * needs besides. All are found with the flags of
 *
 *	pkg-config --cflags --libs belay-com
 *
 * In C a method is called as IX_Method(object, ...) where COBJMACROS is defined
 * first, else as object->lpVtbl->Method(object, ...); in C++ as
 * object->Method(...). Ids of interfaces and classes are passed by address in
 * C, and by reference in C++, where __uuidof(IX) is one, too, and
 * IID_PPV_ARGS(&pointer) stands for the id and the address of a pointer.
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
