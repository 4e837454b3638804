// SPDX-License-Identifier: MIT
//
// primes.cpp - the same server, written for asynchronous calls, in C++
//
// Its call object gives the work to a thread of its own, so one thread of the
// server can have any number of calls waiting. Clients cannot tell.

#include <cstdio>
#include <cstdlib>
#include <new>
#include <thread>

#include <belay/com/apartment.h>

#include "primes.h"

extern "C" const ExtendedProxyFileInfo primes_ProxyFileInfo;

static void Check(HRESULT hr, const char *what)
{
	if (SUCCEEDED(hr))
		return;
	std::fprintf(stderr, "primes: Cannot %s: 0x%08X\n", what,
		     static_cast<unsigned>(hr));
	std::exit(1);
}

// A pointer that releases what it points to.
template <typename T> class Ref
{
      public:
	Ref() = default;
	Ref(const Ref &) = delete;
	Ref &operator=(const Ref &) = delete;
	~Ref()
	{
		if (pointer)
			pointer->Release();
	}
	T *operator->() const
	{
		return pointer;
	}
	T *Get() const
	{
		return pointer;
	}
	T **Put()
	{
		return &pointer;
	}
	void **PutVoid()
	{
		return reinterpret_cast<void **>(&pointer);
	}

      private:
	T *pointer = nullptr;
};

static bool IsPrime(ULONG number)
{
	for (ULONG by = 2; by <= number / by; by++)
		if (number % by == 0)
			return false;
	return number > 1;
}

// --- The call object of the server -------------------------------------------

// The stub aggregates it: `outer` has ISynchronize and ICancelMethodCalls.
class PrimesCall : public AsyncIPrimes
{
      public:
	explicit PrimesCall(IUnknown *outer) : outer(outer), inner(this)
	{
	}

	IUnknown *Inner()
	{
		return &inner;
	}

	HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid,
						 void **ppv) override
	{
		return outer->QueryInterface(riid, ppv);
	}
	ULONG STDMETHODCALLTYPE AddRef() override
	{
		return outer->AddRef();
	}
	ULONG STDMETHODCALLTYPE Release() override
	{
		return outer->Release();
	}

	HRESULT STDMETHODCALLTYPE Begin_Count(ULONG below) override
	{
		HRESULT hr = Reset();

		if (FAILED(hr))
			return hr;
		AddRef(); // the thread's
		std::thread(&PrimesCall::Work, this, below).detach();
		return S_OK;
	}
	HRESULT STDMETHODCALLTYPE Finish_Count(ULONG *ret_count) override
	{
		*ret_count = count;
		return result;
	}

	HRESULT STDMETHODCALLTYPE Begin_Name() override
	{
		HRESULT hr = Reset();

		return FAILED(hr) ? hr : Signal();
	}
	HRESULT STDMETHODCALLTYPE Finish_Name(WCHAR **name) override
	{
		static const WCHAR text[] = u"trial division, in threads";

		*name = static_cast<WCHAR *>(CoTaskMemAlloc(sizeof(text)));
		if (!*name)
			return E_OUTOFMEMORY;
		for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++)
			(*name)[i] = text[i];
		return S_OK;
	}

      private:
	// What the outer holds: its QueryInterface is the call object's own.
	class InnerUnknown : public IUnknown
	{
	      public:
		explicit InnerUnknown(PrimesCall *call) : call(call)
		{
		}
		HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid,
							 void **ppv) override
		{
			*ppv = nullptr;
			if (IsEqualIID(riid, IID_IUnknown)) {
				*ppv = this;
				AddRef();
				return S_OK;
			}
			if (!IsEqualIID(riid, IID_AsyncIPrimes))
				return E_NOINTERFACE;
			*ppv = static_cast<AsyncIPrimes *>(call);
			call->AddRef();
			return S_OK;
		}
		ULONG STDMETHODCALLTYPE AddRef() override
		{
			return __atomic_add_fetch(&refs, 1, __ATOMIC_RELAXED);
		}
		ULONG STDMETHODCALLTYPE Release() override
		{
			ULONG left =
				__atomic_sub_fetch(&refs, 1, __ATOMIC_ACQ_REL);

			if (left == 0)
				delete call;
			return left;
		}

	      private:
		PrimesCall *call;
		ULONG refs = 1;
	};

	HRESULT Reset()
	{
		Ref<ISynchronize> sync;
		HRESULT hr =
			outer->QueryInterface(IID_ISynchronize, sync.PutVoid());

		return FAILED(hr) ? hr : sync->Reset();
	}
	HRESULT Signal()
	{
		Ref<ISynchronize> sync;
		HRESULT hr =
			outer->QueryInterface(IID_ISynchronize, sync.PutVoid());

		return FAILED(hr) ? hr : sync->Signal();
	}

	bool IsCanceled()
	{
		Ref<ICancelMethodCalls> cancel;

		return SUCCEEDED(outer->QueryInterface(IID_ICancelMethodCalls,
						       cancel.PutVoid())) &&
		       cancel->TestCancel() == RPC_E_CALL_CANCELED;
	}

	// A worker signals in the apartment of the object, here the MTA.
	void Work(ULONG below)
	{
		Check(CoInitializeEx(nullptr, COINIT_MULTITHREADED),
		      "join the MTA");
		count = 0;
		result = S_OK;
		for (ULONG number = 0; number < below; number++) {
			if (number % 1024 == 0 && IsCanceled()) {
				result = RPC_E_CALL_CANCELED;
				break;
			}
			count += IsPrime(number);
		}
		Signal();
		Release();
		CoUninitialize();
	}

	IUnknown *outer;
	InnerUnknown inner;
	ULONG count = 0;
	HRESULT result = S_OK;
};

