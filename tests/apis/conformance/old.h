/* SPDX-License-Identifier: MIT */
/*
 * old.h - binds the cases to the versions of glibc 2.2.5 and 2.4
 *
 * Included before everything else, in the build that says so.
 */
#define OLD_VERSIONS 1

#define OLD(sym, node) __asm__(".symver " #sym "," #sym "@GLIBC_" node)

OLD(aio_read, "2.2.5");
OLD(aio_write, "2.2.5");
OLD(aio_fsync, "2.2.5");
OLD(aio_error, "2.2.5");
OLD(aio_return, "2.2.5");
OLD(aio_cancel, "2.2.5");
OLD(aio_suspend, "2.2.5");
OLD(lio_listio, "2.4");
__asm__(".symver lio_listio_2_2_5,lio_listio@GLIBC_2.2.5");
