/* SPDX-License-Identifier: MIT */
/*
 * client_call.h - the client's side of a call, synchronous or not
 *
 * The call is a struct belay_call, so whoever observes calls sees these, and
 * a policy's cancel, a held reply that is let go and the reply itself all take
 * the same way: belay_call's moves, and the hooks of belayi_client_operation.
 */
#ifndef BELAYI_COM_CLIENT_CALL_H
#define BELAYI_COM_CLIENT_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <belay/call.h>
#include <belay/com/objbase.h>

#include "channel.h"

struct belayi_client_call;
struct belayi_import;
struct belayi_procedure;
struct belayi_proxy;

/*
 * belayi_client_operation - what the operations of all procedures have in
 * common: copied, and then given a name and a number of its own
 */
extern const struct belay_operation belayi_client_operation;

/*
 * struct belayi_client_class - what is different in a call object
 *
 * begun:   alone with the call, which can be cancelled from now on
 * reset:   nothing has been sent; may run the program's code. A failure is
 *          Begin_'s
 * unbegun: it came to nothing, and the turn is over; no `settled` follows
 * wait:    a thread waits in Finish_, where it may do so in the call's own way
 *          first
 * settled: as belay_operation.settled; after that the memory may be gone
 * collect: alone with a call that has settled: a failure becomes the outcome
 * free:    nobody has it any more, and no message is out
 *
 * reset, wait and collect may be NULL. What keeps the memory until the call has settled
 * is taken in begun, and given back in unbegun or settled.
 */
struct belayi_client_class {
	void (*begun)(struct belayi_client_call *client, uint64_t turn);
	HRESULT (*reset)(struct belayi_client_call *client, uint64_t turn);
	void (*unbegun)(struct belayi_client_call *client, uint64_t turn);
	void (*wait)(struct belayi_client_call *client);
	void (*settled)(struct belayi_client_call *client, uint64_t turn);
	HRESULT (*collect)(struct belayi_client_call *client, uint64_t turn);
	void (*free)(struct belayi_client_call *client);
};

/*
 * struct belayi_client_call - a call of this process, kept for the next one
 *
 * call:       first: the hooks find the rest by it
 * holds:      of the memory: one of whoever uses it, one of each message that
 *             is out; atomic
 * image_size: bytes that each message's image has; 0: it has none
 * proxy:      what is called; the user's of the call
 * apartment:  a single-threaded one, which is to be rung when the call settles;
 *             counted
 * message:    of the present turn; atomic
 * own:        one message for all turns. Where the server still has it from a
 *             cancelled one, more are made; they go with the memory
 * spare:      tasks of those that came back; atomic
 */
struct belayi_client_call {
	struct belay_call call;
	const struct belayi_client_class *class;
	uint32_t holds;
	uint32_t image_size;
	struct belayi_proxy *proxy;
	struct belayi_apartment *apartment;
	struct belayi_message *message;
	struct belayi_message own;
	struct belayi_task *spare;
};

/* belayi_client_init() - of memory that is all zero; it has one hold */
void belayi_client_init(struct belayi_client_call *client,
			const struct belayi_client_class *class,
			struct belayi_apartment *apartment);

/* belayi_client_deinit() - frees what belongs to it, not the memory itself */
void belayi_client_deinit(struct belayi_client_call *client);

/* belayi_client_hold(), belayi_client_drop() - one hold more, or less */
void belayi_client_hold(struct belayi_client_call *client);
void belayi_client_drop(struct belayi_client_call *client);

/*
 * belayi_client_is_out() - whether the server still has its message
 *
 * For who is alone with an idle call.
 */
bool belayi_client_is_out(const struct belayi_client_call *client);

/*
 * belayi_client_begin() - Begin: marshals the arguments, and sends them
 *
 * image: of the arguments; copied where there is room for it
 * Return: S_OK; RPC_S_CALLPENDING: a call is in progress, nothing changed;
 *         else why there is none.
 */
HRESULT belayi_client_begin(struct belayi_client_call *client,
			    const struct belayi_procedure *procedure,
			    const void *image);

/*
 * belayi_client_finish() - Finish: waits, and brings results to the arguments
 *
 * image:     those of Finish_, or of the synchronous method
 * ret_value: what the method returns to the program, its failure included
 */
void belayi_client_finish(struct belayi_client_call *client,
			  const struct belayi_procedure *procedure, void *image,
			  uint64_t *ret_value);

/* belayi_client_failed() - what the program gets of a call that there is not */
void belayi_client_failed(const struct belayi_procedure *procedure, void *image,
			  HRESULT status, uint64_t *ret_value);

/*
 * belayi_client_end() - the last one who could finish it is gone
 *
 * Ends a turn that has settled, and throws its outcome away.
 */
void belayi_client_end(struct belayi_client_call *client);

/* The synchronous method of a proxy, see vtables.h (sync_call.c). */
void belayi_proxy_call(void *object, const struct belayi_procedure *procedure,
		       void *image, uint64_t *ret_value);

/*
 * belayi_call_object_create() - ICallFactory::CreateCall of a proxy
 *
 * In the import's apartment; ret_object is not NULL.
 */
HRESULT belayi_call_object_create(struct belayi_import *import,
				  REFIID async_iid, IUnknown *outer, REFIID iid,
				  IUnknown **ret_object);

#endif
