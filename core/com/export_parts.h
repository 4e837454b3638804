/* SPDX-License-Identifier: MIT */
/*
 * export_parts.h - what export.c and export_end.c share
 */
#ifndef BELAYI_COM_EXPORT_PARTS_H
#define BELAYI_COM_EXPORT_PARTS_H

#include "export.h"

/* belayi_export_take() - one more strong reference; with the lock */
void belayi_export_take(struct belayi_export *export);

/* belayi_export_unlist() - nobody finds its object any more; with the lock */
void belayi_export_unlist(struct belayi_export *export);

/* belayi_export_end_init() - sets how a new export ends */
void belayi_export_end_init(struct belayi_export *export);

#endif
