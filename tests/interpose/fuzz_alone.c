/* SPDX-License-Identifier: MIT */
/*
 * fuzz_alone.c - feeds a fuzz target where there is no libFuzzer
 *
 * Cuts files that the target likes into pieces, puts them together at random
 * and damages some bytes. It does not see which code runs, as libFuzzer does.
 *
 * Usage: fuzz_alone SECONDS SEED FILE...
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LARGEST 4096
#define FILES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	uint8_t *bytes;
	size_t size;
} files[FILES_MAX];

static uint64_t random_state;

/* xorshift64*: the same numbers for the same seed everywhere. */
static size_t some(size_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * UINT64_C(0x2545F4914F6CDD1D) >> 16) % below;
}

static bool read_file(const char *path, unsigned int i)
{
	FILE *file = fopen(path, "rb");

	files[i].bytes = malloc(LARGEST);
	if (!file || !files[i].bytes)
		return false;
	files[i].size = fread(files[i].bytes, 1, LARGEST, file);
	(void)fclose(file);
	return files[i].size > 0;
}

/* A few pieces of a few files, that begin and end anywhere or with a word. */
static size_t put_together(uint8_t *data, unsigned int count)
{
	size_t size = 2;

	data[0] = (uint8_t)(some(8) ? 0 : some(256));
	data[1] = (uint8_t)some(256);
	for (size_t pieces = 1 + some(6); pieces; pieces--) {
		size_t file = some(count), from = some(files[file].size);
		size_t length = 1 + some(some(2) ? 12 : 120);

		if (some(2))
			while (from && files[file].bytes[from - 1] != ' ')
				from--;
		if (length > files[file].size - from)
			length = files[file].size - from;
		if (length > LARGEST - size)
			length = LARGEST - size;
		memcpy(data + size, files[file].bytes + from, length);
		size += length;
	}
	return size;
}

static void damage(uint8_t *data, size_t size)
{
	static const uint8_t favourites[] = " \t\n\"'\\#=~<>!.0k-[]*/";

	for (size_t n = some(4); n; n--)
		data[2 + some(size - 2)] =
			some(2) ? favourites[some(sizeof(favourites))]
				: (uint8_t)some(256);
}

int main(int argc, char **argv)
{
	unsigned int count = 0;
	unsigned long rounds = 0;
	uint8_t data[LARGEST];
	time_t until;

	if (argc < 4)
		return 2;
	random_state = strtoull(argv[2], NULL, 0) | 1;
	for (int i = 3; i < argc && count < FILES_MAX; i++)
		if (!read_file(argv[i], count++))
			return 2;
	(void)alarm((unsigned int)atol(argv[1]) + 60);
	for (until = time(NULL) + atol(argv[1]); time(NULL) < until; rounds++) {
		size_t size = put_together(data, count);

		damage(data, size);
		(void)LLVMFuzzerTestOneInput(data, size);
	}
	printf("seed %s: %lu texts\n", argv[2], rounds);
	return rounds > 100 ? 0 : 1;
}
