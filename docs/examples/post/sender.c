/* SPDX-License-Identifier: MIT */
/*
 * sender.c - a program that uses the post, and knows nothing of Belay
 */
#include <stdio.h>
#include <string.h>

#include "post.h"

int main(void)
{
	struct letter lost = {.to = NULL};
	struct letter quick = {.to = "a neighbour", .travel_ms = 5};
	struct letter slow = {.to = "the moon", .travel_ms = 60000};

	printf("lost:  %s\n", strerror(post_send(&lost)));
	(void)post_send(&quick);
	(void)post_send(&slow);
	printf("quick: %s\n", strerror(post_collect(&quick)));
	(void)post_recall(&slow);
	printf("slow:  %s\n", strerror(post_collect(&slow)));
	return 0;
}
