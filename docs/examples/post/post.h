/* SPDX-License-Identifier: MIT */
/*
 * post.h - a small asynchronous API, for docs/add-an-api.md
 *
 * A letter is sent, travels for a while, and is delivered. It can be recalled
 * on its way. Whoever sent it collects the answer; then the letter can be
 * sent again.
 */
#ifndef POST_H
#define POST_H

struct letter {
	const char *to;
	unsigned int travel_ms;
	int status; /* the library's own */
};

/* post_send() - 0, or EINVAL for a letter without an address */
int post_send(struct letter *letter);

/* post_status() - EINPROGRESS, 0 for delivered, or ECANCELED for recalled */
int post_status(struct letter *letter);

/* post_recall() - 0, or EALREADY for a letter that is not on its way */
int post_recall(struct letter *letter);

/* post_collect() - waits, then says what post_status() would */
int post_collect(struct letter *letter);

#endif
