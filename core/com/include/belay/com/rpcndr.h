/* SPDX-License-Identifier: MIT */
/*
 * belay/com/rpcndr.h - what the format strings of widl -Oif are wrapped in
 *
 * Types that NAME.h and NAME_p.c use by name. Programs need none of them. The
 * members that such a file initialises have the order and the types of
 * Windows; MIDL_STUB_MESSAGE has the members that its routines read.
 */
#ifndef BELAY_COM_RPCNDR_H
#define BELAY_COM_RPCNDR_H

#include <belay/com/rpcdce.h>
#include <belay/com/windef.h>

#ifndef __RPCNDR_H_VERSION__
#define __RPCNDR_H_VERSION__ 475
#endif

/* Base types of IDL. `unsigned small` must be one, too: hence a macro. */
typedef unsigned char byte;
typedef unsigned char boolean;
typedef int64_t hyper;
typedef uint64_t MIDL_uhyper;
#ifndef small
#define small char
#endif

#define NdrFcShort(s)                                                          \
	(unsigned char)((s)&0xff), (unsigned char)(((s)&0xffff) >> 8)
#define NdrFcLong(l)                                                           \
	(unsigned char)((l)&0xff), (unsigned char)(((l)&0x0000ff00) >> 8),     \
		(unsigned char)(((l)&0x00ff0000) >> 16),                       \
		(unsigned char)(((l)&0xffffffff) >> 24)

interface IRpcChannelBuffer;
interface IRpcStubBuffer;

typedef struct _RPC_MESSAGE {
	RPC_BINDING_HANDLE Handle;
	ULONG DataRepresentation;
	void *Buffer;
	unsigned int BufferLength;
	unsigned int ProcNum;
	void *TransferSyntax;
	void *RpcInterfaceInformation;
	void *ReservedForRuntime;
	void *ManagerEpv;
	void *ImportContext;
	ULONG RpcFlags;
} RPC_MESSAGE, *PRPC_MESSAGE;

typedef struct _MIDL_STUB_MESSAGE MIDL_STUB_MESSAGE, *PMIDL_STUB_MESSAGE;
typedef struct _MIDL_STUB_DESC MIDL_STUB_DESC;
typedef const MIDL_STUB_DESC *PMIDL_STUB_DESC;
typedef const unsigned char *PFORMAT_STRING;

/* Computes the count of an array from the parameters at StackTop. */
typedef void(__RPC_USER *EXPR_EVAL)(PMIDL_STUB_MESSAGE);

/*
 * What routines of a _p.c file see of a call. StackTop is the image of the
 * parameters: one slot of 8 bytes each, the first is the object, and by-value
 * structs of other sizes than 1, 2, 4 and 8 bytes are references in it. In
 * a struct it is the struct's address. MaxCount and Offset are their answer.
 */
struct _MIDL_STUB_MESSAGE {
	PRPC_MESSAGE RpcMsg;
	unsigned char *Buffer;
	unsigned char *BufferStart;
	unsigned char *BufferEnd;
	unsigned char *BufferMark;
	ULONG BufferLength;
	ULONG MemorySize;
	unsigned char *Memory;
	unsigned char IsClient;
	unsigned char *StackTop;
	ULONG_PTR MaxCount;
	ULONG Offset;
	ULONG ActualCount;
	void *(*pfnAllocate)(size_t);
	void (*pfnFree)(void *);
	PMIDL_STUB_DESC StubDesc;
	interface IRpcChannelBuffer *pRpcChannelBuffer;
	ULONG dwDestContext;
	void *pvDestContext;
};

/* [wire_marshal] and [user_marshal]: the four routines of a type. */
typedef ULONG(__RPC_USER *USER_MARSHAL_SIZING_ROUTINE)(ULONG *, ULONG, void *);
typedef unsigned char *(__RPC_USER *USER_MARSHAL_MARSHALLING_ROUTINE)(
	ULONG *, unsigned char *, void *);
typedef unsigned char *(__RPC_USER *USER_MARSHAL_UNMARSHALLING_ROUTINE)(
	ULONG *, unsigned char *, void *);
typedef void(__RPC_USER *USER_MARSHAL_FREEING_ROUTINE)(ULONG *, void *);

typedef struct _USER_MARSHAL_ROUTINE_QUADRUPLE {
	USER_MARSHAL_SIZING_ROUTINE pfnBufferSize;
	USER_MARSHAL_MARSHALLING_ROUTINE pfnMarshall;
	USER_MARSHAL_UNMARSHALLING_ROUTINE pfnUnmarshall;
	USER_MARSHAL_FREEING_ROUTINE pfnFree;
} USER_MARSHAL_ROUTINE_QUADRUPLE;

