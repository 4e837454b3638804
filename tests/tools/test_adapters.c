/* SPDX-License-Identifier: MIT */
/*
 * test_adapters.c - what adapters say of their operations
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <belay/adapter.h>

#include "adapters.h"
#include "catalogue.h"

/* An operation as a header had it that knew less: without what rules need. */
struct old_operation {
	char bytes[offsetof(struct belay_operation, deliver)];
};

static void make_old(struct old_operation *old, const char *name)
{
	const struct belay_operation operation = {
		.size = sizeof(*old),
		.api = "old",
		.name = name,
		.cancel_mode = BELAY_CANCEL_IS_END,
	};

	memcpy(old, &operation, sizeof(*old));
}

static void an_older_adapters_operations_are_shorter(void **state)
{
	struct old_operation old[3];
	struct belay_adapter adapter = {
		.operations = (const struct belay_operation *)old,
		.operations_count = 3,
	};
	struct belay_operation *all;

	(void)state;
	make_old(&old[0], "a");
	make_old(&old[1], "b");
	make_old(&old[2], "c");
	all = adapter_operations(&adapter);
	assert_string_equal(all[0].name, "a");
	assert_string_equal(all[2].name, "c");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(all[i].cancel_mode, BELAY_CANCEL_IS_END);
		assert_null(all[i].deliver);
		assert_int_equal(all[i].faults, 0);
		assert_null(all[i].error_named);
	}
	free(all);
}

/* A newer one's are longer: what we do not know is left out. */
struct new_operation {
	struct belay_operation known;
	void *unknown;
};

static void a_newer_adapters_operations_are_longer(void **state)
{
	struct new_operation new[2] = {
		{{.size = sizeof(*new), .name = "a", .faults = 3}, &new[0]},
		{{.size = sizeof(*new), .name = "b", .faults = 5}, &new[1]},
	};
	struct belay_adapter adapter = {
		.operations = &new[0].known,
		.operations_count = 2,
	};
	struct belay_operation *all = adapter_operations(&adapter);

	(void)state;
	assert_string_equal(all[1].name, "b");
	assert_int_equal(all[0].faults, 3);
	assert_int_equal(all[1].faults, 5);
	free(all);
}

static void an_adapter_without_operations_has_none(void **state)
{
	struct belay_adapter adapter = {0};

	(void)state;
	free(adapter_operations(&adapter));
}

static char *rich; /* path of an adapter */

static void a_catalogue_has_the_operations_of_the_adapters(void **state)
{
	struct catalogue catalogue = {0};
	char list[4096];

	(void)state;
	(void)snprintf(list, sizeof(list), "%s,%s", rich, rich);
	assert_true(catalogue_add(&catalogue, rich));
	assert_int_equal(catalogue.operations_count, 3);
	assert_string_equal(catalogue.operations[0]->name, "send");
	assert_string_equal(catalogue.operations[1]->name, "close");
	assert_string_equal(catalogue.operations[2]->api, "com");
	assert_true(catalogue_add(&catalogue, list));
	assert_int_equal(catalogue.operations_count, 8);
	catalogue_deinit(&catalogue);
}

static void an_adapter_that_is_missing_is_no_catalogue(void **state)
{
	struct catalogue catalogue = {0};

	(void)state;
	assert_false(catalogue_add(&catalogue, "/no/such.so"));
	catalogue_deinit(&catalogue);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_older_adapters_operations_are_shorter),
		cmocka_unit_test(a_newer_adapters_operations_are_longer),
		cmocka_unit_test(an_adapter_without_operations_has_none),
		cmocka_unit_test(
			a_catalogue_has_the_operations_of_the_adapters),
		cmocka_unit_test(an_adapter_that_is_missing_is_no_catalogue),
	};

	if (argc != 2)
		return 2;
	rich = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
