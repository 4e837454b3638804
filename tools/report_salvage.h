/* SPDX-License-Identifier: MIT */
/*
 * report_salvage.h - what is left of a trace with a damaged stream
 *
 * libbabeltrace2 2.0.4 refuses a whole trace where one packet of one stream is
 * cut short or has a header that makes no sense, and ends the process for some
 * sizes. So LTTng's packets are checked first: then the library reads everything
 * before the damage, and all the other streams.
 */
#ifndef BELAY_TOOLS_REPORT_SALVAGE_H
#define BELAY_TOOLS_REPORT_SALVAGE_H

#include <stdbool.h>

#include "report_faults.h"
#include "report_sources.h"

/* The folder that copies are made in; removed at the end. */
struct salvage {
	char path[64]; /* "" until there is a copy */
};

/*
 * salvage_source() - replaces a damaged source's folders by copies
 *
 * Only the damaged streams are copied; the others are links. Each damaged one
 * has been said. A source without damage, or not of LTTng, stays as it is.
 */
void salvage_source(struct salvage *salvage, struct source *source,
		    struct faults *faults);

/* salvage_deinit() - removes the copies */
void salvage_deinit(struct salvage *salvage);

#endif
