/* SPDX-License-Identifier: MIT */
/*
 * bad_streams.c - streams that were cut, changed, or made up
 */
#define COBJMACROS

#include <string.h>

#include "pair.h"

/* Where an OBJREF has its IID. */
#define IID_AT 8

/* A packet that alone keeps its object, and its bytes. */
static uint32_t pack_bytes(struct parcel *parcel, unsigned char *bytes)
{
	parcel->mshctx = MSHCTX_INPROC;
	parcel_pack_new(parcel, &home);
	assert_int_equal(parcel->result, S_OK);
	return parcel_read(parcel, bytes);
}

/* A stream of those bytes only, and what unmarshaling it says. */
static HRESULT unpack_bytes(const unsigned char *bytes, uint32_t size)
{
	struct parcel parcel = {0};

	assert_int_equal(CreateStreamOnHGlobal(NULL, TRUE, &parcel.stream),
			 S_OK);
	assert_int_equal(IStream_Write(parcel.stream, bytes, size, NULL), S_OK);
	room_run(&away, parcel_unpack, &parcel);
	if (SUCCEEDED(parcel.result))
		room_run(&away, parcel_drop, &parcel);
	parcel_close(&parcel);
	return parcel.result;
}

static void a_truncated_stream_is_refused(void **state)
{
	unsigned char bytes[PARCEL_BYTES_MAX];
	struct parcel parcel = {.mshlflags = MSHLFLAGS_NORMAL};
	uint32_t size = pack_bytes(&parcel, bytes);

	(void)state;
	for (uint32_t part = 0; part < size; part++)
		assert_int_equal(unpack_bytes(bytes, part), STG_E_READFAULT);
	/* And the packet is as good as new. */
	assert_int_equal(unpack_bytes(bytes, size), S_OK);
	parcel_close(&parcel);
	assert_gone();
}

static void a_stream_with_a_changed_bit_is_refused(void **state)
{
	unsigned char bytes[PARCEL_BYTES_MAX];
	struct parcel parcel = {.mshlflags = MSHLFLAGS_TABLESTRONG};
	uint32_t size = pack_bytes(&parcel, bytes);

	(void)state;
	for (uint32_t bit = 0; bit < 8 * size; bit++) {
		HRESULT result;

		bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
		result = unpack_bytes(bytes, size);
		bytes[bit / 8] ^= (unsigned char)(1U << bit % 8);
		/* The count of references and the flag for pings say nothing. */
		if (bit / 8 >= 24 && bit / 8 < 32)
			continue;
		assert_true(result == RPC_E_INVALID_OBJREF ||
			    result == CO_E_OBJNOTCONNECTED ||
			    result == STG_E_READFAULT ||
			    result == REGDB_E_CLASSNOTREG);
	}
	room_run(&away, parcel_throw, &parcel);
	assert_int_equal(parcel.result, S_OK);
	parcel_close(&parcel);
	assert_gone();
}

static void a_made_up_stream_names_nothing(void **state)
{
	unsigned char bytes[PARCEL_BYTES_MAX];
	struct parcel parcel = {.mshlflags = MSHLFLAGS_TABLESTRONG};
	uint32_t size = pack_bytes(&parcel, bytes);

	(void)state;
	/* Another interface than the stub's: no pointer of the wrong type. */
	memcpy(bytes + IID_AT, &IID_ICalcMemory, sizeof(IID));
	assert_int_equal(unpack_bytes(bytes, size), RPC_E_INVALID_OBJREF);
	memcpy(bytes + IID_AT, &IID_ICalc, sizeof(IID));
	/* Without a packet, as in a message: streams have one. */
	bytes[64] = bytes[65] = bytes[66] = bytes[67] = 0;
	assert_int_equal(unpack_bytes(bytes, 68), CO_E_OBJNOTCONNECTED);
	room_run(&home, parcel_throw, &parcel);
	parcel_close(&parcel);
	assert_gone();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOMS(a_truncated_stream_is_refused),
		IN_ROOMS(a_stream_with_a_changed_bit_is_refused),
		IN_ROOMS(a_made_up_stream_names_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
