/* SPDX-License-Identifier: MIT */
/*
 * record.c - which calls rules fired at, as a file that people can read
 */
#include "record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "text.h"

#define VERSION 1
#define HEAD "belay-record "

/* --- Reading ------------------------------------------------------------- */

/* A record that is being read; a line is copied, so that it ends. */
struct reader {
	struct record *record;
	struct record_error *error;
	bool has_seed;
	size_t at;        /* of the line, in the text */
	size_t rules_end; /* of the last rule */
	char line[4096];
};

static bool wrong(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool wrong(struct reader *reader, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(reader->error->what, sizeof(reader->error->what),
			format, arguments);
	va_end(arguments);
	return false;
}

/* Reads a number and the blank that ends it. */
static bool number(const char **at, uint64_t *ret_number)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	*ret_number = strtoull(*at, &end, 10);
	*at = end + (*end == ' ');
	return *end == ' ' || *end == '\0';
}

static bool read_head(struct reader *reader)
{
	const char *at = reader->line + strlen(HEAD);
	uint64_t version;

	if (strncmp(reader->line, HEAD, strlen(HEAD)) != 0 ||
	    !number(&at, &version) || *at)
		return wrong(reader, "it is no record: its first line is not "
				     "\"" HEAD "1\"");
	if (version != VERSION)
		return wrong(reader,
			     "it is a record of version %" PRIu64
			     ", this Belay reads version %d",
			     version, VERSION);
	return true;
}

static bool read_seed(struct reader *reader, const char *at)
{
	if (reader->has_seed)
		return wrong(reader, "there is a second seed");
	reader->has_seed = true;
	return (number(&at, &reader->record->seed) && !*at) ||
	       wrong(reader, "a seed is a number: seed 4711");
}

/* Its text stays where it is; see struct record. */
static bool read_rule(struct reader *reader, const char *at)
{
	struct record *record = reader->record;
	uint64_t n;

	if (!number(&at, &n) || !*at)
		return wrong(reader, "a rule has its number and its text: "
				     "rule 1 aio.read fault error=EIO");
	if (n != record->rules_count + 1)
		return wrong(reader,
			     "rule %" PRIu64 " is out of order: rule %" PRIu32
			     " is due",
			     n, record->rules_count + 1);
	record->rules_count++;
	reader->rules_end = reader->at + strlen(reader->line);
	strcpy(record->rules + reader->at + (at - reader->line), at);
	record->rules[reader->rules_end] = '\n';
	return true;
}

static void add(struct reader *reader, const struct belay_replay_entry *entry)
{
	struct record *record = reader->record;

	record->entries =
		array_grow(record->entries, record->count, sizeof(*entry));
	record->entries[record->count++] = *entry;
}

static void add_file(struct record *record, const char *path, const char *id)
{
	struct record_file file = {0};

	(void)snprintf(file.path, sizeof(file.path), "%s", path);
	(void)snprintf(file.build_id, sizeof(file.build_id), "%s",
		       strcmp(id, "-") == 0 ? "" : id);
	for (size_t i = record->files_count; i-- > 0;)
		if (memcmp(&record->files[i], &file, sizeof(file)) == 0)
			return;
	record->files =
		array_grow(record->files, record->files_count, sizeof(file));
	record->files[record->files_count++] = file;
}

/* "PATH+0xADDRESS BUILD-ID": the path may have anything in it. */
static bool read_site(struct record *record, char *at, uint64_t *ret_site)
{
	char *id = strrchr(at, ' '), *address = NULL, *end;
	char *plus = at;
	uint64_t number;

	if (!id || id[1 + strspn(id + 1, "0123456789abcdef-")])
		return false;
	*id = '\0';
	while ((plus = strstr(plus, "+0x")))
		address = plus++;
	if (!address || address == at)
		return false;
	number = strtoull(address + 3, &end, 16);
	if (*end || end == address + 3)
		return false;
	*address = '\0';
	add_file(record, at, id + 1);
	*ret_site = belay_site_hash(at, number);
	return true;
}

static bool read_fired(struct reader *reader, const char *at)
{
	struct belay_replay_entry entry = {0};
	uint64_t rule;

	if (!number(&at, &rule) || !number(&at, &entry.n) ||
	    !read_site(reader->record, reader->line + (at - reader->line),
		       &entry.site))
		return wrong(reader,
			     "what fired is RULE N PATH+0xADDRESS BUILD-ID: "
			     "fired 1 3 /usr/bin/fio+0x2f1c4 -");
	if (entry.n == 0)
		return wrong(reader, "calls are counted from 1");
	if (rule == 0 || rule > reader->record->rules_count)
		return wrong(reader, "there is no rule %" PRIu64 " above it",
			     rule);
	entry.rule = (uint32_t)rule;
	add(reader, &entry);
	return true;
}

