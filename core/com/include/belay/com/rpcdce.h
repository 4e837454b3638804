/* SPDX-License-Identifier: MIT */
/*
 * belay/com/rpcdce.h - constants of IClientSecurity, and cancel's time-out
 */
#ifndef BELAY_COM_RPCDCE_H
#define BELAY_COM_RPCDCE_H

#include <belay/com/windef.h>

/* This machine's pointers have 64 bits: what widl writes asks for it. */
#ifndef __RPC_WIN64__
#define __RPC_WIN64__
#endif

#ifndef __RPC_FAR
#define __RPC_FAR
#endif
#define __RPC_API
#define __RPC_USER
#define __RPC_STUB
#define RPC_ENTRY
#define RPCRTAPI EXTERN_C BELAY_COM_EXPORT

typedef LONG RPC_STATUS;
typedef void *I_RPC_HANDLE;
typedef I_RPC_HANDLE RPC_BINDING_HANDLE;
typedef RPC_BINDING_HANDLE handle_t;
typedef void *RPC_IF_HANDLE;
typedef void *RPC_AUTH_IDENTITY_HANDLE;
typedef void *RPC_AUTHZ_HANDLE;
typedef GUID UUID;

/* Authentication service, and authorization service. */
#define RPC_C_AUTHN_NONE 0
#define RPC_C_AUTHN_WINNT 10
#define RPC_C_AUTHN_DEFAULT (-1)
#define RPC_C_AUTHZ_NONE 0
#define RPC_C_AUTHZ_NAME 1
#define RPC_C_AUTHZ_DCE 2
#define RPC_C_AUTHZ_DEFAULT (-1)

/* Authentication level. */
#define RPC_C_AUTHN_LEVEL_DEFAULT 0
#define RPC_C_AUTHN_LEVEL_NONE 1
#define RPC_C_AUTHN_LEVEL_CONNECT 2
#define RPC_C_AUTHN_LEVEL_CALL 3
#define RPC_C_AUTHN_LEVEL_PKT 4
#define RPC_C_AUTHN_LEVEL_PKT_INTEGRITY 5
#define RPC_C_AUTHN_LEVEL_PKT_PRIVACY 6

/* Impersonation level. */
#define RPC_C_IMP_LEVEL_DEFAULT 0
#define RPC_C_IMP_LEVEL_ANONYMOUS 1
#define RPC_C_IMP_LEVEL_IDENTIFY 2
#define RPC_C_IMP_LEVEL_IMPERSONATE 3
#define RPC_C_IMP_LEVEL_DELEGATE 4

/* Cancel's time-out, in seconds, "until the server is done". */
#ifndef RPC_C_CANCEL_INFINITE_TIMEOUT
#define RPC_C_CANCEL_INFINITE_TIMEOUT (-1)
#endif

#endif
