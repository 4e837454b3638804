/* SPDX-License-Identifier: MIT */
/*
 * calc_guest.c - custom marshaling: a calc's own proxy in other apartments
 *
 * A calc may be called on any thread, so its proxy calls it directly. The
 * packet is the calc's address, which holds one reference.
 */
#define COBJMACROS
#include <stdlib.h>

#include "calc_server.h"
#include "unknown.h"

const CLSID CLSID_CalcGuest = {
	0xB1A7CA1C, 0x00FF, 0x4E5A, {0x9C, 0x11, 0x5D, 0x1F, 0x0A, 0x6B, 0, 1}};

struct guest {
	ICalc icalc;
	ICallFactory factory;
	IMarshal unmarshaler;
	LONG refs;
	struct calc *calc;
};

/* --- IMarshal of the calc ------------------------------------------------ */

static struct calc *calc_from_IMarshal(IMarshal *iface)
{
	return BELAYI_IMPL(calc, marshal, iface);
}

PART(IMarshal, calc, marshal)

static HRESULT STDMETHODCALLTYPE get_unmarshal_class(IMarshal *iface,
						     REFIID riid, void *pv,
						     DWORD context, void *data,
						     DWORD flags, CLSID *clsid)
{
	(void)iface;
	(void)riid;
	(void)pv;
	(void)context;
	(void)data;
	(void)flags;
	*clsid = CLSID_CalcGuest;
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE get_size(IMarshal *iface, REFIID riid,
					  void *pv, DWORD context, void *data,
					  DWORD flags, DWORD *size)
{
	(void)iface;
	(void)riid;
	(void)pv;
	(void)context;
	(void)data;
	(void)flags;
	*size = sizeof(void *);
	return S_OK;
}

static HRESULT STDMETHODCALLTYPE marshal_calc(IMarshal *iface, IStream *stream,
					      REFIID riid, void *pv,
					      DWORD context, void *data,
					      DWORD flags)
{
	struct calc *calc = calc_from_IMarshal(iface);
	HRESULT hr;

	(void)riid;
	(void)pv;
	(void)context;
	(void)data;
	(void)flags;
	hr = IStream_Write(stream, &calc, sizeof(calc), NULL);
	if (hr == S_OK)
		ICalcMemory_AddRef(&calc->calc);
	return hr;
}

static HRESULT read_calc(IStream *stream, struct calc **ret_calc)
{
	ULONG got = 0;
	HRESULT hr =
		IStream_Read(stream, (void *)ret_calc, sizeof(*ret_calc), &got);

	return hr == S_OK && got != sizeof(*ret_calc) ? E_UNEXPECTED : hr;
}

static HRESULT STDMETHODCALLTYPE no_unmarshal(IMarshal *iface, IStream *stream,
					      REFIID riid, void **ppv)
{
	(void)iface;
	(void)stream;
	(void)riid;
	*ppv = NULL;
	return E_UNEXPECTED;
}

static HRESULT STDMETHODCALLTYPE release_packet(IMarshal *iface,
						IStream *stream)
{
	struct calc *calc;
	HRESULT hr = read_calc(stream, &calc);

	(void)iface;
	if (hr == S_OK)
		ICalcMemory_Release(&calc->calc);
	return hr;
}

static HRESULT STDMETHODCALLTYPE disconnect(IMarshal *iface, DWORD reserved)
{
	(void)iface;
	(void)reserved;
	return S_OK;
}

IMarshalVtbl calc_marshal_vtable = {
	marshal_QueryInterface, marshal_AddRef, marshal_Release,
	get_unmarshal_class,    get_size,       marshal_calc,
	no_unmarshal,           release_packet, disconnect,
};

/* --- The proxy: ICalc ---------------------------------------------------- */

static struct guest *impl_from_ICalc(ICalc *iface)
{
	return (struct guest *)iface;
}

static ICalc *host(ICalc *iface)
{
	return (ICalc *)&impl_from_ICalc(iface)->calc->calc;
}

static HRESULT STDMETHODCALLTYPE guest_QueryInterface(ICalc *iface, REFIID riid,
						      void **ppv)
{
	struct guest *guest = impl_from_ICalc(iface);

	*ppv = NULL;
	if (IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_ICalc))
		*ppv = &guest->icalc;
	else if (IsEqualIID(riid, &IID_IMarshal))
		*ppv = &guest->unmarshaler;
	else if (IsEqualIID(riid, &IID_ICallFactory) && guest->calc &&
		 guest->calc->flags & CALC_ASYNC)
		*ppv = &guest->factory;
	if (!*ppv)
		return E_NOINTERFACE;
	ICalc_AddRef(iface);
	return S_OK;
}

static ULONG STDMETHODCALLTYPE guest_AddRef(ICalc *iface)
{
	return (ULONG)__atomic_add_fetch(&impl_from_ICalc(iface)->refs, 1,
					 __ATOMIC_RELAXED);
}

