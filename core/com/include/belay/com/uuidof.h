/* SPDX-License-Identifier: MIT */
/*
 * belay/com/uuidof.h - in C++: the id of a type
 *
 * __uuidof(IX), or of a pointer to one, is IID_IX, known to the compiler: it
 * needs no NAME_i.c. Headers that `belay idl` makes tell it by __CRT_UUID_DECL.
 * IID_PPV_ARGS(&pointer) stands for both arguments of QueryInterface and its
 * like, which then agree:
 *
 *	IX *x;
 *	hr = object->QueryInterface(IID_PPV_ARGS(&x));
 */
#ifndef BELAY_COM_UUIDOF_H
#define BELAY_COM_UUIDOF_H

#include <belay/com/guiddef.h>

#if defined(__cplusplus) && !defined(CINTERFACE)

struct IUnknown;

extern "C++" {

/* A member of a template may be defined in several files; this is the one. */
template <uint32_t l, uint16_t w1, uint16_t w2, uint8_t... b> struct BelayGuid {
	static constexpr GUID value = {l, w1, w2, {b...}};
};
template <uint32_t l, uint16_t w1, uint16_t w2, uint8_t... b>
constexpr GUID BelayGuid<l, w1, w2, b...>::value;

/* A type that is not declared to have an id has none: that does not compile. */
template <typename T> struct BelayUuidOf;
template <typename T> struct BelayUuidOf<const T> : BelayUuidOf<T> {
};
template <typename T> struct BelayUuidOf<T *> : BelayUuidOf<T> {
};
template <typename T> struct BelayUuidOf<T &> : BelayUuidOf<T> {
};

/* Only for pointers to interfaces. */
template <typename T> void **IID_PPV_ARGS_Helper(T **pointer)
{
	(void)static_cast<IUnknown *>(*pointer);
	return reinterpret_cast<void **>(pointer);
}
}

#define __CRT_UUID_DECL(type, l, w1, w2, ...)                                  \
	extern "C++" {                                                         \
	template <>                                                            \
	struct BelayUuidOf<type> : BelayGuid<l, w1, w2, __VA_ARGS__> {         \
	};                                                                     \
	}
#define __uuidof(type) (BelayUuidOf<__typeof__(type)>::value)
#define IID_PPV_ARGS(pointer)                                                  \
	__uuidof(**(pointer)), IID_PPV_ARGS_Helper(pointer)

#endif

#endif