typedef void(__RPC_USER *NDR_RUNDOWN)(void *);
typedef void(__RPC_USER *NDR_NOTIFY_ROUTINE)(void);
typedef struct _GENERIC_BINDING_ROUTINE_PAIR GENERIC_BINDING_ROUTINE_PAIR;
typedef struct _XMIT_ROUTINE_QUINTUPLE XMIT_ROUTINE_QUINTUPLE;
typedef struct _MALLOC_FREE_STRUCT MALLOC_FREE_STRUCT;
typedef struct _COMM_FAULT_OFFSETS COMM_FAULT_OFFSETS;
typedef struct _NDR_CS_ROUTINES NDR_CS_ROUTINES;
typedef struct _NDR_EXPR_DESC NDR_EXPR_DESC;
typedef struct _GENERIC_BINDING_INFO GENERIC_BINDING_INFO;
typedef struct _RPC_SYNTAX_IDENTIFIER RPC_SYNTAX_IDENTIFIER;
typedef struct _MIDL_SYNTAX_INFO MIDL_SYNTAX_INFO;

/* struct _MIDL_STUB_DESC - what all interfaces of a file share */
struct _MIDL_STUB_DESC {
	void *RpcInterfaceInformation;
	void *(__RPC_API *pfnAllocate)(size_t);
	void(__RPC_API *pfnFree)(void *);
	union {
		handle_t *pAutoHandle;
		handle_t *pPrimitiveHandle;
		GENERIC_BINDING_INFO *pGenericBindingInfo;
	} IMPLICIT_HANDLE_INFO;
	const NDR_RUNDOWN *apfnNdrRundownRoutines;
	const GENERIC_BINDING_ROUTINE_PAIR *aGenericBindingRoutinePairs;
	const EXPR_EVAL *apfnExprEval;
	const XMIT_ROUTINE_QUINTUPLE *aXmitQuintuple;
	const unsigned char *pFormatTypes;
	int fCheckBounds;
	ULONG Version;
	MALLOC_FREE_STRUCT *pMallocFreeStruct;
	LONG MIDLVersion;
	const COMM_FAULT_OFFSETS *CommFaultOffsets;
	const USER_MARSHAL_ROUTINE_QUADRUPLE *aUserMarshalQuadruple;
	const NDR_NOTIFY_ROUTINE *NotifyRoutineTable;
	ULONG_PTR mFlags;
	const NDR_CS_ROUTINES *CsRoutineTables;
	void *ProxyServerInfo;
	const NDR_EXPR_DESC *pExprInfo;
};

typedef void(__RPC_API *STUB_THUNK)(PMIDL_STUB_MESSAGE);
typedef LONG(__RPC_API *SERVER_ROUTINE)(void);

typedef struct _MIDL_SERVER_INFO_ {
	PMIDL_STUB_DESC pStubDesc;
	const SERVER_ROUTINE *DispatchTable;
	PFORMAT_STRING ProcString;
	const unsigned short *FmtStringOffset;
	const STUB_THUNK *ThunkTable;
	RPC_SYNTAX_IDENTIFIER *pTransferSyntax;
	ULONG_PTR nCount;
	MIDL_SYNTAX_INFO *pSyntaxInfo;
} MIDL_SERVER_INFO, *PMIDL_SERVER_INFO;

typedef struct _MIDL_STUBLESS_PROXY_INFO {
	PMIDL_STUB_DESC pStubDesc;
	PFORMAT_STRING ProcFormatString;
	const unsigned short *FormatStringOffset;
	RPC_SYNTAX_IDENTIFIER *pTransferSyntax;
	ULONG_PTR nCount;
	MIDL_SYNTAX_INFO *pSyntaxInfo;
} MIDL_STUBLESS_PROXY_INFO, *PMIDL_STUBLESS_PROXY_INFO;

typedef union _CLIENT_CALL_RETURN {
	void *Pointer;
	LONG_PTR Simple;
} CLIENT_CALL_RETURN;

/*
 * NdrOleAllocate(), NdrOleFree() - memory that crosses an interface
 *
 * What a NAME_p.c calls. It is the same memory as CoTaskMemAlloc()'s.
 *
 * Return: `size` bytes, also where that is 0; NULL: there is not enough.
 */
RPCRTAPI void *RPC_ENTRY NdrOleAllocate(size_t size);
RPCRTAPI void RPC_ENTRY NdrOleFree(void *memory);

/*
 * NdrClientCall2() - there for the linker
 *
 * A NAME_p.c refers to it where a method is [call_as].
 * belay_register_proxies() refuses such a file, so that there is no proxy that
 * could be called with it.
 *
 * Return: E_NOTIMPL.
 */
RPCRTAPI CLIENT_CALL_RETURN RPC_ENTRY
NdrClientCall2(PMIDL_STUB_DESC description, PFORMAT_STRING format, ...);

#endif
