/* SPDX-License-Identifier: MIT */
/*
 * cost.h - what recording one call costs on this machine
 */
#ifndef BELAYI_COST_H
#define BELAYI_COST_H

#include <stdint.h>

/* belayi_cost_measure() - ns per call, without tracing; once, at the start */
uint32_t belayi_cost_measure(void);

#endif