static bool read_missing(struct reader *reader, const char *at)
{
	return (number(&at, &reader->record->missing) && !*at) ||
	       wrong(reader, "what is missing is a number: missing 12");
}

static const struct {
	const char *word;
	bool (*read)(struct reader *reader, const char *at);
} kinds[] = {
	{"seed ", read_seed},
	{"rule ", read_rule},
	{"fired ", read_fired},
	{"missing ", read_missing},
};

static bool read_line(struct reader *reader, const char *line, size_t length)
{
	if (length >= sizeof(reader->line))
		return wrong(reader, "the line is too long");
	if (memchr(line, '\0', length))
		return wrong(reader, "there is a null byte in it");
	memcpy(reader->line, line, length);
	reader->line[length] = '\0';
	if (reader->error->line == 1)
		return read_head(reader);
	if (!length || *line == '#')
		return true;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(reader->line, kinds[i].word,
			    strlen(kinds[i].word)) == 0)
			return kinds[i].read(
				reader, reader->line + strlen(kinds[i].word));
	return wrong(reader, "a line begins with seed, rule, fired or missing");
}

static int in_order(const void *a, const void *b)
{
	const struct belay_replay_entry *left = a, *right = b;

	if (left->rule != right->rule)
		return left->rule < right->rule ? -1 : 1;
	if (left->site != right->site)
		return left->site < right->site ? -1 : 1;
	return (left->n > right->n) - (left->n < right->n);
}

/* The text with nothing in it but its lines' ends, which rules go into. */
static char *blank(const char *text, size_t length)
{
	char *copy = malloc(length + 2);

	if (!copy)
		abort();
	for (size_t i = 0; i < length; i++)
		copy[i] = text[i] == '\n' ? '\n' : ' ';
	copy[length] = '\n';
	copy[length + 1] = '\0';
	return copy;
}

static bool read_lines(struct reader *reader, const char *text, size_t length)
{
	const char *end = text + length;

	for (const char *line = text; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));

		stop = stop ? stop : end;
		reader->at = (size_t)(line - text);
		reader->error->line++;
		if (!read_line(reader, line, (size_t)(stop - line)))
			return false;
		line = stop + 1;
	}
	reader->error->line = 0;
	if (!length)
		return wrong(reader, "it is empty");
	return reader->has_seed || wrong(reader, "it has no seed");
}

bool record_parse(const char *text, size_t length, struct record *ret_record,
		  struct record_error *ret_error)
{
	struct reader reader = {.record = ret_record, .error = ret_error};

	*ret_record = (struct record){.rules = blank(text, length)};
	*ret_error = (struct record_error){0};
	if (!read_lines(&reader, text, length)) {
		record_deinit(ret_record);
		return false;
	}
	ret_record->rules[reader.rules_end] = '\0';
	if (ret_record->count)
		qsort(ret_record->entries, ret_record->count,
		      sizeof(*ret_record->entries), in_order);
	return true;
}

void record_deinit(struct record *record)
{
	free(record->rules);
	free(record->entries);
	free(record->files);
	*record = (struct record){0};
}

/* --- Writing ------------------------------------------------------------- */

static int as_written(const void *a, const void *b)
{
	const struct belay_rule_entry *left = a, *right = b;
	int path;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->rule != right->rule)
		return left->rule < right->rule ? -1 : 1;
	path = strcmp(left->path, right->path);
	if (path)
		return path;
	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return (left->n > right->n) - (left->n < right->n);
}

static void write_entry(FILE *to, const struct belay_rule_entry *entry)
{
	char path[BELAY_PATH_MAX];

	fprintf(to, "fired %u %" PRIu64 " %s+0x%" PRIx64 " ", entry->rule,
		entry->n,
		text_safe(entry->path, sizeof(entry->path), path, sizeof(path)),
		entry->address);
	for (uint32_t i = 0; i < entry->build_id_size; i++)
		fprintf(to, "%02x", entry->build_id[i]);
	fputs(entry->build_id_size ? "\n" : "-\n", to);
}

static void write_rules(FILE *to, const char *rules)
{
	unsigned int number = 0;

	for (const char *line = rules; *line;) {
		size_t length = strcspn(line, "\n");

		fprintf(to, "rule %u %.*s\n", ++number, (int)length, line);
		line += length + (line[length] == '\n');
	}
}

void record_write(FILE *to, uint64_t seed, const char *rules,
		  struct belay_rules_state *state, uint64_t lost)
{
	uint64_t used = state ? state->entries_used : 0;

	fprintf(to, HEAD "%d\nseed %" PRIu64 "\n", VERSION, seed);
	write_rules(to, rules);
	if (used)
		qsort(state->list, used, sizeof(*state->list), as_written);
	for (uint64_t i = 0; i < used; i++)
		if (state->list[i].kind == BELAY_ENTRY_FIRED)
			write_entry(to, &state->list[i]);
	if (lost)
		fprintf(to, "missing %" PRIu64 "\n", lost);
}
