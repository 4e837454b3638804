/* SPDX-License-Identifier: MIT */
/*
 * message_filter.c - a message filter that lets wait once, then answers
 */
#include "message_filter.h"

static HRESULT filter_QueryInterface(IMessageFilter *iface, REFIID riid,
				     void **ppv)
{
	(void)iface;
	(void)riid;
	*ppv = NULL;
	return E_NOINTERFACE;
}

static ULONG filter_AddRef(IMessageFilter *iface)
{
	return ++((struct filter *)iface)->references;
}

static ULONG filter_Release(IMessageFilter *iface)
{
	return --((struct filter *)iface)->references;
}

static DWORD filter_HandleInComingCall(IMessageFilter *iface, DWORD type,
				       HTASK caller, DWORD ticks,
				       LPINTERFACEINFO info)
{
	(void)iface;
	(void)type;
	(void)caller;
	(void)ticks;
	(void)info;
	return SERVERCALL_ISHANDLED;
}

static DWORD filter_RetryRejectedCall(IMessageFilter *iface, HTASK callee,
				      DWORD ticks, DWORD type)
{
	(void)iface;
	(void)callee;
	(void)ticks;
	(void)type;
	return 0;
}

static DWORD filter_MessagePending(IMessageFilter *iface, HTASK callee,
				   DWORD ticks, DWORD type)
{
	struct filter *filter = (struct filter *)iface;

	(void)callee;
	filter->asked++;
	filter->ticks = ticks;
	filter->type = type;
	return filter->asked < 2 ? PENDINGMSG_WAITDEFPROCESS : filter->answer;
}

IMessageFilterVtbl filter_vtbl = {
	filter_QueryInterface,    filter_AddRef,
	filter_Release,           filter_HandleInComingCall,
	filter_RetryRejectedCall, filter_MessagePending,
};
