/* SPDX-License-Identifier: MIT */
/*
 * hresults.h - the HRESULTs that stand for failures, by their names
 *
 * The list is data, so that the header needs none of COM's: a test compares it
 * with those. RPC_S_ and RPC_X_ are numbers of Windows there, and here what
 * HRESULT_FROM_WIN32() makes of them.
 */
#ifndef BELAYI_HRESULTS_H
#define BELAYI_HRESULTS_H

/* What a call to an object that lives elsewhere ends with when it goes wrong. */
#define BELAYI_HRESULTS_DRAWN(X)                                               \
	X(E_FAIL, 0x80004005)                                                  \
	X(E_OUTOFMEMORY, 0x8007000E)                                           \
	X(E_UNEXPECTED, 0x8000FFFF)                                            \
	X(RPC_E_DISCONNECTED, 0x80010108)                                      \
	X(RPC_E_SERVERFAULT, 0x80010105)                                       \
	X(RPC_E_SERVER_DIED, 0x80010007)                                       \
	X(RPC_E_SERVERCALL_RETRYLATER, 0x8001010A)                             \
	X(RPC_E_CALL_REJECTED, 0x80010001)                                     \
	X(RPC_E_SERVER_CANTUNMARSHAL_DATA, 0x8001000E)                         \
	X(RPC_E_OUT_OF_RESOURCES, 0x80010101)

