/* SPDX-License-Identifier: MIT */
/*
 * idl.c - `belay idl`: C of an IDL file
 *
 * widl reads the file twice. With async_uuid it writes the header and the
 * IIDs; proxies it can only write without, and then lacks what idl_proxies.c
 * puts back. All is made in a folder beside the results, which are renamed
 * when they are complete: they are there as a whole or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "command.h"
#include "idl_counts.h"
#include "idl_file.h"
#include "idl_header.h"
#include "idl_index.h"
#include "idl_proxies.h"
#include "idl_wide.h"
#include "options.h"
#include "read_whole.h"
#include "say.h"

#define TEXT_MAX (256U << 20)

static const struct option_spec specs[] = {
	{'o', "output", "DIR",
	 "Write the files there, not here; the folder is made if\nneeded"},
	{'I', "include", "DIR",
	 "Look for imported and included files there, too; may be\n"
	 "given more than once"},
	{0},
};

static bool take(void *settings, int id, const char *value)
{
	struct idl *idl = settings;

	if (id == 'o') {
		idl->output = value;
		return true;
	}
	idl->includes = array_grow(idl->includes, idl->include_count,
				   sizeof(*idl->includes));
	idl->includes[idl->include_count++] = value;
	return true;
}

static const struct option_set set = {
	.name = "idl",
	.operands = "FILE.idl",
	.about = "Makes C of an IDL file: FILE.h, for C and C++, with each "
		 "interface and its\nasynchronous form; FILE_i.c, the IIDs; "
		 "FILE_p.c, the proxies, which\n"
		 "belay_register_proxies() takes. widl does most of it "
		 "(package mingw-w64-tools).",
	.specs = specs,
	.notes = "The exit status is 0; 1 if the file cannot be read or is "
		 "wrong, or the results\ncannot be written: then none is; "
		 "2 for wrong usage.",
	.take = take,
};

/* The parts that the results have, and in the folder of work widl's. */
static const char *const parts[] = {".h", "_i.c", "_p.c"};

enum part { HEADER, IIDS, PROXIES };

static char *path_of(const struct idl *idl, const char *folder,
		     const char *ending)
{
	char *path;

	if (asprintf(&path, "%s/%s%s", folder, idl->name, ending) < 0)
		abort();
	return path;
}

/* Makes the folder of the results, and those above it. */
static bool make_folders(struct idl *idl)
{
	const char *path = idl->output;
	char part[PATH_MAX];
	size_t n = 0;

	if (strlen(path) > PATH_MAX / 2) {
		errno = ENAMETOOLONG;
		return idl_cannot("make", path);
	}
	do {
		n += strspn(path + n, "/");
		n += strcspn(path + n, "/");
		(void)snprintf(part, sizeof(part), "%.*s", (int)n, path);
		if (mkdir(part, 0777) == 0)
			idl->made += idl->made == 0 ? n : 0;
		else if (errno != EEXIST)
			return idl_cannot("make", part);
	} while (path[n]);
	return true;
}

/* Takes those away that it has made; what is in use stays. */
static void remove_folders(const struct idl *idl)
{
	const char *path = idl->output;
	char part[PATH_MAX];

	for (size_t n = strlen(path); idl->made > 0 && n >= idl->made; n--) {
		if (path[n - 1] == '/' || (path[n] && path[n] != '/'))
			continue;
		(void)snprintf(part, sizeof(part), "%.*s", (int)n, path);
		(void)rmdir(part);
	}
}

static bool make_work(struct idl *idl)
{
	if (!make_folders(idl))
		return false;
	(void)snprintf(idl->work, sizeof(idl->work), "%s/.belay-idl-XXXXXX",
		       idl->output);
	if (mkdtemp(idl->work))
		return true;
	idl->work[0] = '\0';
	return idl_cannot("write in", idl->output);
}

static void remove_work(struct idl *idl)
{
	static const char *const made[] = {".h",     "_i.c",  "_p.c",
					   ".again", ".done", NULL};

	if (!*idl->work)
		return;
	for (size_t i = 0; made[i]; i++) {
		char *path = path_of(idl, idl->work, made[i]);

		(void)unlink(path);
		free(path);
	}
	(void)rmdir(idl->work);
}

static bool preprocess(struct idl *idl)
{
	const char *arguments[] = {"-E", idl->file, NULL};
	char *text;
	bool good;

	if (!widl_run(idl, arguments, &text))
		return false;
	good = wide_check(idl, text);
	if (good)
		counts_check(idl, text);
	free(text);
	return good;
}

static bool make_part(struct idl *idl, const char *option, enum part part,
		      const char *from)
{
	char *path = path_of(idl, idl->work, parts[part]);
	char *header = path_of(idl, "", ".h");
	const char *arguments[] = {option, "-Oif",     "-o", path,
				   "-H",   header + 1, from, NULL};
	bool good;

	if (part == HEADER)
		arguments[4] = from, arguments[5] = NULL;
	good = widl_run(idl, arguments, NULL);
	free(header);
	free(path);
	return good;
}

