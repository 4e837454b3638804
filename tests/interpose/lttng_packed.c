/* SPDX-License-Identifier: MIT */
/*
 * lttng_packed.c - emits the events of calls in all their shapes
 *
 *     lttng_packed PROVIDER CALLS
 *
 * One begin of each shape, completes and finishes with the numbers at their
 * ends, then so many calls whose fields follow from their ids: 1000 and on.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lttng/provider.h"

#define FIRST_OF_MANY 1000

static const struct belay_provider *provider;

static const uint64_t args[] = {0, 1, UINT64_MAX, 0x0123456789abcdef, 5, 6};

static void begin(const char *operation, uint32_t args_count, const char *text,
		  size_t text_length)
{
	static uint64_t id;

	provider->begin(&(struct belay_event_begin){
		.id = ++id,
		.operation = operation,
		.key = 0x1122334455667788,
		.site = UINT64_MAX - id,
		.thread = UINT32_MAX,
		.args_count = args_count,
		.args = args_count ? args : NULL,
		.text = text,
		.text_length = (uint32_t)text_length,
	});
}

static void begins_by_operation(void)
{
	char name[301];

	memset(name, 'n', sizeof(name));
	begin(NULL, 0, NULL, 0);
	begin("", 0, NULL, 0);
	begin("x", 1, NULL, 0);
	/* Around what a packed event takes. */
	for (size_t length = 126; length < 130; length++) {
		name[length] = '\0';
		begin(name, 2, "after a long name", 17);
		name[length] = 'n';
	}
	name[sizeof(name) - 1] = '\0';
	begin(name, 4, "after a longer name", 19);
}

static void begins_by_text(void)
{
	static const char texts[][40] = {"SELECT 1", "\xc3\x9c\xe2\x98\x83",
					 "a \"quote\"\n\\", "#"};
	char text[2 * BELAY_TEXT_MAX];

	memset(text, 't', sizeof(text));
	begin("empty", 3, "", 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		begin("short", (uint32_t)i, texts[i], strlen(texts[i]));
	begin("rejected", 0, "by the filter", 13);
	for (size_t length = BELAY_TEXT_MAX - 1; length < BELAY_TEXT_MAX + 2;
	     length++)
		begin("long", 4, text, length);
	/* Somebody shortened it between its measuring and its copying. */
	text[5] = '\0';
	begin("shortened", 1, text, 20);
	begin("more arguments than there are", 6, "six", 3);
}

static void ends(void)
{
	for (int ending = BELAY_SUCCEEDED; ending <= BELAY_UNCOLLECTED;
	     ending++) {
		provider->complete(&(struct belay_event_complete){
			.id = UINT64_MAX,
			.ending = (enum belay_ending)ending,
			.status = INT32_MIN,
			.result = INT64_MAX - ending,
			.duration_ns = 1,
		});
		provider->finish(&(struct belay_event_finish){
			.id = 0x8000000000000000,
			.ending = (enum belay_ending)ending,
			.status = INT32_MAX,
			.result = INT64_MIN + ending,
			.duration_ns = UINT64_MAX,
			.lag_ns = (uint64_t)ending,
		});
	}
}

static void many(uint64_t count)
{
	char text[BELAY_TEXT_MAX];

	memset(text, 'm', sizeof(text));
	for (uint64_t id = FIRST_OF_MANY; id < FIRST_OF_MANY + count; id++) {
		provider->begin(&(struct belay_event_begin){
			.id = id,
			.operation = "many",
			.key = id,
			.args_count = 1,
			.args = &id,
			.text = text,
			.text_length = (uint32_t)(id % BELAY_TEXT_MAX),
		});
		provider->finish(&(struct belay_event_finish){
			.id = id,
			.result = (int64_t)id,
		});
	}
}

int main(int argc, char **argv)
{
	void *library =
		argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;

	provider = library ? dlsym(library, "belay_provider") : NULL;
	if (!provider || provider->abi != BELAY_PROVIDER_ABI) {
		(void)fprintf(stderr, "no provider: %s\n", dlerror());
		return 1;
	}
	begins_by_operation();
	begins_by_text();
	ends();
	many((uint64_t)atoll(argv[2]));
	return 0;
}