/* The others. */
#define BELAYI_HRESULTS_MORE(X)                                                \
	X(E_PENDING, 0x8000000A)                                               \
	X(E_BOUNDS, 0x8000000B)                                                \
	X(E_CHANGED_STATE, 0x8000000C)                                         \
	X(E_ILLEGAL_STATE_CHANGE, 0x8000000D)                                  \
	X(E_ILLEGAL_METHOD_CALL, 0x8000000E)                                   \
	X(E_NOTIMPL, 0x80004001)                                               \
	X(E_NOINTERFACE, 0x80004002)                                           \
	X(E_POINTER, 0x80004003)                                               \
	X(E_ABORT, 0x80004004)                                                 \
	X(CO_E_INIT_TLS, 0x80004006)                                           \
	X(CO_E_NOT_SUPPORTED, 0x80004021)                                      \
	X(RPC_E_CALL_CANCELED, 0x80010002)                                     \
	X(RPC_E_CANTPOST_INSENDCALL, 0x80010003)                               \
	X(RPC_E_CANTCALLOUT_INASYNCCALL, 0x80010004)                           \
	X(RPC_E_CANTCALLOUT_INEXTERNALCALL, 0x80010005)                        \
	X(RPC_E_CONNECTION_TERMINATED, 0x80010006)                             \
	X(RPC_E_CLIENT_DIED, 0x80010008)                                       \
	X(RPC_E_INVALID_DATAPACKET, 0x80010009)                                \
	X(RPC_E_CANTTRANSMIT_CALL, 0x8001000A)                                 \
	X(RPC_E_CLIENT_CANTMARSHAL_DATA, 0x8001000B)                           \
	X(RPC_E_CLIENT_CANTUNMARSHAL_DATA, 0x8001000C)                         \
	X(RPC_E_SERVER_CANTMARSHAL_DATA, 0x8001000D)                           \
	X(RPC_E_INVALID_DATA, 0x8001000F)                                      \
	X(RPC_E_INVALID_PARAMETER, 0x80010010)                                 \
	X(RPC_E_CANTCALLOUT_AGAIN, 0x80010011)                                 \
	X(RPC_E_SERVER_DIED_DNE, 0x80010012)                                   \
	X(RPC_E_SYS_CALL_FAILED, 0x80010100)                                   \
	X(RPC_E_ATTEMPTED_MULTITHREAD, 0x80010102)                             \
	X(RPC_E_NOT_REGISTERED, 0x80010103)                                    \
	X(RPC_E_FAULT, 0x80010104)                                             \
	X(RPC_E_CHANGED_MODE, 0x80010106)                                      \
	X(RPC_E_INVALIDMETHOD, 0x80010107)                                     \
	X(RPC_E_RETRY, 0x80010109)                                             \
	X(RPC_E_SERVERCALL_REJECTED, 0x8001010B)                               \
	X(RPC_E_INVALID_CALLDATA, 0x8001010C)                                  \
	X(RPC_E_CANTCALLOUT_ININPUTSYNCCALL, 0x8001010D)                       \
	X(RPC_E_WRONG_THREAD, 0x8001010E)                                      \
	X(RPC_E_THREAD_NOT_INIT, 0x8001010F)                                   \
	X(RPC_E_VERSION_MISMATCH, 0x80010110)                                  \
	X(RPC_E_INVALID_HEADER, 0x80010111)                                    \
	X(RPC_E_INVALID_EXTENSION, 0x80010112)                                 \
	X(RPC_E_INVALID_IPID, 0x80010113)                                      \
	X(RPC_E_INVALID_OBJECT, 0x80010114)                                    \
	X(RPC_S_CALLPENDING, 0x80010115)                                       \
	X(RPC_S_WAITONTIMER, 0x80010116)                                       \
	X(RPC_E_CALL_COMPLETE, 0x80010117)                                     \
	X(RPC_E_UNSECURE_CALL, 0x80010118)                                     \
	X(RPC_E_TOO_LATE, 0x80010119)                                          \
	X(RPC_E_NO_GOOD_SECURITY_PACKAGES, 0x8001011A)                         \
	X(RPC_E_ACCESS_DENIED, 0x8001011B)                                     \
	X(RPC_E_REMOTE_DISABLED, 0x8001011C)                                   \
	X(RPC_E_INVALID_OBJREF, 0x8001011D)                                    \
	X(RPC_E_NO_CONTEXT, 0x8001011E)                                        \
	X(RPC_E_TIMEOUT, 0x8001011F)                                           \
	X(RPC_E_NO_SYNC, 0x80010120)                                           \
	X(RPC_E_FULLSIC_REQUIRED, 0x80010121)                                  \
	X(RPC_E_INVALID_STD_NAME, 0x80010122)                                  \
	X(CO_E_FAILEDTOIMPERSONATE, 0x80010123)                                \
	X(CO_E_FAILEDTOGETSECCTX, 0x80010124)                                  \
	X(CO_E_CANCEL_DISABLED, 0x80010140)                                    \
	X(RPC_E_UNEXPECTED, 0x8001FFFF)                                        \
	X(STG_E_INVALIDFUNCTION, 0x80030001)                                   \
	X(STG_E_ACCESSDENIED, 0x80030005)                                      \
	X(STG_E_INVALIDHANDLE, 0x80030006)                                     \
	X(STG_E_INSUFFICIENTMEMORY, 0x80030008)                                \
	X(STG_E_INVALIDPOINTER, 0x80030009)                                    \
	X(STG_E_SEEKERROR, 0x80030019)                                         \
	X(STG_E_WRITEFAULT, 0x8003001D)                                        \
	X(STG_E_READFAULT, 0x8003001E)                                         \
	X(STG_E_LOCKVIOLATION, 0x80030021)                                     \
	X(STG_E_INVALIDPARAMETER, 0x80030057)                                  \
	X(STG_E_MEDIUMFULL, 0x80030070)                                        \
	X(STG_E_ABNORMALAPIEXIT, 0x800300FA)                                   \
	X(STG_E_INVALIDFLAG, 0x800300FF)                                       \
	X(STG_E_REVERTED, 0x80030102)                                          \
	X(STG_E_CANTSAVE, 0x80030103)                                          \
	X(CLASS_E_NOAGGREGATION, 0x80040110)                                   \
	X(CLASS_E_CLASSNOTAVAILABLE, 0x80040111)                               \
	X(REGDB_E_CLASSNOTREG, 0x80040154)                                     \
	X(REGDB_E_IIDNOTREG, 0x80040155)                                       \
	X(CO_E_NOTINITIALIZED, 0x800401F0)                                     \
	X(CO_E_ALREADYINITIALIZED, 0x800401F1)                                 \
	X(CO_E_CLASSSTRING, 0x800401F3)                                        \
	X(CO_E_IIDSTRING, 0x800401F4)                                          \
	X(CO_E_OBJNOTREG, 0x800401FB)                                          \
	X(CO_E_OBJISREG, 0x800401FC)                                           \
	X(CO_E_OBJNOTCONNECTED, 0x800401FD)                                    \
	X(CO_E_RELEASED, 0x800401FF)                                           \
	X(E_ACCESSDENIED, 0x80070005)                                          \
	X(E_HANDLE, 0x80070006)                                                \
	X(E_INVALIDARG, 0x80070057)                                            \
	X(RPC_S_SERVER_UNAVAILABLE, 0x800706BA)                                \
	X(RPC_S_CALL_FAILED, 0x800706BE)                                       \
	X(RPC_S_CALL_FAILED_DNE, 0x800706BF)                                   \
	X(RPC_X_NULL_REF_POINTER, 0x800706F4)                                  \
	X(RPC_X_ENUM_VALUE_OUT_OF_RANGE, 0x800706F5)                           \
	X(RPC_X_BYTE_COUNT_TOO_SMALL, 0x800706F6)                              \
	X(RPC_X_BAD_STUB_DATA, 0x800706F7)                                     \
	X(RPC_S_CALL_CANCELLED, 0x8007071A)

#endif
