/* SPDX-License-Identifier: MIT */
/*
 * prune.c - removes what dead processes left
 */
#include "prune.h"

#include <unistd.h>

#include "tables.h"

struct pruning {
	struct pruned *pruned;
	unsigned int running;
};

static void prune_file(const struct session *session, const char *name,
		       void *data)
{
	struct pruning *pruning = data;
	uint64_t start;
	uint32_t pid;

	if (!table_name(name, &pid, &start))
		return;
	if (table_process_lives(pid, start))
		pruning->running++;
	else if (unlinkat(session->folder, name, 0) == 0)
		pruning->pruned->tables++;
}

void prune_session(struct session *session, struct pruned *pruned)
{
	struct pruning pruning = {.pruned = pruned};

	if (session->owner != geteuid() || session_in_use(session))
		return;
	session_files(session, prune_file, &pruning);
	if (pruning.running == 0 && session_remove(session))
		pruned->sessions++;
}
