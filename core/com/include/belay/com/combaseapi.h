/* SPDX-License-Identifier: MIT */
/*
 * belay/com/combaseapi.h - COM's functions: apartments, classes, waits, memory
 *
 * Names, arguments and results are COM's, as Microsoft documents them; where
 * the documents contradict each other, what Windows does. Marshaling is in
 * comarshal.h, calls and their cancel in cocall.h; both come with this one.
 *
 * Unless said otherwise
 *
 *  - a function may be called on any thread;
 *  - what comes out is written in any case: NULL or 0 after a failure;
 *  - an interface pointer that comes out is counted, belongs to the caller and
 *    is good in the caller's apartment; one that goes in stays the caller's.
 *
 * These codes say the same everywhere; each function may return the last.
 *
 *  - S_OK: it did what it is for;
 *  - CO_E_NOTINITIALIZED: the thread is in no apartment;
 *  - E_INVALIDARG: a pointer that is needed is NULL, or an argument has no
 *    meaning;
 *  - E_NOINTERFACE: the object does not have the interface;
 *  - RPC_E_WRONG_THREAD: the thread is in another apartment;
 *  - E_OUTOFMEMORY: there is not enough memory.
 */
#ifndef BELAY_COM_COMBASEAPI_H
#define BELAY_COM_COMBASEAPI_H

#include <belay/com/objidl.h>
#include <belay/com/unknwn.h>

#include <belay/com/cocall.h>
#include <belay/com/comarshal.h>

/* What a thread joins. The other two have no meaning here, and are allowed. */
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

/*
 * Apartments
 */

/*
 * CoInitializeEx() - puts the thread into an apartment
 *
 * Each success is to be undone by one CoUninitialize() on the same thread.
 * Objects of a single-threaded apartment are called on its thread only, while
 * that waits or dispatches (belay/com/apartment.h); those of the multithreaded
 * one, of which there is one in a process, on any of its threads, several at
 * once.
 *
 * reserved: NULL
 * coinit:   COINIT_MULTITHREADED or COINIT_APARTMENTTHREADED
 *
 * Return: S_OK; S_FALSE: it was there already; RPC_E_CHANGED_MODE: it is in
 *         one of the other kind, and stays there; E_INVALIDARG.
 */
WINOLEAPI CoInitializeEx(LPVOID reserved, DWORD coinit);

/*
 * CoInitialize() - puts the thread into a single-threaded apartment
 *
 * Return: as CoInitializeEx() with COINIT_APARTMENTTHREADED.
 */
WINOLEAPI CoInitialize(LPVOID reserved);

/*
 * CoUninitialize() - takes the thread out of its apartment
 *
 * As often as CoInitializeEx() succeeded; the last of a single-threaded
 * apartment's thread, or of the multithreaded one's threads, ends the
 * apartment: its objects are disconnected, and calls to them fail with
 * RPC_E_DISCONNECTED. Without CoInitializeEx() it does nothing.
 */
WINOLEAPI_(void) CoUninitialize(void);

/*
 * Classes: those of this process
 */

/*
 * CoRegisterClassObject() - makes a class of the program's known
 *
 * object:     usually an IClassFactory; it is kept until it is revoked
 * context:    with CLSCTX_INPROC_SERVER or CLSCTX_LOCAL_SERVER: both are this
 *             process
 * regcls:     REGCLS_SINGLEUSE: it is given out once; REGCLS_MULTIPLEUSE: also
 *             as CLSCTX_INPROC_SERVER; REGCLS_MULTI_SEPARATE: as `context` says
 * ret_cookie: for CoRevokeClassObject()
 *
 * Return: S_OK; CO_E_OBJISREG: the class is registered in this apartment;
 *         E_INVALIDARG; CO_E_NOTINITIALIZED.
 */
WINOLEAPI CoRegisterClassObject(REFCLSID clsid, LPUNKNOWN object, DWORD context,
				DWORD regcls, LPDWORD ret_cookie);

/*
 * CoRevokeClassObject() - undoes it, in the apartment that registered it
 *
 * Return: S_OK; CO_E_OBJNOTREG: there is no such cookie; RPC_E_WRONG_THREAD;
 *         CO_E_NOTINITIALIZED.
 */
WINOLEAPI CoRevokeClassObject(DWORD cookie);

/*
 * CoResumeClassObjects(), CoSuspendClassObjects() - shows or hides all classes
 *
 * Those of the whole process. REGCLS_SUSPENDED registers one that is hidden.
 *
 * Return: S_OK.
 */
WINOLEAPI CoResumeClassObjects(void);
WINOLEAPI CoSuspendClassObjects(void);

/*
 * CoGetClassObject() - the class object of a class
 *
 * One that this process has registered, or of a class built in (cguid.h). Where
 * it lives in another apartment a proxy of it comes back.
 *
 * context:  CLSCTX_...: with one that stands for this process
 * reserved: NULL: other machines are out of reach
 *
 * Return: S_OK; REGDB_E_CLASSNOTREG: there is no such class;
 *         E_NOINTERFACE: it does not have riid; E_INVALIDARG;
 *         CO_E_NOTINITIALIZED.
 */
