/* SPDX-License-Identifier: MIT */
/*
 * report_salvage.c - what is left of a trace with a damaged stream
 */
#include "report_salvage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report_metadata.h"

#define METADATA "metadata"
#define MAGIC 0xc1fc1fc1U

/* The start of a packet as LTTng writes it; sizes are in bits. */
struct packet {
	uint32_t magic;
	uint8_t uuid[16];
	uint32_t stream_class;
	uint64_t stream;
	uint64_t begin;
	uint64_t end;
	uint64_t content_size;
	uint64_t packet_size;
} __attribute__((packed));

/* One stream file, and how much of it can be read. */
struct stream_file {
	const char *folder;
	const char *name;
	int fd;
	off_t size;
	off_t good;
	char why[160];
};

/* What is wrong with the packet at stream->good; "" if it is whole. */
static void check_packet(struct stream_file *stream,
			 const struct packet *packet)
{
	uint64_t left = (uint64_t)(stream->size - stream->good);
	uint64_t bytes = packet->packet_size / 8;

	stream->why[0] = '\0';
	if (packet->magic != MAGIC)
		(void)snprintf(stream->why, sizeof(stream->why),
			       "no packet begins here: 0x%08" PRIx32
			       " instead of 0x%08x",
			       packet->magic, MAGIC);
	else if (bytes < sizeof(*packet) || packet->packet_size % 8 ||
		 packet->content_size > packet->packet_size)
		(void)snprintf(stream->why, sizeof(stream->why),
			       "the packet says it has %" PRIu64
			       " bits of %" PRIu64,
			       packet->content_size, packet->packet_size);
	else if (bytes > left)
		(void)snprintf(stream->why, sizeof(stream->why),
			       "the packet should have %" PRIu64
			       " bytes, and the file ends after %" PRIu64,
			       bytes, left);
}

/* Finds the end of the last packet before the damage, if there is any. */
static void check_stream(struct stream_file *stream)
{
	struct packet packet;
	ssize_t n;

	stream->good = 0;
	stream->why[0] = '\0';
	while (stream->good < stream->size) {
		n = pread(stream->fd, &packet, sizeof(packet), stream->good);
		if (n < (ssize_t)sizeof(packet)) {
			(void)snprintf(stream->why, sizeof(stream->why),
				       "%zd bytes are no packet: %s", n,
				       n < 0 ? strerror(errno)
					     : "the file ends");
			return;
		}
		check_packet(stream, &packet);
		if (stream->why[0])
			return;
		stream->good += (off_t)(packet.packet_size / 8);
	}
}

static bool copy_good(const struct stream_file *stream, const char *to)
{
	off_t at = 0;
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	while (at < stream->good &&
	       sendfile(fd, stream->fd, &at, (size_t)(stream->good - at)) > 0)
		;
	return close(fd) == 0 && at == stream->good;
}

/* Puts what can be read of one file into the copy's folder. */
static bool place_file(struct stream_file *stream, const char *folder,
		       struct faults *faults, bool *ret_damaged)
{
	char from[PATH_MAX], to[PATH_MAX];

	(void)snprintf(from, sizeof(from), "%s/%s", stream->folder,
		       stream->name);
	(void)snprintf(to, sizeof(to), "%s/%s", folder, stream->name);
	if (stream->fd < 0) {
		faults_add(faults,
			   "Cannot read stream: path=\"%s\", error=\"%s\"",
			   from, strerror(errno));
		*ret_damaged = true;
		return true;
	}
	check_stream(stream);
	if (!stream->why[0])
		return symlink(from, to) == 0;
	*ret_damaged = true;
	faults_add(faults,
		   "Trace is damaged, and this stream is read up to here: "
		   "stream=\"%s\", offset=%jd, error=\"%s\"",
		   from, (intmax_t)stream->good, stream->why);
	return copy_good(stream, to);
}

/* Whether an entry is a file with packets: a stream, and not the metadata. */
static bool is_stream(int folder, const struct dirent *entry, off_t *ret_size)
{
	struct stat status;

	if (entry->d_name[0] == '.' || strcmp(entry->d_name, METADATA) == 0 ||
	    fstatat(folder, entry->d_name, &status, 0) != 0 ||
	    !S_ISREG(status.st_mode))
		return false;
	*ret_size = status.st_size;
	return true;
}

