/* SPDX-License-Identifier: MIT */
/*
 * belay/com/cguid.h - the classes that the runtime has built in
 *
 * CLSID_ManualResetEvent: ISynchronize, ISynchronizeHandle, ISynchronizeEvent;
 *                         stays signaled until Reset; aggregatable
 * CLSID_StdEvent:         the same, but a wait that succeeds resets it
 * CLSID_SynchronizeContainer: ISynchronizeContainer
 *
 * and what IMarshal::GetUnmarshalClass answers for the marshalers that it has:
 *
 * CLSID_StdMarshal:          CoGetStandardMarshal()'s
 * CLSID_InProcFreeMarshaler: CoCreateFreeThreadedMarshaler()'s
 */
#ifndef BELAY_COM_CGUID_H
#define BELAY_COM_CGUID_H

#include <belay/com/guiddef.h>

DEFINE_GUID(GUID_NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
#define IID_NULL GUID_NULL
#define CLSID_NULL GUID_NULL
DEFINE_OLEGUID(CLSID_StdEvent, 0x0000032B, 0, 0);
DEFINE_OLEGUID(CLSID_ManualResetEvent, 0x0000032C, 0, 0);
DEFINE_OLEGUID(CLSID_SynchronizeContainer, 0x0000032D, 0, 0);
DEFINE_OLEGUID(CLSID_StdMarshal, 0x00000017, 0, 0);
DEFINE_OLEGUID(CLSID_InProcFreeMarshaler, 0x0000033A, 0, 0);

#endif
