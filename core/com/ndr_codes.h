/* SPDX-License-Identifier: MIT */
/*
 * ndr_codes.h - the codes of format strings
 *
 * Microsoft documents them under "RPC NDR format strings"; a few names say
 * more here than there.
 */
#ifndef BELAYI_COM_NDR_CODES_H
#define BELAYI_COM_NDR_CODES_H

enum {
	FC_BYTE = 0x01,
	FC_CHAR = 0x02,
	FC_SMALL = 0x03,
	FC_USMALL = 0x04,
	FC_WCHAR = 0x05,
	FC_SHORT = 0x06,
	FC_USHORT = 0x07,
	FC_LONG = 0x08,
	FC_ULONG = 0x09,
	FC_FLOAT = 0x0a,
	FC_HYPER = 0x0b,
	FC_DOUBLE = 0x0c,
	FC_ENUM16 = 0x0d,
	FC_ENUM32 = 0x0e,
	FC_ERROR_STATUS_T = 0x10,
	FC_RP = 0x11, /* ref */
	FC_UP = 0x12, /* unique */
	FC_OP = 0x13, /* unique, of an object interface */
	FC_FP = 0x14, /* full */
	FC_STRUCT = 0x15,
	FC_PSTRUCT = 0x16,
	FC_CSTRUCT = 0x17,
	FC_CPSTRUCT = 0x18,
	FC_CVSTRUCT = 0x19,
	FC_BOGUS_STRUCT = 0x1a,
	FC_CARRAY = 0x1b,
	FC_CVARRAY = 0x1c,
	FC_SMFARRAY = 0x1d,
	FC_LGFARRAY = 0x1e,
	FC_SMVARRAY = 0x1f,
	FC_LGVARRAY = 0x20,
	FC_BOGUS_ARRAY = 0x21,
	FC_C_CSTRING = 0x22,
	FC_C_WSTRING = 0x25,
	FC_CSTRING = 0x26,
	FC_WSTRING = 0x29,
	FC_ENCAPSULATED_UNION = 0x2a,
	FC_NON_ENCAPSULATED_UNION = 0x2b,
	FC_TRANSMIT_AS = 0x2c,
	FC_REPRESENT_AS = 0x2d,
	FC_IP = 0x2f,
	FC_BIND_CONTEXT = 0x30,
	FC_AUTO_HANDLE = 0x33,
	FC_POINTER = 0x36,
	FC_ALIGNM2 = 0x37,
	FC_ALIGNM4 = 0x38,
	FC_ALIGNM8 = 0x39,
	FC_STRUCTPAD1 = 0x3d,
	FC_STRUCTPAD7 = 0x43,
	FC_STRING_SIZED = 0x44,
	FC_FIXED_REPEAT = 0x47,
	FC_VARIABLE_REPEAT = 0x48,
	FC_FIXED_OFFSET = 0x49,
	FC_PP = 0x4b,
	FC_EMBEDDED_COMPLEX = 0x4c,
	FC_DEREFERENCE = 0x54,
	FC_DIV_2 = 0x55,
	FC_MULT_2 = 0x56,
	FC_ADD_1 = 0x57,
	FC_SUB_1 = 0x58,
	FC_CALLBACK = 0x59,
	FC_CONSTANT_IID = 0x5a,
	FC_END = 0x5b,
	FC_PAD = 0x5c,
	FC_HARD_STRUCT = 0xb1,
	FC_USER_MARSHAL = 0xb4,
	FC_PIPE = 0xb5,
	FC_RANGE = 0xb7,
	FC_INT3264 = 0xb8,
	FC_UINT3264 = 0xb9,
};

/* The second byte of a pointer. */
#define FC_SIMPLE_POINTER 0x08

/* The high half of a count's first byte. */
#define FC_COUNT_FIELD 0x00
#define FC_COUNT_FIELD_POINTER 0x10
#define FC_COUNT_PARAMETER 0x20
#define FC_COUNT_CONSTANT 0x40

/* Attributes of a parameter. */
#define FC_PARAM_PIPE 0x0004
#define FC_PARAM_IN 0x0008
#define FC_PARAM_OUT 0x0010
#define FC_PARAM_RETURN 0x0020
#define FC_PARAM_BASE_TYPE 0x0040
#define FC_PARAM_BY_VALUE 0x0080
#define FC_PARAM_SIMPLE_REF 0x0100

#endif
