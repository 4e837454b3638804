/* SPDX-License-Identifier: MIT */
/*
 * rule_errors.c - the errors of operations by their names
 */
#include <errno.h>
#include <string.h>

#include "rule_parts.h"

/* Linux has none above 133. */
#define ERRNO_MAX 256

/* Names of numbers that the C library knows by another one. */
static const struct alias {
	const char *name;
	int32_t status;
} aliases[] = {
	{"EWOULDBLOCK", EWOULDBLOCK},
	{"EDEADLOCK", EDEADLOCK},
	{"ENOTSUP", ENOTSUP},
};

static const struct belay_error *find(const struct belay_error *errors,
				      const char *name)
{
	for (; errors && errors->name; errors++)
		if (strcmp(errors->name, name) == 0)
			return errors;
	return NULL;
}

static int32_t find_errno(const char *name)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (strcmp(aliases[i].name, name) == 0)
			return aliases[i].status;
	for (int32_t i = 1; i < ERRNO_MAX; i++) {
		const char *known = strerrorname_np(i);

		if (known && strcmp(known, name) == 0)
			return i;
	}
	return 0;
}

static bool errno_named(const char *name, int32_t *ret_status)
{
	int64_t number = find_errno(name);

	if (!number && belayi_number(belayi_slice(name), BELAYI_PLAIN, &number))
		return false;
	/* An HRESULT is written without its sign: 0x80004005. */
	if (number < INT32_MIN || number > UINT32_MAX)
		return false;
	*ret_status = (int32_t)number;
	return true;
}

uint32_t belayi_error_at(const struct belay_error *error)
{
	return error->at ? error->at : BELAY_ERROR_AT_FINISH;
}

bool belayi_is_any_hresult(const struct belay_operation *operation)
{
	return operation->status_kind == BELAY_STATUS_HRESULT &&
	       (!operation->errors ||
		strcmp(operation->api, belay_com_operation.api) == 0);
}

bool belay_error_status(const struct belay_operation *operation,
			const char *name, uint32_t at, bool force,
			int32_t *ret_status)
{
	const struct belay_error *errors = belay_operation_errors(operation);
	const struct belay_error *error = find(errors, name);

	if (error && (force || belayi_error_at(error) & at)) {
		*ret_status = error->status;
		return true;
	}
	if (belayi_is_any_hresult(operation))
		return belayi_hresult_named(name, ret_status);
	if (!force)
		return false;
	if (BELAYI_HAS(operation, error_named) && operation->error_named)
		return operation->error_named(name, ret_status);
	return errno_named(name, ret_status);
}
