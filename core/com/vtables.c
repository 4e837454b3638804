/* SPDX-License-Identifier: MIT */
/*
 * vtables.c - vtables of proxies: thunks, and functions made at run time
 */
#include "vtables.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "call_site.h"
#include "complain.h"
#include "fork.h"
#include "format.h"
#include "ndr.h"
#include "ndr_scalars.h"
#include "signature.h"
#include "thunks.h"

/* Two vtables, each NULL until it is asked for, and what they consist of;
 * whether it was said that they cannot be made. */
struct belayi_vtables {
	const void *call;
	const void *async;
	struct belayi_store call_store;
	struct belayi_store async_store;
	bool is_refused;
};

/*
 * struct function - one slot of a vtable: what its closure is given
 *
 * Those of a vtable stand in one array, and before the vtable's first slot is
 * the address of that, where thunks find it.
 */
struct function {
	const struct belayi_procedure *procedure;
	const struct belayi_signature *signature;
	const struct belayi_proxy_class *methods;
	void (*hand_over)(const struct function *function, void *object,
			  void *image, uint64_t *ret_value);
};

pthread_mutex_t belayi_vtables_lock = PTHREAD_MUTEX_INITIALIZER;

struct belayi_vtables *belayi_vtables_make(struct belayi_store *store)
{
	return belayi_store_take(store, sizeof(struct belayi_vtables));
}

/* --- What closures do ---------------------------------------------------- */

static void hand_over_call(const struct function *function, void *object,
			   void *image, uint64_t *ret_value)
{
	if (function->procedure->mirrors_count)
		belayi_image_mirror(function->procedure, image);
	function->methods->call(object, function->procedure, image, ret_value);
}

static void hand_over_begin(const struct function *function, void *object,
			    void *image, uint64_t *ret_value)
{
	if (function->procedure->mirrors_count)
		belayi_image_mirror(function->procedure, image);
	*ret_value = (uint64_t)(int64_t)function->methods->begin(
		object, function->procedure, image);
}

static void hand_over_finish(const struct function *function, void *object,
			     void *image, uint64_t *ret_value)
{
	function->methods->finish(object, function->procedure, image,
				  ret_value);
}

/* An argument in its slot; libffi has the address of each. */
static void put_argument(const struct belayi_param *param, unsigned char *image,
			 const void *argument)
{
	uint64_t value;

	if (param->flags & BELAYI_PARAM_BY_VALUE)
		value = (uintptr_t)argument;
	else if (param->flags & BELAYI_PARAM_INDIRECT ||
		 param->type->shape != BELAYI_SCALAR)
		value = *(const uint64_t *)argument;
	else
		value = (uint64_t)belayi_load(param->type->code, argument);
	memcpy(image + param->offset, &value, sizeof(value));
}

/* Of one method: its arguments into an image, and on. */
static uint64_t enter(const struct function *function, void *object,
		      const void *const *arguments)
{
	const struct belayi_procedure *procedure = function->procedure;
	const struct belayi_signature *signature = function->signature;
	unsigned char image[BELAYI_IMAGE_MAX] __attribute__((aligned(16)));
	uint64_t value = 0;

	memset(image, 0, procedure->image_size);
	memcpy(image, &object, sizeof(object));
	for (uint32_t i = 1; i < signature->count; i++)
		put_argument(&procedure->params[signature->params[i - 1]],
			     image, arguments[i]);
	function->hand_over(function, object, image, &value);
	return value;
}

/* What a closure calls. libffi wants integers in 64 bits. */
static void enter_closure(ffi_cif *cif, void *result, void **arguments,
			  void *data)
{
	const struct function *function = data;
	uint64_t value;

	(void)cif;
	belayi_call_site_note(arguments);
	value = enter(function, *(void **)arguments[0],
		      (const void *const *)arguments);
	if (function->signature->value)
		memcpy(result, &value, sizeof(value));
}

uint64_t belayi_thunk_enter(uint32_t slot, const void *site,
			    const uint64_t registers[BELAYI_REGISTERS])
{
	const void *const arguments[BELAYI_REGISTERS] = {
		&registers[0], &registers[1], &registers[2],
		&registers[3], &registers[4], &registers[5]};
	void *object = (void *)(uintptr_t)registers[0];
	const struct function *const *vtable =
		*(const struct function *const *const *)object;

	belayi_call_site_set(site);
	return enter(&vtable[-1][slot], object, arguments);
}

/* --- Making them --------------------------------------------------------- */

/* struct making - a vtable that is being made */
struct making {
	const struct belayi_interface *iface;
	const struct belayi_proxy_class *methods;
	const void **slots;
	struct function *functions;
	uint32_t count;
	ffi_closure **closures; /* as many as slots, or NULL each */
	struct belayi_store *store;
};

/* Said once of an interface: each of its proxies would meet it. */
static HRESULT complain(const struct making *making, uint32_t slot)
{
	struct belayi_vtables *vtables = making->iface->vtables;

	if (!vtables->is_refused)
		belayi_complain(
			"Cannot make proxies: interface=\"%s\", method=\"%s\", "
			"error=\"its arguments do not all go in integer "
			"registers, so it needs code made at run time, which "
			"is refused here\"",
			making->iface->name,
			making->functions[slot].procedure->name);
	vtables->is_refused = true;
	return E_ACCESSDENIED;
}

