/* SPDX-License-Identifier: MIT */
/*
 * bandwidth-test.c - tries bandwidth.so without Belay and without a program
 *
 *     ./bandwidth-test ./bandwidth.so
 *
 * A policy is a library with one constant. What its host lends is made up
 * here: a clock that stands still, an operation, calls.
 */
#undef NDEBUG
#include <assert.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include <belay/policy.h>

#define MS UINT64_C(1000000)

static uint64_t now_ns = 1000 * MS;
static char logged[200];

static uint64_t now(void)
{
	return now_ns;
}

static void log_text(const char *text)
{
	(void)snprintf(logged, sizeof(logged), "%s", text);
}

static const struct belay_policy_host host = {
	.abi = BELAY_POLICY_ABI,
	.size = sizeof(host),
	.log = log_text,
	.now_ns = now,
};

static const struct belay_operation reading = {
	.size = sizeof(reading),
	.api = "test",
	.name = "read",
	.arguments = {{"fd", BELAY_ARGUMENT_FD}, {"size", BELAY_ARGUMENT_SIZE}},
};

static const struct belay_policy *policy;

/* An instance that lets `limit` bytes a second pass. */
static void *config(int64_t limit)
{
	struct belay_policy_value value = {true, limit, limit, "-"};
	struct belay_policy_config config = {.size = sizeof(config),
					     .rule = 1,
					     .call = "test.read",
					     .values = &value};

	return policy->config(&config);
}

static struct belay_policy_call read_of(uint64_t fd, uint64_t size)
{
	return (struct belay_policy_call){
		.size = sizeof(struct belay_policy_call),
		.operation = &reading,
		.args = {fd, size}};
}

/* How long a call is held back, in milliseconds. */
static uint64_t held_ms(void *instance, struct belay_policy_call call)
{
	struct belay_policy_verdict verdict = {.size = sizeof(verdict)};

	policy->begin(instance, &call, &verdict);
	assert(verdict.set == BELAY_VERDICT_HOLD);
	return verdict.hold_ns / MS;
}

int main(int argc, char **argv)
{
	struct belay_outcome half = {BELAY_SUCCEEDED, 0, 50};
	struct belay_policy_call call = read_of(3, 100);
	void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
	void *instance;

	assert(library);
	policy = dlsym(library, "belay_policy");
	assert(policy && policy->abi == BELAY_POLICY_ABI);
	assert(policy->load(&host));

	assert(!config(0) && strstr(logged, "more than 0"));
	instance = config(1000); /* a byte takes a millisecond */
	assert(instance);
	assert(held_ms(instance, read_of(3, 100)) == 100);
	assert(held_ms(instance, read_of(3, 100)) == 200);
	assert(held_ms(instance, read_of(4, 100)) == 100);
	policy->finish(instance, &call, &half); /* gives back 50 ms */
	assert(held_ms(instance, read_of(3, 100)) == 250);
	now_ns += 1000 * MS; /* the line is free again */
	assert(held_ms(instance, read_of(3, 100)) == 100);
	(void)puts("bandwidth.so does what it should");
	return 0;
}
