/* SPDX-License-Identifier: MIT */
/*
 * belay/com/comarshal.h - COM's functions: interface pointers in other
 * apartments
 *
 * An interface pointer is good in the apartment that got it. To another one it
 * is *marshaled*: written into a stream, which the other apartment reads. Calls
 * do that by themselves with the pointers among their arguments.
 *
 * What combaseapi.h says at its beginning is true of these, too. An object that
 * has IMarshal decides itself what is written (custom marshaling), any other is
 * reached through proxies (standard marshaling), for interfaces that
 * belay_register_proxies() was given.
 */
#ifndef BELAY_COM_COMARSHAL_H
#define BELAY_COM_COMARSHAL_H

#include <belay/com/objidl.h>
#include <belay/com/unknwn.h>

/*
 * CoMarshalInterface() - writes an interface pointer into a stream
 *
 * The data keep the object alive. They must be used, by CoUnmarshalInterface()
 * or CoReleaseMarshalData(): once, or with MSHLFLAGS_TABLESTRONG or
 * MSHLFLAGS_TABLEWEAK any number of times and then CoReleaseMarshalData().
 *
 * mshctx:  MSHCTX_...: where it goes
 * context: NULL
 * mshlflags: MSHLFLAGS_...; MSHLFLAGS_NOPING is allowed, and means nothing
 *
 * Return: S_OK; E_NOINTERFACE: the object does not have riid;
 *         REGDB_E_IIDNOTREG: no proxy is registered for it;
 *         CO_E_OBJNOTCONNECTED: the object is disconnected;
 *         CO_E_NOTINITIALIZED; E_INVALIDARG; what its IMarshal, or the stream,
 *         says.
 */
WINOLEAPI CoMarshalInterface(LPSTREAM stream, REFIID riid, LPUNKNOWN object,
			     DWORD mshctx, LPVOID context, DWORD mshlflags);

/*
 * CoUnmarshalInterface() - reads an interface pointer from a stream
 *
 * In the object's own apartment that is the object, elsewhere a proxy.
 *
 * Return: S_OK; RPC_E_INVALID_OBJREF: this is none;
 *         CO_E_OBJNOTCONNECTED: the object is gone, or the data were used;
 *         E_NOINTERFACE; REGDB_E_CLASSNOTREG: the class that is to read custom
 *         data is not known here; REGDB_E_IIDNOTREG: no proxy is registered for
 *         riid; E_ACCESSDENIED: a method of riid needs code that is made at run
 *         time, as more than six arguments or a floating-point number do, and
 *         the process may have no memory for it; stderr says which method;
 *         CO_E_NOTINITIALIZED; E_INVALIDARG; what the stream says.
 */
WINOLEAPI CoUnmarshalInterface(LPSTREAM stream, REFIID riid, LPVOID *ppv);

/*
 * CoReleaseMarshalData() - gives back data that nobody will unmarshal
 *
 * Return: as CoUnmarshalInterface().
 */
WINOLEAPI CoReleaseMarshalData(LPSTREAM stream);

/*
 * CoGetMarshalSizeMax() - bytes that CoMarshalInterface() will not exceed
 *
 * Return: as CoMarshalInterface().
 */
WINOLEAPI CoGetMarshalSizeMax(ULONG *ret_size, REFIID riid, LPUNKNOWN object,
			      DWORD mshctx, LPVOID context, DWORD mshlflags);

/*
 * CoGetStandardMarshal() - standard marshaling, for who marshals himself
 *
 * An object with IMarshal uses it for the cases that it leaves to COM.
 *
 * object: or NULL, for the side that unmarshals
 *
 * Return: S_OK; CO_E_NOTINITIALIZED; E_INVALIDARG.
 */
WINOLEAPI CoGetStandardMarshal(REFIID riid, LPUNKNOWN object, DWORD mshctx,
			       LPVOID context, DWORD mshlflags, LPMARSHAL *ppm);

/*
 * CoCreateFreeThreadedMarshaler() - an IMarshal for objects of all threads
 *
 * An object that aggregates it, and answers IMarshal with its, is not called
 * through proxies in its process: each apartment gets the object itself.
 *
 * outer: the object, or NULL
 * ppunk: the marshaler's own IUnknown
 *
 * Return: S_OK; E_INVALIDARG. In an apartment or not.
 */
WINOLEAPI CoCreateFreeThreadedMarshaler(LPUNKNOWN outer, LPUNKNOWN *ppunk);

/*
 * CoMarshalInterThreadInterfaceInStream() - marshals into a new stream, once
 *
 * Return: as CoMarshalInterface(); the stream is on any thread's.
 */
WINOLEAPI CoMarshalInterThreadInterfaceInStream(REFIID riid, LPUNKNOWN object,
						LPSTREAM *ppstream);

/*
 * CoGetInterfaceAndReleaseStream() - unmarshals, and releases the stream
 *
 * It is released also after a failure.
 * Return: as CoUnmarshalInterface().
 */
WINOLEAPI CoGetInterfaceAndReleaseStream(LPSTREAM stream, REFIID riid,
					 LPVOID *ppv);

/*
 * CoDisconnectObject() - cuts off everybody outside the object's apartment
 *
 * Their calls fail with RPC_E_DISCONNECTED from now on, also those that wait
 * for the object's apartment or for its call objects. A method that runs
 * meanwhile still ends, and is answered.
 *
 * object:   of the current apartment
 * reserved: 0
 *
 * Return: S_OK, also where nobody outside knew it; CO_E_NOTINITIALIZED;
 *         E_INVALIDARG; what its IMarshal says.
 */
WINOLEAPI CoDisconnectObject(LPUNKNOWN object, DWORD reserved);

/*
 * CoLockObjectExternal() - keeps an object alive, or lets it go
 *
 * As if one more from outside had a reference. Locks are counted.
 *
 * lock:                 TRUE locks, FALSE takes one lock away
 * last_unlock_releases: whether data marshaled with MSHLFLAGS_TABLEWEAK stop
 *                       keeping the object with the last lock
 *
 * Return: S_OK; CO_E_OBJNOTREG: there is no lock to take away;
 *         CO_E_NOTINITIALIZED; E_INVALIDARG.
 */
WINOLEAPI CoLockObjectExternal(LPUNKNOWN object, BOOL lock,
			       BOOL last_unlock_releases);

#endif
