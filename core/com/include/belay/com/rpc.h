/* SPDX-License-Identifier: MIT */
/*
 * belay/com/rpc.h - the names of RPC that COM's interfaces use
 */
#ifndef BELAY_COM_RPC_H
#define BELAY_COM_RPC_H

#include <belay/com/rpcdce.h>
#include <belay/com/rpcndr.h>
#include <belay/com/windef.h>
#include <belay/com/winerror.h>

#endif
