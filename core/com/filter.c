/* SPDX-License-Identifier: MIT */
/*
 * filter.c - the message filter of a single-threaded apartment
 *
 * On Windows a thread that waits for a call asks its filter when a window
 * message comes. There are no such messages here, so the filter is asked every
 * tenth of a second; what it says of processing messages means nothing.
 */
#include "apartment_parts.h"
#include "futex.h"

#define NS_PER_MS 1000000U

bool belayi_filter_cancels(struct belayi_apartment *apartment,
			   uint64_t since_ns)
{
	IMessageFilter *filter = apartment->filter;
	DWORD type =
		apartment->nesting ? PENDINGTYPE_NESTED : PENDINGTYPE_TOPLEVEL;
	DWORD answer;

	if (!filter)
		return false;
	/* It may register another filter meanwhile, but not end the apartment. */
	(void)filter->lpVtbl->AddRef(filter);
	apartment->nesting++;
	answer = filter->lpVtbl->MessagePending(
		filter, NULL, (DWORD)((belayi_now_ns() - since_ns) / NS_PER_MS),
		type);
	(void)filter->lpVtbl->Release(filter);
	apartment->nesting--;
	return answer == PENDINGMSG_CANCELCALL;
}

void belayi_filter_drop(struct belayi_apartment *apartment)
{
	IMessageFilter *filter = apartment->filter;

	apartment->filter = NULL;
	if (filter)
		(void)filter->lpVtbl->Release(filter);
}

HRESULT CoRegisterMessageFilter(LPMESSAGEFILTER filter,
				LPMESSAGEFILTER *ret_previous)
{
	struct belayi_apartment *apartment = belayi_apartment_current();
	IMessageFilter *previous;

	if (ret_previous)
		*ret_previous = NULL;
	if (!apartment || !apartment->single)
		return CO_E_NOT_SUPPORTED;
	previous = apartment->filter;
	if (filter)
		(void)filter->lpVtbl->AddRef(filter);
	apartment->filter = filter;
	if (ret_previous)
		*ret_previous = previous;
	else if (previous)
		(void)previous->lpVtbl->Release(previous);
	return S_OK;
}
