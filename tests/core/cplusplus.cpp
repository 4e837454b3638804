/* SPDX-License-Identifier: MIT */
/*
 * cplusplus.cpp - the core's headers are C++17 too, and their functions link
 */
#include <cstdint>

#include <belay/call.h>
#include <belay/clock.h>
#include <belay/observer.h>

static_assert(sizeof(belay_call) == 64, "one cache line");
static_assert(FAILED(RPC_E_CALL_PENDING), "a failure code");

int main()
{
	static std::uint32_t number;
	belay_operation reading{};
	belay_outcome outcome{BELAY_SUCCEEDED, S_OK, 42};
	belay_outcome collected{};
	belay_begin begin{};
	belay_call call;
	belay_ref ref{};
	belay_ref cancel{};

	reading.size = sizeof(reading);
	reading.number = &number;
	reading.api = "test";
	reading.name = "reading";
	reading.cancel_mode = BELAY_CANCEL_FINISH_DUE;
	begin.operation = &reading;

	belay_call_init(&call);
	bool well = belay_call_begin(&call, &begin, &ref) == S_OK &&
		    belay_call_begin(&call, &begin, &cancel) ==
			    RPC_E_CALL_PENDING &&
		    belay_call_query_cancel(&call, &reading, &cancel) == S_OK &&
		    belay_call_accept(&ref) &&
		    belay_call_complete(&ref, &outcome) &&
		    belay_call_cancel(&cancel, 0, BELAY_BY_APPLICATION) ==
			    RPC_E_CALL_COMPLETE &&
		    belay_call_finish(&call, &reading, &collected) == S_OK &&
		    collected.result == 42;
	return well ? 0 : 1;
}
