/* SPDX-License-Identifier: MIT */
/*
 * served.c - a client and its server, in one process or in two
 *
 * Its calls are as COM's, made with <belay/call.h> alone: the server tells when
 * it enters and leaves a method, in the names that the message brought.
 *
 * Its arguments are verbs, done in their order:
 *
 *     process      from here on a child process serves; before, a thread
 *     add=N        N calls of ICalc.Add, one after another
 *     slow=MS      a call of ICalc.Slow, which the server works on so long
 *     queue=MS     a call of each at once: the second waits for the first
 *     leave=MS     begins ICalc.Slow, and finishes it after the next verbs
 *     cancel       cancels what was left, finishes it
 *     unserved     begins a call that no server ever takes
 *     say, wait    prints a line; waits for one
 *
 * Prints a line for each finished call: its name, what Begin and what Finish
 * said.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <belay/observer.h>

enum { ADD, SLOW, METHODS };

#define METHOD(id, text)                                                       \
	[id] = {                                                               \
		.size = sizeof(struct belay_operation),                        \
		.number = &numbers[id],                                        \
		.api = "com",                                                  \
		.name = (text),                                                \
		.status_kind = BELAY_STATUS_HRESULT,                           \
		.cancel_mode = BELAY_CANCEL_FINISH_DUE,                        \
	}

static uint32_t numbers[METHODS];
static const struct belay_operation methods[] = {
	METHOD(ADD, "ICalc.Add"),
	METHOD(SLOW, "ICalc.Slow"),
};

/* A message: a request there, its reply back. */
struct message {
	uint64_t caller;
	uint64_t id;
	struct belay_ref ref;
	uint32_t method;
	uint32_t work_ms;
	int32_t status;
};

/* The client's end and the server's; each has its own reader. */
static int client;
static int server;

static void check(bool good, const char *what)
{
	if (good)
		return;
	(void)fprintf(stderr, "served: %s\n", what);
	exit(1);
}

static void send_message(int to, const struct message *message)
{
	check(send(to, message, sizeof(*message), 0) == sizeof(*message),
	      "cannot send");
}

/* --- The server ------------------------------------------------------------ */

/* Not inlined: its name is looked for in what belay says. */
__attribute__((noinline)) static int32_t serve_method(uint32_t work_ms)
{
	const struct timespec work = {
		work_ms / 1000,
		(long)(work_ms % 1000) * 1000000,
	};

	(void)nanosleep(&work, NULL);
	return S_OK;
}

static void serve(struct message *message)
{
	struct belay_server_call call = {
		.caller = message->caller,
		.id = message->id,
		.operation = &methods[message->method],
		.site = (const void *)(uintptr_t)serve_method,
	};
	struct timespec from, to;

	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	belay_server_enter(&call);
	message->status = serve_method(message->work_ms);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	belay_server_exit(&call, message->status,
			  (uint64_t)(to.tv_sec - from.tv_sec) * 1000000000U +
				  (uint64_t)to.tv_nsec -
				  (uint64_t)from.tv_nsec);
}

static void *serve_all(void *none)
{
	struct message message;

	while (recv(server, &message, sizeof(message), 0) == sizeof(message)) {
		serve(&message);
		send_message(server, &message);
	}
	return none;
}

/* --- The client ------------------------------------------------------------ */

static void *take_replies(void *none)
{
	struct message reply;

	while (recv(client, &reply, sizeof(reply), 0) == sizeof(reply)) {
		struct belay_outcome outcome = {BELAY_SUCCEEDED, reply.status,
						0};

		(void)belay_call_complete(&reply.ref, &outcome);
	}
	return none;
}

static void start(void *(*run)(void *))
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, run, NULL) == 0 &&
		      pthread_detach(thread) == 0,
	      "no thread");
}

static void connect_both(void)
{
	int ends[2];

	check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "no sockets");
	client = ends[0];
	server = ends[1];
}

static void serve_in_thread(void)
{
	connect_both();
	start(serve_all);
	start(take_replies);
}

