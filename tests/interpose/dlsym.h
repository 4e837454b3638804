/* SPDX-License-Identifier: MIT */
/*
 * dlsym.h - what the program that tests dlsym() and its library share
 */
#ifndef DLSYM_H
#define DLSYM_H

#define DLSYM_EXPORT __attribute__((visibility("default")))

/* What the library's own null_poll() answers. */
#define LIBRARYS_OWN 77

/* library_early() - null_begin(), as its constructor found it */
void *library_early(void);

/* library_look_up() - dlsym(), called in the library */
void *library_look_up(void *handle, const char *name);

#endif
