/* SPDX-License-Identifier: MIT */
/*
 * prune.c - removes what dead processes left
 */
#include "prune.h"

#include <unistd.h>

#include "tables.h"

struct pruning {
	struct pruned *pruned;
	uint32_t pid;       /* 0: all */
	unsigned int stays; /* tables that are left */
};

static void prune_file(const struct session *session, const char *name,
		       void *data)
{
	struct pruning *pruning = data;
	uint64_t start;
	uint32_t pid;

	if (!table_name(name, &pid, &start))
		return;
	if (pruning->pid && pid != pruning->pid) {
		pruning->stays++;
	} else if (table_process_lives(pid, start)) {
		pruning->stays++;
		pruning->pruned->living++;
	} else if (unlinkat(session->folder, name, 0) == 0) {
		pruning->pruned->tables++;
	}
}

void prune_session(struct session *session, uint32_t pid, struct pruned *pruned)
{
	struct pruning pruning = {.pruned = pruned, .pid = pid};
	unsigned int before = pruned->tables;

	if (session->owner != geteuid() || session_in_use(session))
		return;
	session_files(session, prune_file, &pruning);
	/* A process's number stands for its table, not for empty sessions. */
	if (pid && pruned->tables == before)
		return;
	if (pruning.stays == 0 && session_remove(session))
		pruned->sessions++;
}