/* The old pair ends where nobody calls any more: its threads wait for ever. */
static void serve_in_process(void)
{
	connect_both();
	if (fork() == 0) {
		(void)close(client);
		(void)serve_all(NULL);
		exit(0);
	}
	(void)close(server);
	start(take_replies);
}

/* Not inlined: its name is looked for in what belay says. */
__attribute__((noinline)) static HRESULT
begin_method(struct belay_call *call, uint32_t method, struct belay_ref *ref)
{
	const struct belay_begin begin = {.operation = &methods[method]};
	HRESULT hr = belay_call_begin(call, &begin, ref);

	__asm__ volatile(""); /* no tail call: the call site is here */
	return hr;
}

static HRESULT begin(struct belay_call *call, uint32_t method, uint32_t work_ms)
{
	struct message message = {.method = method, .work_ms = work_ms};
	HRESULT hr;

	belay_call_init(call);
	hr = begin_method(call, method, &message.ref);
	if (hr != S_OK)
		return hr;
	message.caller = (uint64_t)getpid();
	message.id = belay_call_id(&message.ref);
	(void)belay_call_accept(&message.ref);
	send_message(client, &message);
	return hr;
}

static void finish(struct belay_call *call, uint32_t method, HRESULT begun)
{
	struct belay_outcome outcome = {.status = S_OK};

	if (begun == S_OK)
		check(belay_call_finish(call, &methods[method], &outcome) ==
			      S_OK,
		      "cannot finish");
	(void)printf("%s begin=0x%08" PRIX32 " finish=0x%08" PRIX32 "\n",
		     methods[method].name, (uint32_t)begun,
		     (uint32_t)outcome.status);
	(void)fflush(stdout);
}

static void call(uint32_t method, long ms)
{
	struct belay_call one;
	HRESULT hr = begin(&one, method, (uint32_t)ms);

	finish(&one, method, hr);
}

static void call_both(long ms)
{
	struct belay_call slow, add;
	HRESULT hr = begin(&slow, SLOW, (uint32_t)ms);
	HRESULT second = begin(&add, ADD, 0);

	finish(&slow, SLOW, hr);
	finish(&add, ADD, second);
}

static struct belay_call left;
static bool is_left;

static void end_left(bool cancel)
{
	struct belay_ref ref = belay_call_ref(&left);
	HRESULT hr;

	if (!is_left)
		return;
	is_left = false;
	if (cancel) {
		hr = belay_call_cancel(&ref, 0, BELAY_BY_APPLICATION);
		(void)printf("cancel=0x%08" PRIX32 "\n", (uint32_t)hr);
		if (hr != S_OK && hr != RPC_E_CALL_COMPLETE)
			return;
	}
	finish(&left, SLOW, S_OK);
}

static void unserved(void)
{
	static struct belay_call call;
	struct belay_ref ref;

	belay_call_init(&call);
	if (begin_method(&call, SLOW, &ref) == S_OK)
		(void)belay_call_accept(&ref);
}

static void do_verb(const char *verb)
{
	const char *value = strchr(verb, '=');
	long number = value ? strtol(value + 1, NULL, 10) : 0;

	if (strncmp(verb, "add=", 4) == 0)
		while (number--)
			call(ADD, 0);
	else if (strncmp(verb, "slow=", 5) == 0)
		call(SLOW, number);
	else if (strncmp(verb, "queue=", 6) == 0)
		call_both(number);
	else if (strncmp(verb, "leave=", 6) == 0)
		is_left = begin(&left, SLOW, (uint32_t)number) == S_OK;
	else if (strcmp(verb, "cancel") == 0)
		end_left(true);
	else if (strcmp(verb, "unserved") == 0)
		unserved();
	else if (strcmp(verb, "process") == 0)
		serve_in_process();
	else if (strcmp(verb, "say") == 0)
		(void)puts("ready");
	else if (strcmp(verb, "wait") == 0)
		(void)getchar();
	else
		check(false, verb);
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "process") != 0)
		serve_in_thread();
	for (int i = 1; i < argc; i++)
		do_verb(argv[i]);
	end_left(false);
	return 0;
}
