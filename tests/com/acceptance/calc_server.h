/* SPDX-License-Identifier: MIT */
/*
 * calc_server.h - the object that tests call: ICalc, with call objects or without
 *
 * A calc may be called on any thread. It counts what is done to it, and its
 * Slow(CALC_GATE) ends when the test says so.
 */
#ifndef TESTS_COM_ACCEPTANCE_CALC_SERVER_H
#define TESTS_COM_ACCEPTANCE_CALC_SERVER_H

#include <pthread.h>
#include <stdbool.h>

#include <belay/com/apartment.h>

#include "calc.h"
#include "tally.h"

/* What a calc can do. */
#define CALC_ASYNC 1U   /* has call objects, for ICalc */
#define CALC_CANCELS 2U /* used directly, they have ICancelMethodCalls */
#define CALC_DEAF 4U    /* Slow does not look whether it is cancelled */
#define CALC_CUSTOM 8U  /* marshals itself */
#define CALC_INSIDE 16U /* Begin_ methods signal before they return */
#define CALC_MEMORY 32U /* is an ICalcMemory, too */
#define CALC_BROKEN 64U /* has a call factory that always fails */

/* Slow()'s argument: until calc_open(). */
#define CALC_GATE 0xFFFFFFFFU

/* Fail()'s argument: also enables call cancellation on the calc's thread. */
#define CALC_ENABLE ((HRESULT)0x8004E5A1)

struct calc_call;

/* Tallies: read them with calc_count(). */
struct calc_counts {
	uint32_t queries;     /* of QueryInterface */
	uint32_t synchronous; /* methods of ICalc that ran */
	uint32_t begun;       /* Begin_ methods of its call objects */
	uint32_t finished;    /* Finish_ methods that brought an outcome */
	uint32_t entered;     /* Slow: began, in either way */
	uint32_t left;        /* Slow: ended */
	uint32_t looks;       /* Slow: asked whether it was cancelled */
	uint32_t canceled;    /* Slow: saw that it was cancelled */
	uint32_t aggregated;  /* CreateCall with an outer and IID_IUnknown */
	uint32_t working; /* threads of call objects that have not signaled */
};

struct calc {
	ICalcMemory calc;
	ICallFactory factory;
	IMarshal marshal;
	uint32_t refs;
	unsigned int flags;
	LONG value;
	struct calc_counts counts;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open;
	DWORD thread;           /* that ran the last method, as gettid() says */
	HRESULT context;        /* of CoGetCallContext() in the last method */
	bool single;            /* lives in an STA */
	int jobs_fd;            /* readable: calc_run_jobs() has work */
	struct calc_call *jobs; /* that want to signal in the calc's thread */
};

/* calc_new() - in the current apartment; with one reference */
struct calc *calc_new(unsigned int flags);

static inline IUnknown *calc_unknown(struct calc *calc)
{
	return (IUnknown *)&calc->calc;
}

#define calc_count(calc, name)                                                 \
	__atomic_load_n(&(calc)->counts.name, __ATOMIC_ACQUIRE)
#define calc_add(calc, name) ((void)tally_add(&(calc)->counts.name))

/* calc_open() - lets every Slow(CALC_GATE) end, also later ones */
void calc_open(struct calc *calc);

/* calc_await() - waits until a count is at least `least`; bounded */
#define calc_await(calc, name, least)                                          \
	calc_await_count(&(calc)->counts.name, least, #name)
void calc_await_count(const uint32_t *count, uint32_t least, const char *name);

/* calc_run_jobs() - signals what waits for the thread of an STA */
void calc_run_jobs(struct calc *calc);

/* calc_live() - how many objects of these files there are */
uint32_t calc_live(void);

/* calc_go() - waits until there is none; false: somebody keeps one */
bool calc_go(void);

/* calc_is_alone() - waits until only one has it; false: somebody else keeps it */
bool calc_is_alone(const struct calc *calc);

void calc_born(void);
void calc_gone(void);

/* calc_now_ms() - CLOCK_MONOTONIC */
uint64_t calc_now_ms(void);

/* The work of both the methods and the call objects. */
HRESULT calc_sleep(struct calc *calc, ULONG milliseconds,
		   bool (*canceled)(void *data), void *data, ULONG *ret_slept);
HRESULT calc_upper(const char *text, char **ret_text);
HRESULT calc_upper_wide(const WCHAR *text, WCHAR **ret_text);

/* calc_create_call() - ICallFactory::CreateCall of a calc and its guest */
HRESULT calc_create_call(struct calc *calc, REFIID riid, IUnknown *outer,
			 REFIID riid2, IUnknown **ppv);

/* The class that a CALC_CUSTOM names: its proxy in other apartments. */
extern const CLSID CLSID_CalcGuest;
extern IMarshalVtbl calc_marshal_vtable;
HRESULT calc_register_guests(DWORD *ret_cookie);

#endif
