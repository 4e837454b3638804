/* SPDX-License-Identifier: MIT */
/*
 * complain.h - the runtime's lines on stderr, which are few
 */
#ifndef BELAYI_COM_COMPLAIN_H
#define BELAYI_COM_COMPLAIN_H

/*
 * belayi_complain() - one line, in one write: "belay: " is put in front, and
 * the end of the line behind. errno stays.
 */
void belayi_complain(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif
