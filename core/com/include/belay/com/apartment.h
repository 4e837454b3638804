/* SPDX-License-Identifier: MIT */
/*
 * belay/com/apartment.h - what COM on Linux needs besides COM's own functions
 *
 * Windows delivers calls to a single-threaded apartment through its thread's
 * message queue. Here the thread polls a descriptor and dispatches.
 */
#ifndef BELAY_COM_APARTMENT_H
#define BELAY_COM_APARTMENT_H

#include <belay/com/objbase.h>
#include <belay/com/rpcproxy.h>

/*
 * belay_apartment_fd() - readable while calls wait for this apartment
 *
 * For poll(), epoll and event loops. It belongs to the apartment, stays the
 * same until CoUninitialize() and must not be read or closed.
 *
 * Return: the descriptor; -1 where the thread is in no single-threaded
 *         apartment.
 */
STDAPI_(int) belay_apartment_fd(void);

/*
 * belay_apartment_dispatch() - serves the calls that wait, and returns
 *
 * Calls that arrive meanwhile are left for the next time. It may be called by
 * a method that it called.
 *
 * Return: S_OK: it served at least one; S_FALSE: none waited;
 *         CO_E_NOTINITIALIZED: the thread is in no apartment;
 *         RPC_E_WRONG_THREAD: it is in the multithreaded one.
 */
STDAPI belay_apartment_dispatch(void);

/*
 * belay_register_proxies() - makes the interfaces of a NAME_p.c marshalable
 *
 * For the whole process, on any thread, before or after CoInitializeEx(). The
 * file's tables are used as they are and must stay loaded. Registering a file
 * again changes nothing. A file that `belay idl` has not completed serves
 * synchronous calls only, and its methods are known by their slots.
 *
 * Return: S_OK;
 *         E_INVALIDARG: NULL, or tables that contradict themselves;
 *         E_NOTIMPL: a method uses a type that cannot be marshaled; one line
 *         on stderr names interface, method and parameter;
 *         REGDB_E_IIDNOTREG: a base's methods are in another file, which is to
 *         be registered before;
 *         E_OUTOFMEMORY. After a failure none of the file's interfaces is
 *         registered.
 */
STDAPI belay_register_proxies(const ExtendedProxyFileInfo *file);

#endif
