/* SPDX-License-Identifier: MIT */
/*
 * ftm.h - the free-threaded marshaler
 */
#ifndef BELAYI_COM_FTM_H
#define BELAYI_COM_FTM_H

#include <belay/com/objbase.h>

/* belayi_ftm_unmarshaler() - one that is nobody's part, to read such packets */
HRESULT belayi_ftm_unmarshaler(IMarshal **ret_marshal);

#endif
