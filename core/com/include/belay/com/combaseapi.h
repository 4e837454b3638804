/* SPDX-License-Identifier: MIT */
/*
 * belay/com/combaseapi.h - COM's functions
 *
 * Names, arguments and results are COM's. Unless said otherwise a function
 * may be called on any thread that is in an apartment, and CO_E_NOTINITIALIZED
 * says that it is in none; interface pointers that come out are counted, are
 * NULL after a failure, and are good in the caller's apartment only.
 */
#ifndef BELAY_COM_COMBASEAPI_H
#define BELAY_COM_COMBASEAPI_H

#include <belay/com/objidl.h>
#include <belay/com/unknwn.h>

typedef enum tagCOINIT {
	COINIT_MULTITHREADED = 0x0,
	COINIT_APARTMENTTHREADED = 0x2,
	COINIT_DISABLE_OLE1DDE = 0x4,
	COINIT_SPEED_OVER_MEMORY = 0x8,
} COINIT;

typedef enum tagREGCLS {
	REGCLS_SINGLEUSE = 0,
	REGCLS_MULTIPLEUSE = 1,
	REGCLS_MULTI_SEPARATE = 2,
	REGCLS_SUSPENDED = 4,
	REGCLS_SURROGATE = 8,
} REGCLS;

typedef enum tagCOWAIT_FLAGS {
	COWAIT_DEFAULT = 0,
	COWAIT_WAITALL = 1,
	COWAIT_ALERTABLE = 2,
	COWAIT_INPUTAVAILABLE = 4,
	COWAIT_DISPATCH_CALLS = 8,
	COWAIT_DISPATCH_WINDOW_MESSAGES = 0x10,
} COWAIT_FLAGS;

/* The thread's apartment. */
WINOLEAPI CoInitialize(LPVOID reserved);
WINOLEAPI CoInitializeEx(LPVOID reserved, DWORD coinit);
WINOLEAPI_(void) CoUninitialize(void);

/* Classes of this process. */
WINOLEAPI CoRegisterClassObject(REFCLSID clsid, LPUNKNOWN object, DWORD context,
				DWORD regcls, LPDWORD ret_cookie);
WINOLEAPI CoRevokeClassObject(DWORD cookie);
WINOLEAPI CoGetClassObject(REFCLSID clsid, DWORD context, LPVOID reserved,
			   REFIID riid, LPVOID *ppv);
WINOLEAPI CoCreateInstance(REFCLSID clsid, LPUNKNOWN outer, DWORD context,
			   REFIID riid, LPVOID *ppv);

/* Marshaling. */
WINOLEAPI CoMarshalInterface(LPSTREAM stream, REFIID riid, LPUNKNOWN object,
			     DWORD mshctx, LPVOID context, DWORD mshlflags);
WINOLEAPI CoUnmarshalInterface(LPSTREAM stream, REFIID riid, LPVOID *ppv);
WINOLEAPI CoReleaseMarshalData(LPSTREAM stream);
WINOLEAPI CoGetMarshalSizeMax(ULONG *ret_size, REFIID riid, LPUNKNOWN object,
			      DWORD mshctx, LPVOID context, DWORD mshlflags);
WINOLEAPI CoGetStandardMarshal(REFIID riid, LPUNKNOWN object, DWORD mshctx,
			       LPVOID context, DWORD mshlflags, LPMARSHAL *ppm);
WINOLEAPI CoCreateFreeThreadedMarshaler(LPUNKNOWN outer, LPUNKNOWN *ppunk);
WINOLEAPI CoMarshalInterThreadInterfaceInStream(REFIID riid, LPUNKNOWN object,
						LPSTREAM *ppstream);
WINOLEAPI CoGetInterfaceAndReleaseStream(LPSTREAM stream, REFIID riid,
					 LPVOID *ppv);
WINOLEAPI CoDisconnectObject(LPUNKNOWN object, DWORD reserved);
WINOLEAPI CoLockObjectExternal(LPUNKNOWN object, BOOL lock,
			       BOOL last_unlock_releases);

/*
 * A stream on memory of its own: memory must be NULL and delete_on_release
 * TRUE, as there are no movable memory blocks here. Any thread may use it, and
 * no apartment is needed.
 */
WINOLEAPI CreateStreamOnHGlobal(HGLOBAL memory, BOOL delete_on_release,
				LPSTREAM *ppstream);

/* The call that a thread serves, and those that it makes. */
WINOLEAPI CoGetCallContext(REFIID riid, void **ppv);
WINOLEAPI CoSwitchCallContext(IUnknown *context, IUnknown **ret_previous);
WINOLEAPI CoTestCancel(void);
WINOLEAPI CoCancelCall(DWORD thread, ULONG seconds);
WINOLEAPI CoGetCancelObject(DWORD thread, REFIID riid, void **ppv);
WINOLEAPI CoSetCancelObject(IUnknown *object);
WINOLEAPI CoEnableCallCancellation(LPVOID reserved);
WINOLEAPI CoDisableCallCancellation(LPVOID reserved);
WINOLEAPI CoRegisterMessageFilter(LPMESSAGEFILTER filter,
				  LPMESSAGEFILTER *ret_previous);

/* Waiting. */
WINOLEAPI CoWaitForMultipleHandles(DWORD flags, DWORD milliseconds, ULONG count,
				   LPHANDLE handles, LPDWORD ret_index);

/* Memory that crosses an interface; any thread, in an apartment or not. */
WINOLEAPI_(LPVOID) CoTaskMemAlloc(SIZE_T size);
WINOLEAPI_(LPVOID) CoTaskMemRealloc(LPVOID memory, SIZE_T size);
WINOLEAPI_(void) CoTaskMemFree(LPVOID memory);

#endif
