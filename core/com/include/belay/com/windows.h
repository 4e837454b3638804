/* SPDX-License-Identifier: MIT */
/*
 * belay/com/windows.h - what of <windows.h> a COM program needs
 *
 * There is no message pump and no kernel object here; ole2.h comes with it, as
 * it does there unless WIN32_LEAN_AND_MEAN is defined.
 */
#ifndef BELAY_COM_WINDOWS_H
#define BELAY_COM_WINDOWS_H

#include <belay/com/windef.h>
#include <belay/com/winerror.h>

#include <belay/com/rpc.h>

#ifndef WIN32_LEAN_AND_MEAN
#include <belay/com/ole2.h>
#endif

#endif
