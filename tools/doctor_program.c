/* SPDX-License-Identifier: MIT */
/*
 * doctor_program.c - whether a program can be watched, and which of its calls
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <belay/adapter.h>

#include "adapters.h"
#include "doctor.h"
#include "elf_file.h"
#include "libraries.h"
#include "preload.h"
#include "program.h"
#include "text.h"

#define SCRIPTS_MAX 5

/* Libraries with asynchronous calls, by the beginning of their names. */
static const struct {
	const char *library;
	const char *what;
} known[] = {
	{"libaio.so.", "libaio"},        {"liburing.so.", "io_uring"},
	{"libpq.so.", "PostgreSQL"},     {"libcurl.so.", "curl"},
	{"libcurl-gnutls.so.", "curl"},  {"libuv.so.", "libuv"},
	{"libgio-2.0.so.", "GIO"},       {"libdbus-1.so.", "D-Bus"},
	{"libsystemd.so.", "sd-bus"},    {"libcares.so.", "c-ares"},
	{"libhiredis.so.", "hiredis"},   {"libmariadb.so.", "MariaDB"},
	{"libmysqlclient.so.", "MySQL"}, {"libgrpc.so.", "gRPC"},
};

struct patient {
	struct doctor *doctor;
	const char *name;
	struct elf_file file;
	struct libraries libraries;
	const struct belay_adapter *adapter; /* at hand */
	char adapted[512];                   /* libraries that have one */
	/* of the adapter at hand, names of functions */
	char defined[160];
	char called[160];
};

/* A function with several versions comes several times, one after another. */
static void add_word(char *list, size_t size, const char *word)
{
	size_t used = strlen(list), length = strlen(word);

	if ((used >= length && strcmp(list + used - length, word) == 0) ||
	    (used && list[used - 1] == '.'))
		return;
	if (used + length + 8 < size)
		(void)snprintf(list + used, size - used, "%s%s",
			       used ? ", " : "", word);
	else if (used)
		(void)snprintf(list + used, size - used, ", ...");
}

static bool sort_function(const char *name, void *data)
{
	struct patient *patient = data;

	if (elf_file_defines(&patient->file, name))
		add_word(patient->defined, sizeof(patient->defined), name);
	else if (elf_file_wants(&patient->file, name))
		add_word(patient->called, sizeof(patient->called), name);
	return true;
}

struct caller {
	const struct elf_file *file;
	bool calls;
};

static bool is_called(const char *name, void *data)
{
	struct caller *caller = data;

	caller->calls = elf_file_wants(caller->file, name);
	return !caller->calls;
}

/* Which of its libraries call the API. */
static void add_callers(struct patient *patient, const struct elf_file *adapter,
			char *list, size_t size)
{
	for (size_t i = 0; i < patient->libraries.count; i++) {
		const struct library *library = &patient->libraries.list[i];
		struct elf_file file;
		struct caller caller = {&file, false};

		if (!elf_file_open(library->path, &file))
			continue;
		elf_file_functions(adapter, is_called, &caller);
		elf_file_close(&file);
		if (caller.calls)
			add_word(list, size, library->name);
	}
}

static void tell_of_api(const struct patient *patient, const char *callers)
{
	const char *api = patient->adapter->name;

	if (patient->defined[0])
		doctor_say(
			patient->doctor, DOCTOR_PROBLEM,
			"build it against the shared library",
			"%s: \"%s\" has these functions in itself, and calls "
			"of them go past Belay: %s",
			api, patient->name, patient->defined);
	if (patient->called[0])
		doctor_say(patient->doctor, DOCTOR_OK, NULL,
			   "%s: \"%s\" calls %s", api, patient->name,
			   patient->called);
	if (*callers)
		doctor_say(patient->doctor, DOCTOR_OK, NULL, "%s: called by %s",
			   api, callers);
}

static bool look_at_api(const char *api, const char *path, void *data)
{
	struct patient *patient = data;
	struct elf_file adapter;
	char callers[256] = "";

	/* One that cannot be loaded has been told of. */
	patient->adapter = adapter_load(api, path);
	if (!patient->adapter || !elf_file_open(path, &adapter))
		return true;
	*patient->defined = *patient->called = '\0';
	elf_file_functions(&adapter, sort_function, patient);
	add_callers(patient, &adapter, callers, sizeof(callers));
	tell_of_api(patient, callers);
	if (patient->adapter->library)
		add_word(patient->adapted, sizeof(patient->adapted),
			 patient->adapter->library);
	elf_file_close(&adapter);
	return true;
}

static void look_at_libraries(struct patient *patient)
{
	for (size_t i = 0; i < patient->libraries.count; i++) {
		const struct library *library = &patient->libraries.list[i];

		if (!*library->path)
			doctor_say(patient->doctor, DOCTOR_PROBLEM,
				   "install it, or set LD_LIBRARY_PATH",
				   "\"%s\" needs a library that is not there: "
				   "%s",
				   patient->name, library->name);
		for (size_t j = 0; j < sizeof(known) / sizeof(*known); j++)
			if (strncmp(library->name, known[j].library,
				    strlen(known[j].library)) == 0 &&
			    !strstr(patient->adapted, library->name))
				doctor_say(patient->doctor, DOCTOR_NOTE,
					   "docs/add-an-api.md says how to "
					   "write one",
					   "\"%s\" uses %s (%s), which there "
					   "is no adapter for",
					   patient->name, library->name,
					   known[j].what);
	}
}