WINOLEAPI CoGetClassObject(REFCLSID clsid, DWORD context, LPVOID reserved,
			   REFIID riid, LPVOID *ppv);

/*
 * CoCreateInstance() - makes an object of a class
 *
 * CoGetClassObject(), and its IClassFactory::CreateInstance().
 *
 * outer: who aggregates the object, or NULL; riid must then be IID_IUnknown
 *
 * Return: S_OK; CLASS_E_NOAGGREGATION: the class cannot be aggregated; as
 *         CoGetClassObject(); what the class object says.
 */
WINOLEAPI CoCreateInstance(REFCLSID clsid, LPUNKNOWN outer, DWORD context,
			   REFIID riid, LPVOID *ppv);

/*
 * CoRegisterMessageFilter() - who decides while this apartment waits
 *
 * Its MessagePending() is asked every tenth of a second while the thread waits
 * in a call of its own: PENDINGMSG_CANCELCALL makes that call fail with
 * RPC_E_CALL_CANCELED. There are no window messages here that could be the
 * reason to ask. NULL takes the filter away.
 *
 * ret_previous: the former filter, the caller's now; NULL: it is released
 *
 * Return: S_OK; CO_E_NOT_SUPPORTED: not in a single-threaded apartment.
 */
WINOLEAPI CoRegisterMessageFilter(LPMESSAGEFILTER filter,
				  LPMESSAGEFILTER *ret_previous);

/*
 * Waiting
 */

/*
 * CoWaitForMultipleHandles() - waits for one of several events, or for all
 *
 * A handle holds the number of a descriptor, as ISynchronizeHandle gives it; it
 * is signaled while it is readable. One of CLSID_StdEvent is reset by the wait
 * that it ends; nothing else is changed. In a single-threaded apartment calls
 * that arrive are served meanwhile. No apartment is needed.
 *
 * flags:        COWAIT_WAITALL: for all of them at once; COWAIT_ALERTABLE: a
 *               signal handler ends the wait, too. The others change nothing
 * milliseconds: 0 only looks; INFINITE waits for ever
 * count:        at most 64
 * ret_index:    the first that is signaled; 0 where all were waited for; 0xC0
 *               (Windows' WAIT_IO_COMPLETION) after a signal handler
 *
 * Return: S_OK; RPC_S_CALLPENDING: the time is over; RPC_E_NO_SYNC: count is
 *         0; E_HANDLE: one is no open descriptor; RPC_E_OUT_OF_RESOURCES: no
 *         descriptor is left to wake the apartment with; E_INVALIDARG.
 */
WINOLEAPI CoWaitForMultipleHandles(DWORD flags, DWORD milliseconds, ULONG count,
				   LPHANDLE handles, LPDWORD ret_index);

/*
 * Memory that crosses an interface: on any thread, in an apartment or not
 *
 * Who gets an [out] string, array or struct frees it, and everything in it, with
 * CoTaskMemFree(); who changes an [in, out] one frees the former. It is
 * malloc()'s memory, and NdrOleAllocate()'s.
 */

/*
 * CoTaskMemAlloc() - gets memory
 *
 * Return: `size` bytes, also where that is 0; NULL: there is not enough.
 */
WINOLEAPI_(LPVOID) CoTaskMemAlloc(SIZE_T size);

/*
 * CoTaskMemRealloc() - gives memory another size
 *
 * memory: or NULL, for CoTaskMemAlloc()
 * size:   with 0 it is freed
 *
 * Return: where it is now; NULL: it was freed, or there is not enough and it
 *         stays as it was.
 */
WINOLEAPI_(LPVOID) CoTaskMemRealloc(LPVOID memory, SIZE_T size);

/*
 * CoTaskMemFree() - gives memory back
 *
 * memory: or NULL, for nothing
 */
WINOLEAPI_(void) CoTaskMemFree(LPVOID memory);

/*
 * CoGetMalloc() - gets the same memory as an object
 *
 * context:    MEMCTX_TASK
 * ret_malloc: IMalloc
 *
 * Return: S_OK; E_INVALIDARG.
 */
WINOLEAPI CoGetMalloc(DWORD context, LPMALLOC *ret_malloc);

/*
 * Streams
 */

/*
 * CreateStreamOnHGlobal() - makes a stream on memory
 *
 * For the data of CoMarshalInterface(), or anything else. On any thread, in an
 * apartment or not; any thread may use it.
 *
 * memory:            NULL: there are no global handles here
 * delete_on_release: TRUE, or what the caller likes
 *
 * Return: S_OK; E_INVALIDARG: among other things for memory.
 */
WINOLEAPI CreateStreamOnHGlobal(HGLOBAL memory, BOOL delete_on_release,
				LPSTREAM *ppstream);

#endif
