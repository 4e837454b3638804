/* SPDX-License-Identifier: MIT */
/*
 * packets.c - the numbers of marshaled pointers cannot be guessed
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "packet.h"

#define COUNT 100

/* A packet of nothing: its number. */
static uint64_t make_number(void)
{
	uint64_t number = belayi_packet_new(MSHLFLAGS_NORMAL, NULL, NULL);

	if (number)
		belayi_packet_unref(belayi_packet_find(number, true));
	return number;
}

/* What x ^ x >> shift was made of. */
static uint64_t unshifted(uint64_t value, unsigned int shift)
{
	uint64_t result = value;

	for (unsigned int i = 0; i < 64; i += shift)
		result = value ^ result >> shift;
	return result;
}

/* What times an odd factor is 1, by Newton. */
static uint64_t inverse(uint64_t factor)
{
	uint64_t result = factor;

	for (int i = 0; i < 6; i++)
		result *= 2 - factor * result;
	return result;
}

/* The key that belayi_table_hash() makes that of. */
static uint64_t unhashed(uint64_t hash)
{
	hash = unshifted(hash, 31);
	hash *= inverse(UINT64_C(0x94d049bb133111eb));
	hash = unshifted(hash, 27);
	hash *= inverse(UINT64_C(0xbf58476d1ce4e5b9));
	return unshifted(hash, 30);
}

static void a_number_says_nothing_of_the_next(void **state)
{
	uint64_t former = make_number();

	(void)state;
	assert_int_equal(unhashed(belayi_table_hash(former)), former);
	for (int i = 0; i < COUNT; i++) {
		uint64_t number = make_number();

		assert_int_not_equal(number, 0);
		assert_int_not_equal(number, former);
		assert_int_not_equal(number - former, 1);
		assert_int_not_equal(unhashed(number) - unhashed(former), 1);
		former = number;
	}
}

static void a_child_has_numbers_of_its_own(void **state)
{
	uint64_t *numbers =
		mmap(NULL, COUNT * sizeof(*numbers), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int i, j, status;
	pid_t child;

	(void)state;
	assert_ptr_not_equal(numbers, MAP_FAILED);
	(void)make_number();
	child = fork();
	assert_true(child >= 0);
	for (i = 0; child == 0 && i < COUNT; i++)
		numbers[i] = make_number();
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (i = 0; i < COUNT; i++) {
		uint64_t own = make_number();

		for (j = 0; j < COUNT; j++)
			assert_int_not_equal(own, numbers[j]);
	}
	assert_int_equal(munmap(numbers, COUNT * sizeof(*numbers)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_says_nothing_of_the_next),
		cmocka_unit_test(a_child_has_numbers_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
