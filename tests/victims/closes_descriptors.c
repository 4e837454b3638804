/* SPDX-License-Identifier: MIT */
/*
 * closes_descriptors.c - a daemon that treats all descriptors as its own
 *
 *     closes_descriptors HOW FOLDER CALLS
 *
 * Forks; the child closes every descriptor it did not open (HOW is each, far,
 * listed, range, from) or chooses their numbers (chosen), opens empty files
 * there, makes AIO reads, and sees whether somebody touched its files.
 */
#include <aio.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES 40
#define FAR 4096

static void close_up_to(int limit)
{
	for (int fd = 3; fd < limit; fd++)
		(void)close(fd);
}

static void close_listed(void)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!folder)
		abort();
	while ((entry = readdir(folder)))
		if (atoi(entry->d_name) >= 3 &&
		    atoi(entry->d_name) != dirfd(folder))
			(void)close(atoi(entry->d_name));
	(void)closedir(folder);
}

static int close_all(const char *how)
{
	if (strcmp(how, "each") == 0)
		close_up_to((int)sysconf(_SC_OPEN_MAX) < FAR
				    ? (int)sysconf(_SC_OPEN_MAX)
				    : FAR);
	else if (strcmp(how, "far") == 0)
		close_up_to(FAR);
	else if (strcmp(how, "listed") == 0)
		close_listed();
	else if (strcmp(how, "range") == 0)
		return close_range(3, ~0U, 0);
	else if (strcmp(how, "from") == 0)
		closefrom(3);
	return 0;
}

static void read_some(unsigned int calls)
{
	char byte;
	struct aiocb block = {.aio_buf = &byte, .aio_nbytes = 1};
	const struct aiocb *const list[] = {&block};

	block.aio_fildes = open("/proc/self/exe", O_RDONLY);
	for (unsigned int i = 0; i < calls; i++) {
		if (aio_read(&block) < 0)
			abort();
		while (aio_error(&block) == EINPROGRESS)
			(void)aio_suspend(list, 1, NULL);
		if (aio_return(&block) != 1)
			abort();
	}
	(void)close(block.aio_fildes);
}

static int open_file(const char *folder, int number, int chosen)
{
	char path[4096];
	int fd, other;

	(void)snprintf(path, sizeof(path), "%s/%d", folder, number);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || chosen < 0)
		return fd;
	other = dup2(fd, chosen);
	if (fd != other)
		(void)close(fd);
	return other;
}

static int be_daemon(const char *how, const char *folder, unsigned int calls)
{
	int chosen = strcmp(how, "chosen") == 0 ? 3 : -1;
	int files[FILES], touched = 0;
	struct stat file;

	if (setsid() < 0 || close_all(how) < 0)
		return 2;
	for (int i = 0; i < FILES; i++) {
		files[i] = open_file(folder, i, chosen < 0 ? -1 : chosen + i);
		/* As without anybody else in the process. */
		if (files[i] != 3 + i)
			return 3;
	}
	read_some(calls);
	for (int i = 0; i < FILES; i++)
		if (fstat(files[i], &file) < 0 || file.st_size != 0)
			touched++;
	return touched ? 4 : 0;
}

int main(int argc, char **argv)
{
	int status = 0;
	pid_t child;

	if (argc != 4)
		return 1;
	child = fork();
	if (child == 0)
		return be_daemon(argv[1], argv[2], (unsigned int)atoi(argv[3]));
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