// --- The server ---------------------------------------------------------------

class Primes : public IPrimes, public ICallFactory
{
      public:
	HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid,
						 void **ppv) override
	{
		if (IsEqualIID(riid, IID_IUnknown) ||
		    IsEqualIID(riid, IID_IPrimes)) {
			*ppv = static_cast<IPrimes *>(this);
		} else if (IsEqualIID(riid, IID_ICallFactory)) {
			*ppv = static_cast<ICallFactory *>(this);
		} else {
			*ppv = nullptr;
			return E_NOINTERFACE;
		}
		AddRef();
		return S_OK;
	}
	ULONG STDMETHODCALLTYPE AddRef() override
	{
		return __atomic_add_fetch(&refs, 1, __ATOMIC_RELAXED);
	}
	ULONG STDMETHODCALLTYPE Release() override
	{
		ULONG left = __atomic_sub_fetch(&refs, 1, __ATOMIC_ACQ_REL);

		if (left == 0)
			delete this;
		return left;
	}

	// Calls that are marshaled never come here: they have call objects.
	HRESULT STDMETHODCALLTYPE Count(ULONG, ULONG *) override
	{
		return E_NOTIMPL;
	}
	HRESULT STDMETHODCALLTYPE Name(WCHAR **) override
	{
		return E_NOTIMPL;
	}

	HRESULT STDMETHODCALLTYPE CreateCall(REFIID riid, IUnknown *outer,
					     REFIID riid2,
					     IUnknown **ppv) override
	{
		*ppv = nullptr;
		if (!IsEqualIID(riid, IID_AsyncIPrimes))
			return E_NOINTERFACE;
		if (!outer || !IsEqualIID(riid2, IID_IUnknown))
			return E_INVALIDARG;
		auto *call = new (std::nothrow) PrimesCall(outer);
		if (!call)
			return E_OUTOFMEMORY;
		*ppv = call->Inner();
		return S_OK;
	}

      private:
	virtual ~Primes() = default;
	ULONG refs = 1;
};

// --- The client ---------------------------------------------------------------

static void Use(IPrimes *primes)
{
	Ref<ICallFactory> factory;
	Ref<AsyncIPrimes> call;
	Ref<ISynchronize> sync;
	Ref<ICancelMethodCalls> cancel;
	WCHAR *name = nullptr;
	ULONG count = 0;

	Check(primes->Name(&name), "ask for the name");
	std::printf("Name: %c%c%c...\n", name[0], name[1], name[2]);
	CoTaskMemFree(name);

	Check(primes->QueryInterface(IID_ICallFactory, factory.PutVoid()),
	      "find the call factory");
	Check(factory->CreateCall(IID_AsyncIPrimes, nullptr, IID_AsyncIPrimes,
				  reinterpret_cast<IUnknown **>(call.Put())),
	      "create a call object");
	Check(call->Begin_Count(1000), "begin");
	HRESULT hr = call->Finish_Count(&count);
	std::printf("Below 1000: 0x%08X, %u primes\n",
		    static_cast<unsigned>(hr), count);

	Check(call->Begin_Count(4000000000), "begin again");
	Check(call->QueryInterface(IID_ISynchronize, sync.PutVoid()),
	      "find ISynchronize");
	Check(call->QueryInterface(IID_ICancelMethodCalls, cancel.PutVoid()),
	      "find the cancel interface");
	if (sync->Wait(0, 100) == RPC_S_CALLPENDING)
		std::printf("Cancel: 0x%08X\n",
			    static_cast<unsigned>(cancel->Cancel(0)));
	std::printf("Begin_ before Finish_: 0x%08X\n",
		    static_cast<unsigned>(call->Begin_Count(10)));
	std::printf("Below 4000000000: 0x%08X\n",
		    static_cast<unsigned>(call->Finish_Count(&count)));
}

static void Client(IStream *stream)
{
	Check(CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED), "make an STA");
	{
		Ref<IPrimes> primes;

		Check(CoGetInterfaceAndReleaseStream(stream, IID_IPrimes,
						     primes.PutVoid()),
		      "unmarshal the object");
		Use(primes.Get());
	}
	CoUninitialize();
}

int main()
{
	IStream *stream = nullptr;

	Check(belay_register_proxies(&primes_ProxyFileInfo),
	      "register the proxies");
	Check(CoInitializeEx(nullptr, COINIT_MULTITHREADED), "join the MTA");
	auto *primes = new Primes;
	Check(CoMarshalInterThreadInterfaceInStream(
		      IID_IPrimes, static_cast<IPrimes *>(primes), &stream),
	      "marshal the object");
	primes->Release();
	std::thread(Client, stream).join();
	CoUninitialize();
	return 0;
}