/* Calls that are seen without an adapter. */
static void look_at_own_calls(const struct patient *patient)
{
	if (libraries_have(&patient->libraries, "libbelay-com.so.0"))
		doctor_say(patient->doctor, DOCTOR_OK, NULL,
			   "com: \"%s\" talks COM: its methods are watched, as "
			   "com.INTERFACE.METHOD",
			   patient->name);
	else if (libraries_have(&patient->libraries, "libbelay-call.so.0"))
		doctor_say(patient->doctor, DOCTOR_OK, NULL,
			   "\"%s\" can make call objects of its own, which are "
			   "watched",
			   patient->name);
}

/* What a program does that a preload, or a second thread, gets in the way of. */
static void look_at_habits(struct patient *patient)
{
	struct doctor *doctor = patient->doctor;

	if (elf_file_wants(&patient->file, "unshare") ||
	    elf_file_wants(&patient->file, "setns"))
		doctor_say(doctor, DOCTOR_NOTE,
			   "leave it out with --not, or use no such rules",
			   "\"%s\" calls unshare() or setns(): with rules that "
			   "wait or have a deadline, and when it is traced, it "
			   "has a second thread, and a program with threads "
			   "cannot make or enter a user namespace",
			   patient->name);
	if (libraries_have(&patient->libraries, "libasan.so.8") ||
	    libraries_have(&patient->libraries, "libasan.so.6"))
		doctor_say(doctor, DOCTOR_NOTE,
			   "belay run -E "
			   "ASAN_OPTIONS=verify_asan_link_order=0 ...",
			   "\"%s\" is built with the address sanitizer, which "
			   "wants to be loaded first",
			   patient->name);
	if (elf_file_wants(&patient->file, "dlopen"))
		doctor_say(doctor, DOCTOR_NOTE, NULL,
			   "\"%s\" can load libraries while it runs: what "
			   "these call is watched, too, and not seen here",
			   patient->name);
}

/* Our libraries are for glibc. */
static bool has_our_libc(const struct patient *patient)
{
	const char *loader = elf_file_interpreter(&patient->file);

	if (!loader || strcmp(text_base(loader), "ld-linux-x86-64.so.2") == 0)
		return true;
	doctor_say(patient->doctor, DOCTOR_PROBLEM,
		   "use a build of it for glibc",
		   "\"%s\" is for another C library (%s), which cannot load "
		   "Belay's",
		   patient->name, loader);
	return false;
}

static void look_inside(struct doctor *doctor, const char *path)
{
	struct patient patient = {.doctor = doctor, .name = text_base(path)};

	if (!elf_file_open(path, &patient.file)) {
		doctor_say(doctor, DOCTOR_NOTE, NULL,
			   "\"%s\" cannot be looked into: not readable, or "
			   "without its list of symbols",
			   path);
		return;
	}
	if (has_our_libc(&patient)) {
		libraries_find(&patient.libraries, path);
		preload_apis(look_at_api, &patient);
		look_at_own_calls(&patient);
		look_at_libraries(&patient);
		look_at_habits(&patient);
	}
	libraries_deinit(&patient.libraries);
	elf_file_close(&patient.file);
}

static const char *advice_for(enum program_kind kind)
{
	switch (kind) {
	case PROGRAM_STATIC:
		return "build it without -static";
	case PROGRAM_PRIVILEGED:
		return "run it as the user whose rights it gains, or a copy "
		       "that gains none";
	case PROGRAM_FOREIGN:
		return "use a 64-bit x86 build of it";
	case PROGRAM_WATCHED:
		break;
	}
	return NULL;
}

/*
 * Return: what is to be looked at instead: the program that a script has env
 * start; NULL: the one that is loaded.
 */
static const char *look_at_script(struct doctor *doctor, const char *name,
				  const struct program *program)
{
	static const char advice[] =
		"ask about the programs that it starts, too";

	if (!*program->started) {
		doctor_say(doctor, DOCTOR_NOTE, advice,
			   "\"%s\" is a script: what runs is \"%s\"", name,
			   program->loaded);
		return NULL;
	}
	doctor_say(doctor, DOCTOR_NOTE, advice,
		   "\"%s\" is a script: what runs is \"%s\", which \"%s\" "
		   "starts",
		   name, program->started, program->loaded);
	return program->started;
}

static void look_at_loaded(struct doctor *doctor, const struct program *program)
{
	if (program->kind != PROGRAM_WATCHED) {
		doctor_say(doctor, DOCTOR_PROBLEM, advice_for(program->kind),
			   "\"%s\" %s", program->loaded,
			   program_kind_sentence(program->kind));
		return;
	}
	doctor_say(doctor, DOCTOR_OK, NULL, "\"%s\" can be preloaded",
		   program->loaded);
	look_inside(doctor, program->loaded);
}

/* A script that starts another one, and so on, may start itself. */
bool doctor_look_at_program(struct doctor *doctor, const char *name)
{
	struct program program = {.kind = PROGRAM_WATCHED};
	char started[sizeof(program.started)];
	const char *next = name;

	for (int i = 0; next && i < SCRIPTS_MAX; i++) {
		if (program_find(next, &program) != 0)
			return false;
		if (strcmp(program.path, program.loaded) == 0)
			break;
		next = look_at_script(doctor, next, &program);
		if (next)
			next = strcpy(started, next);
	}
	look_at_loaded(doctor, &program);
	return true;
}
