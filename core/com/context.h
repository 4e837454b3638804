/* SPDX-License-Identifier: MIT */
/*
 * context.h - the call that a thread serves
 *
 * A *context* is what CoGetCallContext() gives: an object that answers for the
 * call as long as it is being served, on any thread, and then says that it is
 * over. Most calls are never asked for one, so it is made when it is.
 *
 * A *service* is a thread's serving of one call. Services nest, and are not on
 * the stack: a thread may end inside of them, and then its stack is gone.
 */
#ifndef BELAYI_COM_CONTEXT_H
#define BELAYI_COM_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/com/objbase.h>

struct belayi_context;
struct belayi_message;

/*
 * struct belayi_service - a call that this thread serves
 *
 * outer:         the one that it interrupted
 * message:       of a synchronous call, which lasts as long as the service
 * context:       the call's own; NULL: nobody asked for it. Counted
 * given:         what CoSwitchCallContext() put in its place; not counted
 * impersonates:  what the thread impersonated before
 * died:          the thread ends in the server's code: leaves the service, and
 *                answers the client
 */
struct belayi_service {
	struct belayi_service *outer;
	void (*died)(struct belayi_service *service);
	const struct belayi_message *message;
	struct belayi_context *context;
	IUnknown *given;
	uint64_t impersonates;
	bool is_given;
};

/*
 * belayi_service_enter(), belayi_service_leave() - around the server's code
 *
 * Either message or context is given: the call may be over before the service,
 * and then only the context knows. What the thread impersonates ends with the
 * service, and so does a context that was made in it.
 */
void belayi_service_enter(struct belayi_service *service,
			  const struct belayi_message *message,
			  struct belayi_context *context,
			  void (*died)(struct belayi_service *service));
void belayi_service_leave(struct belayi_service *service);

/* belayi_services_end() - this thread ends, in whatever it serves */
void belayi_services_end(void);

/* belayi_context_new() - NULL: no memory */
struct belayi_context *belayi_context_new(const struct belayi_message *message);

/* belayi_context_end() - the call is over, and the message another's */
void belayi_context_end(struct belayi_context *context);

void belayi_context_unref(struct belayi_context *context);

/* belayi_context_test_cancel() - RPC_E_CALL_COMPLETE when it is over */
HRESULT belayi_context_test_cancel(struct belayi_context *context);

#endif
