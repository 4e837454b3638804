/* SPDX-License-Identifier: MIT */
/*
 * report_faults.c - what is wrong with a trace
 */
#include "report_faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <babeltrace2/babeltrace.h>

#include "say.h"
#include "text.h"

#define FAULT_SIZE 1024

void faults_add(struct faults *faults, const char *format, ...)
{
	char raw[FAULT_SIZE], text[FAULT_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	(void)text_safe(raw, sizeof(raw), text, sizeof(text));
	if (faults->count < FAULTS_MAX) {
		say("%s", text);
		faults->texts[faults->count] = strdup(text);
	} else if (faults->count == FAULTS_MAX) {
		say("There are more faults, which are not shown");
	}
	faults->count++;
}

/* The library's texts end in the addresses of its objects: not for people. */
static void cut_addresses(char *text)
{
	char *address = strstr(text, "-addr=");

	while (address && address > text && address[-1] != ' ')
		address--;
	while (address && address > text && strchr(" ,:", address[-1]))
		address--;
	if (address && address > text)
		*address = '\0';
}

void faults_add_bt(struct faults *faults, const char *what)
{
	const bt_error *error = bt_current_thread_take_error();
	char reason[FAULT_SIZE / 2] = "unknown";

	if (error && bt_error_get_cause_count(error))
		(void)snprintf(
			reason, sizeof(reason), "%s",
			bt_error_cause_get_message(
				bt_error_borrow_cause_by_index(error, 0)));
	if (error)
		bt_error_release(error);
	cut_addresses(reason);
	faults_add(faults, "%s, error=\"%s\"", what, reason);
}

void faults_deinit(struct faults *faults)
{
	for (size_t i = 0; i < faults->count && i < FAULTS_MAX; i++)
		free(faults->texts[i]);
}