/* libffi says ENOMEM of memory that is refused, too. */
static bool is_memory_left(void)
{
	void *memory = mmap(NULL, sizeof(ffi_closure), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory != MAP_FAILED && !munmap(memory, sizeof(ffi_closure));
}

static HRESULT add_closure(struct making *making, uint32_t slot)
{
	struct function *function = &making->functions[slot];
	void *code;

	belayi_call_site_learn();
	making->closures[slot] = ffi_closure_alloc(sizeof(ffi_closure), &code);
	if (!making->closures[slot])
		return is_memory_left() ? complain(making, slot)
					: E_OUTOFMEMORY;
	if (ffi_prep_closure_loc(making->closures[slot],
				 (ffi_cif *)&function->signature->cif,
				 enter_closure, function, code) != FFI_OK)
		return E_UNEXPECTED;
	making->slots[slot] = code;
	return S_OK;
}

static HRESULT add(struct making *making, uint32_t slot,
		   const struct function *like)
{
	making->functions[slot] = *like;
	making->functions[slot].methods = making->methods;
	if (like->signature->in_registers)
		making->slots[slot] = belayi_thunk(slot);
	return making->slots[slot] ? S_OK : add_closure(making, slot);
}

static HRESULT add_call(struct making *making,
			const struct belayi_procedure *procedure)
{
	return add(making, procedure->slot,
		   &(struct function){procedure, procedure->call, NULL,
				      hand_over_call});
}

static HRESULT add_pair(struct making *making,
			const struct belayi_procedure *procedure)
{
	HRESULT status = add(making, belayi_begin_slot(procedure->slot),
			     &(struct function){procedure, procedure->begin,
						NULL, hand_over_begin});

	if (status != S_OK)
		return status;
	return add(making, belayi_finish_slot(procedure->slot),
		   &(struct function){procedure, procedure->finish, NULL,
				      hand_over_finish});
}

static HRESULT fill(struct making *making,
		    HRESULT (*add_method)(struct making *,
					  const struct belayi_procedure *))
{
	HRESULT status = S_OK;

	making->slots = belayi_store_take(
		making->store, (making->count + 1) * sizeof(*making->slots));
	making->functions = belayi_store_take(
		making->store, making->count * sizeof(*making->functions));
	making->closures = belayi_store_take(
		making->store, making->count * sizeof(*making->closures));
	if (!making->slots || !making->functions || !making->closures)
		return E_OUTOFMEMORY;
	*making->slots++ = making->functions;
	memcpy(making->slots, making->methods->unknown,
	       sizeof(making->methods->unknown));
	for (uint32_t slot = BELAYI_FIRST_SLOT;
	     slot < making->iface->slots && status == S_OK; slot++)
		status = add_method(making,
				    belayi_procedure_of(making->iface, slot));
	return status;
}

static void take_back(struct making *making)
{
	for (uint32_t i = 0; making->closures && i < making->count; i++)
		if (making->closures[i])
			ffi_closure_free(making->closures[i]);
	belayi_store_deinit(making->store);
}

static HRESULT make(struct making *making,
		    HRESULT (*add_method)(struct making *,
					  const struct belayi_procedure *),
		    const void **vtable)
{
	HRESULT status = S_OK;

	(void)pthread_mutex_lock(&belayi_vtables_lock);
	if (!*vtable) {
		status = fill(making, add_method);
		if (status == S_OK)
			/* Release: pairs with get(). */
			__atomic_store_n(vtable, making->slots,
					 __ATOMIC_RELEASE);
		else
			take_back(making);
	}
	(void)pthread_mutex_unlock(&belayi_vtables_lock);
	return status;
}

static HRESULT get(struct making *making,
		   HRESULT (*add_method)(struct making *,
					 const struct belayi_procedure *),
		   const void **vtable, const void **ret_vtable)
{
	HRESULT status = S_OK;

	if (!__atomic_load_n(vtable, __ATOMIC_ACQUIRE))
		status = make(making, add_method, vtable);
	if (status == S_OK)
		*ret_vtable = *vtable;
	return status;
}

HRESULT belayi_vtable_call(const struct belayi_interface *iface,
			   const struct belayi_proxy_class *methods,
			   const void **ret_vtable)
{
	struct making making = {.iface = iface,
				.methods = methods,
				.count = iface->slots,
				.store = &iface->vtables->call_store};

	return get(&making, add_call, &iface->vtables->call, ret_vtable);
}

HRESULT belayi_vtable_async(const struct belayi_interface *iface,
			    const struct belayi_proxy_class *methods,
			    const void **ret_vtable)
{
	struct making making = {.iface = iface,
				.methods = methods,
				.count = belayi_begin_slot(iface->slots),
				.store = &iface->vtables->async_store};

	if (memcmp(&iface->async_iid, &GUID_NULL, sizeof(IID)) == 0)
		return E_NOINTERFACE;
	return get(&making, add_pair, &iface->vtables->async, ret_vtable);
}

void belayi_image_join(const struct belayi_procedure *procedure,
		       void *begin_image, const void *finish_image)
{
	for (uint32_t i = 0; i < procedure->params_count; i++)
		if (belayi_is_out(&procedure->params[i]))
			memcpy((unsigned char *)begin_image +
				       procedure->params[i].offset,
			       (const unsigned char *)finish_image +
				       procedure->params[i].offset,
			       8);
}