static bool place_stream(const char *from, int folder, const char *name,
			 off_t size, const char *to, struct faults *faults,
			 bool *ret_damaged)
{
	struct stream_file stream = {
		.folder = from,
		.name = name,
		.size = size,
		.fd = openat(folder, name, O_RDONLY | O_CLOEXEC),
	};
	bool ok = place_file(&stream, to, faults, ret_damaged);

	if (stream.fd >= 0)
		(void)close(stream.fd);
	return ok;
}

static bool link_metadata(const char *from, const char *to)
{
	char target[PATH_MAX], path[PATH_MAX];

	(void)snprintf(target, sizeof(target), "%s/" METADATA, from);
	(void)snprintf(path, sizeof(path), "%s/" METADATA, to);
	return symlink(target, path) == 0;
}

/* Makes a folder, and those on the way to it. */
static bool make_folder(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
	return mkdir(path, 0700) == 0;
}

static bool copy_folder(const char *from, char *to, struct faults *faults,
			bool *ret_damaged)
{
	DIR *folder = make_folder(to) ? opendir(from) : NULL;
	const struct dirent *entry;
	bool ok = folder && link_metadata(from, to);
	off_t size;

	while (ok && (entry = readdir(folder)))
		if (is_stream(dirfd(folder), entry, &size))
			ok = place_stream(from, dirfd(folder), entry->d_name,
					  size, to, faults, ret_damaged);
	if (folder)
		(void)closedir(folder);
	return ok;
}

static bool begin_copies(struct salvage *salvage)
{
	if (salvage->path[0])
		return true;
	strcpy(salvage->path, P_tmpdir "/belay-report-XXXXXX");
	if (mkdtemp(salvage->path))
		return true;
	salvage->path[0] = '\0';
	return false;
}

static bool is_damaged(int folder, const char *name, off_t size)
{
	struct stream_file stream = {.size = size};

	stream.fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	if (stream.fd < 0)
		return true;
	check_stream(&stream);
	(void)close(stream.fd);
	return stream.why[0] != '\0';
}

static bool has_damage(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	bool found = false;
	off_t size;

	while (folder && !found && (entry = readdir(folder)))
		found = is_stream(dirfd(folder), entry, &size) &&
			is_damaged(dirfd(folder), entry->d_name, size);
	if (folder)
		(void)closedir(folder);
	return found;
}

/* A trace may be in several folders, and its damage in one of them. */
static bool source_has_damage(const struct source *source)
{
	bool found = false;
	char *metadata;

	for (size_t i = 0; i < source->folders_count && !found; i++) {
		if (asprintf(&metadata, "%s/" METADATA, source->folders[i]) < 0)
			abort();
		found = metadata_is_lttng(metadata) &&
			has_damage(source->folders[i]);
		free(metadata);
	}
	return found;
}

void salvage_source(struct salvage *salvage, struct source *source,
		    struct faults *faults)
{
	bool ok;
	char *copy;

	if (!source_has_damage(source))
		return;
	ok = begin_copies(salvage);
	for (size_t i = 0; ok && i < source->folders_count; i++) {
		if (asprintf(&copy, "%s%s", salvage->path, source->folders[i]) <
		    0)
			abort();
		ok = copy_folder(source->folders[i], copy, faults,
				 &source->damaged);
		free(source->folders[i]);
		source->folders[i] = copy;
	}
	if (ok)
		return;
	source->unreadable = true;
	faults_add(faults,
		   "Cannot copy what is left of the trace: path=\"%s\", "
		   "error=\"%s\"",
		   salvage->path[0] ? salvage->path : P_tmpdir,
		   strerror(errno));
}

void salvage_deinit(struct salvage *salvage)
{
	char *const roots[] = {salvage->path, NULL};
	const FTSENT *entry;
	FTS *tree;

	if (!salvage->path[0])
		return;
	tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	while (tree && (entry = fts_read(tree)))
		if (entry->fts_info == FTS_DP)
			(void)rmdir(entry->fts_accpath);
		else if (entry->fts_info != FTS_D)
			(void)unlink(entry->fts_accpath);
	if (tree)
		(void)fts_close(tree);
}
