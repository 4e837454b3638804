/* SPDX-License-Identifier: MIT */
/*
 * pipeline.h - what happens to every call, wherever it comes from
 */
#ifndef BELAYI_PIPELINE_H
#define BELAYI_PIPELINE_H

#include <belay/observer.h>

/* Registered with the call library: adapters' calls, the COM runtime's and
 * a program's own all come here. */
extern const struct belay_observer belayi_pipeline;
extern const struct belay_observer belayi_pipeline_with_rules;

#endif
