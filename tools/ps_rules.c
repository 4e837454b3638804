/* SPDX-License-Identifier: MIT */
/*
 * ps_rules.c - what rules have done in a process, as lines of `belay ps`
 */
#include "ps_rules.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "read_whole.h"
#include "summary.h"
#include "text.h"

#define TEXT_BYTES (1U << 20)
#define RULE_SHOWN 200

/* The rules' texts; none where a program was preloaded by hand. */
static const struct summary_rules *read_rules(const struct session *session,
					      struct summary *summary)
{
	char *text = read_text(session->folder, "rules", TEXT_BYTES, NULL);
	const struct summary_rules *rules =
		summary_rules(summary, 0, text ? text : "");

	free(text);
	return rules;
}

static void print_rule(const struct summary_rules *rules, size_t index,
		       uint64_t fired, FILE *to)
{
	const char *text = index < rules->count ? rules->list[index].text : "?";
	char shown[RULE_SHOWN];

	fprintf(to, "%5zu  %s: %" PRIu64 " call%s\n", index + 1,
		text_safe(text, strlen(text), shown, sizeof(shown)), fired,
		text_s(fired));
}

void ps_rules_print(const struct session *session, const struct table *table,
		    FILE *to)
{
	const struct summary_rules *rules = NULL;
	uint64_t fired[BELAY_RULES_MAX];
	struct summary summary = {0};
	const char *path = table->head.executable;
	char name[64];

	if (!table_fired(table, fired))
		return;
	for (size_t i = 0; i < BELAY_RULES_MAX; i++) {
		if (!fired[i])
			continue;
		if (!rules) {
			rules = read_rules(session, &summary);
			fprintf(to,
				"Rules that acted in %s, process %" PRIu32
				"%s:\n",
				text_safe(text_base(path),
					  sizeof(table->head.executable), name,
					  sizeof(name)),
				table->head.pid, table->live ? "" : " (dead)");
		}
		print_rule(rules, i, fired[i], to);
	}
	summary_deinit(&summary);
}
