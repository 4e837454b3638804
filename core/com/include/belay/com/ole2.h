/* SPDX-License-Identifier: MIT */
/*
 * belay/com/ole2.h - the COM part of OLE
 */
#ifndef BELAY_COM_OLE2_H
#define BELAY_COM_OLE2_H

#include <belay/com/objbase.h>
#include <belay/com/winerror.h>

#endif
