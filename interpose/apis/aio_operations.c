/* SPDX-License-Identifier: MIT */
/*
 * aio_operations.c - what the calls of POSIX AIO are, and how they can end
 */
#include "aio.h"

#include "aio_shadow.h"

enum {
	READ = BELAYI_AIO_READ,
	WRITE = BELAYI_AIO_WRITE,
	FSYNC = BELAYI_AIO_FSYNC,
	OTHER = BELAYI_AIO_OTHER,
	OPERATIONS = BELAYI_AIO_KINDS
};

/* Where glibc reports it: in aio_error(), or at once in the function that
 * begins, too. */
#define F(name)                                                                \
	{                                                                      \
		name, BELAY_ERROR_AT_FINISH, #name                             \
	}
#define B(name)                                                                \
	{                                                                      \
		name, BELAY_ERROR_AT_BEGIN, #name                              \
	}
#define FB(name)                                                               \
	{                                                                      \
		name, BELAY_ERROR_AT_FINISH | BELAY_ERROR_AT_BEGIN, #name      \
	}

static const struct belay_error read_errors[] = {
	FB(EAGAIN),   F(EBADF),   F(ECANCELED), F(ECONNRESET),
	F(EFAULT),    FB(EINVAL), F(EIO),       F(EISDIR),
	F(ENOMEM),    B(ENOSYS),  F(ENOTCONN),  F(ENXIO),
	F(EOVERFLOW), F(ESTALE),  F(ETIMEDOUT), {0, 0, NULL},
};

static const struct belay_error write_errors[] = {
	FB(EAGAIN), F(EBADF),     F(ECANCELED), F(ECONNRESET), F(EDESTADDRREQ),
	F(EDQUOT),  F(EFAULT),    F(EFBIG),     FB(EINVAL),    F(EIO),
	F(ENOSPC),  B(ENOSYS),    F(ENXIO),     F(EPERM),      F(EPIPE),
	F(ESTALE),  {0, 0, NULL},
};

static const struct belay_error fsync_errors[] = {
	FB(EAGAIN), FB(EBADF), F(ECANCELED), F(EDQUOT), FB(EINVAL),
	F(EIO),     F(ENOSPC), B(ENOSYS),    F(EROFS),  {0, 0, NULL},
};

static const struct belay_error other_errors[] = {
	B(EAGAIN),
	F(EINVAL),
	{0, 0, NULL},
};

static uint32_t numbers[OPERATIONS];

#define FAULTS                                                                 \
	(BELAY_FAULT_FAIL_BEGIN | BELAY_FAULT_FAIL_FINISH | BELAY_FAULT_HOLD)

#define OPERATION(index, text, can, cannot, ...)                               \
	[index] = {                                                            \
		.size = sizeof(struct belay_operation),                        \
		.number = &numbers[index],                                     \
		.api = "aio",                                                  \
		.name = #text,                                                 \
		.arguments = {{"fd", BELAY_ARGUMENT_FD}, __VA_ARGS__},         \
		.errors = text##_errors,                                       \
		.status_kind = BELAY_STATUS_ERRNO,                             \
		.cancel_mode = BELAY_CANCEL_FINISH_DUE,                        \
		.cancel_needs = BELAY_CANCEL_ACCEPTED,                         \
		.cancel = belayi_aio_cancel_call,                              \
		.deliver = belayi_shadow_deliver,                              \
		.faults = (can),                                               \
		.no_faults = (cannot),                                         \
	}

const struct belay_operation belayi_aio_operations[OPERATIONS] = {
	OPERATION(READ, read, FAULTS | BELAY_FAULT_SHORT, NULL,
		  {"size", BELAY_ARGUMENT_SIZE},
		  {"offset", BELAY_ARGUMENT_OFFSET}),
	OPERATION(WRITE, write, FAULTS | BELAY_FAULT_SHORT, NULL,
		  {"size", BELAY_ARGUMENT_SIZE},
		  {"offset", BELAY_ARGUMENT_OFFSET}),
	OPERATION(FSYNC, fsync, FAULTS, "A sync has no bytes to shorten",
		  {"op", BELAY_ARGUMENT_INT}),
	/* an element of a list that is neither read nor write */
	OPERATION(OTHER, other, FAULTS, "It moves no bytes to shorten",
		  {"op", BELAY_ARGUMENT_INT}),
};

BELAY_ADAPTER(.name = "aio", .title = "POSIX asynchronous I/O",
	      .operations = belayi_aio_operations,
	      .operations_count = OPERATIONS);
