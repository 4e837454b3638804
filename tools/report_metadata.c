/* SPDX-License-Identifier: MIT */
/*
 * report_metadata.c - whether a trace's metadata file is whole
 */
#include "report_metadata.h"

#include <byteswap.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x75d11d57U

/* So much of the file: what it says of its tracer stands before its events. */
#define SEARCHED 65536

/* The start of a packet; sizes are in bits. */
struct packet {
	uint32_t magic;
	uint8_t uuid[16];
	uint32_t checksum;
	uint32_t content_size;
	uint32_t packet_size;
	uint8_t schemes[3];
	uint8_t version[2];
} __attribute__((packed));

/* Whether the packet at `at` is whole. Sets *ret_next to where it ends. */
static bool check_packet(int fd, off_t at, off_t size, off_t *ret_next)
{
	struct packet packet;
	uint32_t content, whole;

	if (pread(fd, &packet, sizeof(packet), at) != (ssize_t)sizeof(packet))
		return false;
	content = packet.content_size;
	whole = packet.packet_size;
	if (packet.magic == bswap_32(MAGIC)) {
		content = bswap_32(content);
		whole = bswap_32(whole);
	} else if (packet.magic != MAGIC) {
		return false;
	}
	if (content < 8 * sizeof(packet) || content > whole || content % 8 ||
	    whole % 8 || at + whole / 8 > size)
		return false;
	*ret_next = at + whole / 8;
	return true;
}

static bool is_packets(int fd)
{
	uint32_t magic;

	return pread(fd, &magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
	       (magic == MAGIC || magic == bswap_32(MAGIC));
}

bool metadata_is_whole(const char *path, char *why, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	off_t at = 0;
	bool ok = true;

	if (fd < 0)
		return true;
	if (fstat(fd, &status) == 0 && is_packets(fd))
		while (ok && at < status.st_size)
			ok = check_packet(fd, at, status.st_size, &at);
	if (!ok)
		(void)snprintf(why, size,
			       "no whole packet at byte %jd of %jd; copy the "
			       "trace again",
			       (intmax_t)at, (intmax_t)status.st_size);
	(void)close(fd);
	return ok;
}

bool metadata_is_lttng(const char *path)
{
	static const char mark[] = "tracer_name = \"lttng-";
	char *text = malloc(SEARCHED);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = text && fd >= 0 ? pread(fd, text, SEARCHED, 0) : 0;
	bool found = n > 0 && memmem(text, (size_t)n, mark, sizeof(mark) - 1);

	if (fd >= 0)
		(void)close(fd);
	free(text);
	return found;
}
