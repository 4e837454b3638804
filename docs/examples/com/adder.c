/* SPDX-License-Identifier: MIT */
/*
 * adder.c - an object with an interface of its own, and who calls it
 *
 * The interface is in adder.idl, of which `belay idl` makes adder.h.
 */
#define COBJMACROS

#include <stdio.h>
#include <stdlib.h>

#include "adder.h"

struct adder {
	IAdder interface_;
	ULONG references;
};

static struct adder *adder_of(IAdder *This)
{
	return (struct adder *)This;
}

static ULONG adder_add_ref(IAdder *This)
{
	return __atomic_add_fetch(&adder_of(This)->references, 1,
				  __ATOMIC_RELAXED);
}

static ULONG adder_release(IAdder *This)
{
	ULONG left = __atomic_sub_fetch(&adder_of(This)->references, 1,
					__ATOMIC_ACQ_REL);

	if (left == 0)
		free(This);
	return left;
}

static HRESULT adder_query(IAdder *This, REFIID riid, void **ppv)
{
	*ppv = NULL;
	if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IAdder))
		return E_NOINTERFACE;
	adder_add_ref(This);
	*ppv = This;
	return S_OK;
}

static HRESULT adder_sum(IAdder *This, LONG a, LONG b, LONG *sum)
{
	(void)This;
	return __builtin_add_overflow(a, b, sum) ? E_INVALIDARG : S_OK;
}

static IAdderVtbl adder_vtbl = {
	adder_query,
	adder_add_ref,
	adder_release,
	adder_sum,
};

static IAdder *adder_new(void)
{
	struct adder *adder = calloc(1, sizeof(*adder));

	if (!adder)
		abort();
	adder->interface_.lpVtbl = &adder_vtbl;
	adder->references = 1;
	return &adder->interface_;
}

int main(void)
{
	IAdder *adder = adder_new(), *same = NULL;
	LONG sum = 0;
	HRESULT hr = IAdder_QueryInterface(adder, &IID_IAdder, (void **)&same);

	if (SUCCEEDED(hr)) {
		hr = IAdder_Add(same, 40, 2, &sum);
		IAdder_Release(same);
	}
	IAdder_Release(adder);
	printf("40 + 2 = %d, 0x%08X\n", sum, (unsigned int)hr);
	return hr == S_OK && sum == 42 ? 0 : 1;
}