static ULONG STDMETHODCALLTYPE guest_Release(ICalc *iface)
{
	struct guest *guest = impl_from_ICalc(iface);
	LONG refs = __atomic_sub_fetch(&guest->refs, 1, __ATOMIC_ACQ_REL);

	if (refs)
		return (ULONG)refs;
	if (guest->calc)
		ICalcMemory_Release(&guest->calc->calc);
	free(guest);
	calc_gone();
	return 0;
}

static HRESULT STDMETHODCALLTYPE guest_Add(ICalc *iface, LONG a, LONG b,
					   LONG *sum)
{
	return ICalc_Add(host(iface), a, b, sum);
}

static HRESULT STDMETHODCALLTYPE guest_Slow(ICalc *iface, ULONG milliseconds,
					    ULONG *ret_slept)
{
	return ICalc_Slow(host(iface), milliseconds, ret_slept);
}

static HRESULT STDMETHODCALLTYPE guest_Fail(ICalc *iface, HRESULT hr,
					    LONG *value)
{
	return ICalc_Fail(host(iface), hr, value);
}

static HRESULT STDMETHODCALLTYPE guest_Next(ICalc *iface, LONG *value)
{
	return ICalc_Next(host(iface), value);
}

static HRESULT STDMETHODCALLTYPE guest_Upper(ICalc *iface, const char *text,
					     char **ret_text)
{
	return ICalc_Upper(host(iface), text, ret_text);
}

static HRESULT STDMETHODCALLTYPE guest_UpperWide(ICalc *iface,
						 const WCHAR *text,
						 WCHAR **ret_text)
{
	return ICalc_UpperWide(host(iface), text, ret_text);
}

static ICalcVtbl guest_vtable = {
	guest_QueryInterface, guest_AddRef, guest_Release, guest_Add,
	guest_Slow,           guest_Fail,   guest_Next,    guest_Upper,
	guest_UpperWide,
};

/* --- The proxy: ICallFactory --------------------------------------------- */

PART(ICallFactory, guest, factory)

static HRESULT STDMETHODCALLTYPE factory_CreateCall(ICallFactory *iface,
						    REFIID riid,
						    IUnknown *outer,
						    REFIID riid2,
						    IUnknown **ppv)
{
	return calc_create_call(BELAYI_IMPL(guest, factory, iface)->calc, riid,
				outer, riid2, ppv);
}

static ICallFactoryVtbl factory_vtable = {
	factory_QueryInterface,
	factory_AddRef,
	factory_Release,
	factory_CreateCall,
};

/* --- The proxy: IMarshal, which takes the packet ------------------------- */

PART(IMarshal, guest, unmarshaler)

static HRESULT STDMETHODCALLTYPE unmarshal(IMarshal *iface, IStream *stream,
					   REFIID riid, void **ppv)
{
	struct guest *guest = BELAYI_IMPL(guest, unmarshaler, iface);
	HRESULT hr = read_calc(stream, &guest->calc);

	*ppv = NULL;
	if (hr != S_OK)
		return hr;
	return ICalc_QueryInterface(&guest->icalc, riid, ppv);
}

static IMarshalVtbl guest_marshal_vtable = {
	unmarshaler_QueryInterface,
	unmarshaler_AddRef,
	unmarshaler_Release,
	get_unmarshal_class,
	get_size,
	NULL,
	unmarshal,
	release_packet,
	disconnect,
};

/* --- Its class ----------------------------------------------------------- */

ETERNAL(IClassFactory, class)

static HRESULT STDMETHODCALLTYPE create_instance(IClassFactory *iface,
						 IUnknown *outer, REFIID riid,
						 void **ppv)
{
	struct guest *guest;
	HRESULT hr;

	(void)iface;
	*ppv = NULL;
	if (outer)
		return CLASS_E_NOAGGREGATION;
	guest = calloc(1, sizeof(*guest));
	if (!guest)
		return E_OUTOFMEMORY;
	calc_born();
	guest->icalc.lpVtbl = &guest_vtable;
	guest->factory.lpVtbl = &factory_vtable;
	guest->unmarshaler.lpVtbl = &guest_marshal_vtable;
	guest->refs = 1;
	hr = ICalc_QueryInterface(&guest->icalc, riid, ppv);
	ICalc_Release(&guest->icalc);
	return hr;
}

static HRESULT STDMETHODCALLTYPE lock_server(IClassFactory *iface, BOOL lock)
{
	(void)iface;
	(void)lock;
	return S_OK;
}

static IClassFactoryVtbl class_vtable = {
	class_QueryInterface, class_AddRef, class_Release,
	create_instance,      lock_server,
};

static IClassFactory guests = {&class_vtable};

HRESULT calc_register_guests(DWORD *ret_cookie)
{
	return CoRegisterClassObject(&CLSID_CalcGuest, (IUnknown *)&guests,
				     CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE,
				     ret_cookie);
}
