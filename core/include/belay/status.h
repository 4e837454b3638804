/* SPDX-License-Identifier: MIT */
/*
 * belay/status.h - HRESULT and the status codes that Belay uses
 *
 * The values are COM's own, bit for bit. A set top bit means failure, so
 * RPC_S_CALLPENDING is a failure code in spite of its name: compare with ==.
 * The header defines nothing that an including program has defined already.
 */
#ifndef BELAY_STATUS_H
#define BELAY_STATUS_H

#include <stdint.h>

#ifndef _HRESULT_DEFINED
#define _HRESULT_DEFINED
typedef int32_t HRESULT;
#endif

#ifndef SUCCEEDED
#define SUCCEEDED(hr) ((HRESULT)(hr) >= 0)
#define FAILED(hr) ((HRESULT)(hr) < 0)
#endif

/* Results of the generic kind. */
#define S_OK ((HRESULT)0x00000000)
#define E_NOTIMPL ((HRESULT)0x80004001)
#define E_NOINTERFACE ((HRESULT)0x80004002)
#define E_POINTER ((HRESULT)0x80004003)
#define E_FAIL ((HRESULT)0x80004005)
#define E_UNEXPECTED ((HRESULT)0x8000FFFF)
#define E_ACCESSDENIED ((HRESULT)0x80070005)
#define E_OUTOFMEMORY ((HRESULT)0x8007000E)
#define E_INVALIDARG ((HRESULT)0x80070057)

/*
 * Results of the call contract.
 *
 * RPC_S_CALLPENDING:     Begin_ while a call is outstanding; a wait that timed
 *                        out; a test for cancel on a call that was not
 *                        cancelled.
 * RPC_E_CALL_CANCELED:   Finish_ of a cancelled call; a second Cancel; a test
 *                        for cancel on a cancelled call.
 * RPC_E_CALL_COMPLETE:   Finish_ with no call in progress; Cancel of a call
 *                        that has completed.
 */
#define RPC_S_CALLPENDING ((HRESULT)0x80010115)
#define RPC_E_CALL_CANCELED ((HRESULT)0x80010002)
#define RPC_E_CALL_COMPLETE ((HRESULT)0x80010117)
#define RPC_E_SERVER_DIED ((HRESULT)0x80010007)
#define RPC_E_DISCONNECTED ((HRESULT)0x80010108)
#define RPC_E_TIMEOUT ((HRESULT)0x8001011F)

/* The documentation's spelling; winerror.h has no such symbol. */
#define RPC_E_CALL_PENDING RPC_S_CALLPENDING

/* Cancel's time-out "until the other side is done", and Wait's "for ever". */
#ifndef RPC_C_CANCEL_INFINITE_TIMEOUT
#define RPC_C_CANCEL_INFINITE_TIMEOUT (-1)
#endif
#ifndef INFINITE
#define INFINITE 0xFFFFFFFFU
#endif

#endif
