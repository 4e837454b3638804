/* SPDX-License-Identifier: MIT */
/*
 * pq_operations.h - what the libpq adapter watches
 */
#ifndef BELAY_APIS_PQ_OPERATIONS_H
#define BELAY_APIS_PQ_OPERATIONS_H

#include <libpq-fe.h>

#include <belay/adapter.h>

#define PQ_SONAME "libpq.so.5"

/* What each query runs through: it stands together, in few pages. */
#define PQ_EACH_QUERY __attribute__((hot))

enum { PQ_CONNECT, PQ_QUERY, PQ_PREPARE, PQ_DESCRIBE, PQ_CLOSE, PQ_OPERATIONS };

extern const struct belay_operation pq_operations[PQ_OPERATIONS];
extern const struct belay_adapter belay_adapter;

#endif