/* The file as the second pass reads it. */
static bool make_proxies(struct idl *idl)
{
	char *path = path_of(idl, idl->work, ".again");
	FILE *file = fopen(path, "we");
	bool good = file;

	if (file) {
		fprintf(file, "#define async_uuid(iid)\n#include \"%s\"\n",
			idl->base);
		good = fclose(file) == 0;
	}
	if (good)
		good = make_part(idl, "-p", PROXIES, path);
	else
		(void)idl_cannot("write", path);
	free(path);
	return good;
}

/* Puts a part where it belongs, complete. */
static bool finish_part(struct idl *idl, enum part part, char *const texts[3],
			const struct idl_index *index)
{
	char *path = path_of(idl, idl->work, ".done");
	char *place = path_of(idl, idl->work, parts[part]);
	FILE *file = fopen(path, "we");
	bool good = true;

	if (file && part == HEADER)
		header_complete(idl, texts[HEADER], index, file);
	else if (file && part == PROXIES)
		good = proxies_complete(idl, texts[PROXIES], index, file);
	else if (file)
		fputs(put_origin(idl, texts[part], file), file);
	if (!file || ferror(file) || fclose(file) != 0 ||
	    (good && rename(path, place) != 0))
		good = idl_cannot("write", path);
	free(place);
	free(path);
	return good;
}

static bool finish_texts(struct idl *idl, char *const texts[3])
{
	struct idl_index index;
	bool good = true;

	idl_index_make(&index, texts[HEADER], texts[PROXIES]);
	for (enum part i = HEADER; good && i <= PROXIES; i++)
		good = finish_part(idl, i, texts, &index);
	idl_index_free(&index);
	return good;
}

static bool finish_parts(struct idl *idl)
{
	char *texts[3] = {NULL};
	bool good = true;

	for (enum part i = HEADER; good && i <= PROXIES; i++) {
		char *path = path_of(idl, idl->work, parts[i]);

		texts[i] = read_text(AT_FDCWD, path, TEXT_MAX, NULL);
		good = texts[i] || idl_cannot("read", path);
		free(path);
	}
	good = good && finish_texts(idl, texts);
	for (enum part i = HEADER; i <= PROXIES; i++)
		free(texts[i]);
	return good;
}

/* Renaming a file over a folder fails: known before the first is renamed. */
static bool can_publish(const struct idl *idl)
{
	bool good = true;

	for (enum part i = HEADER; good && i <= PROXIES; i++) {
		char *to = path_of(idl, idl->output, parts[i]);
		struct stat stat_of;

		errno = EISDIR;
		good = stat(to, &stat_of) != 0 || !S_ISDIR(stat_of.st_mode) ||
		       idl_cannot("write", to);
		free(to);
	}
	return good;
}

static bool publish(const struct idl *idl)
{
	bool good = can_publish(idl);

	for (enum part i = HEADER; good && i <= PROXIES; i++) {
		char *from = path_of(idl, idl->work, parts[i]);
		char *to = path_of(idl, idl->output, parts[i]);

		good = rename(from, to) == 0 || idl_cannot("write", to);
		free(from);
		free(to);
	}
	return good;
}

/* What widl's message leaves open. */
static void explain(const struct idl *idl)
{
	if (!idl->said)
		return;
	if (strstr(idl->said, "oaidl.idl") || strstr(idl->said, "ocidl.idl"))
		say("There is no Automation here (IDispatch, VARIANT, BSTR): "
		    "import \"unknwn.idl\" or \"objidl.idl\"");
	else if (strstr(idl->said, "error: Could not open "))
		say("widl takes a folder in an import from the current one: "
		    "import the file by its name, and name its folder with -I");
}

static bool make_header(struct idl *idl)
{
	if (make_part(idl, "-h", HEADER, idl->file))
		return true;
	explain(idl);
	return false;
}

static bool make(struct idl *idl, const char *file)
{
	return idl_open(idl, file) && widl_find(idl) && preprocess(idl) &&
	       make_work(idl) && make_header(idl) &&
	       make_part(idl, "-u", IIDS, file) && make_proxies(idl) &&
	       finish_parts(idl) && publish(idl);
}

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	stopped = signal;
}

/* widl gets the signal, too, and what we were making is taken away. */
static void catch_signals(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	struct sigaction action = {.sa_handler = stop};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		(void)sigaction(signals[i], &action, NULL);
}

int command_idl(int argc, char **argv)
{
	struct idl idl = {.output = "."};
	int first = options_parse(&set, argc, argv, &idl);
	int status = SAY_WRONG;

	if (first == OPTIONS_HELPED) {
		status = SAY_OK;
	} else if (first != OPTIONS_WRONG && argc - first != 1) {
		say("%s belay idl [OPTION]... FILE.idl",
		    argc == first ? "Which file?" : "Too many operands:");
	} else if (first != OPTIONS_WRONG) {
		catch_signals();
		status = make(&idl, argv[first]) ? SAY_OK : SAY_FAILED;
		remove_work(&idl);
		if (status != SAY_OK)
			remove_folders(&idl);
	}
	free(idl.includes);
	free(idl.said);
	if (stopped) {
		(void)signal(stopped, SIG_DFL);
		(void)raise(stopped);
	}
	return status;
}
