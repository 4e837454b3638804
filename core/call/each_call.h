/* SPDX-License-Identifier: MIT */
/*
 * each_call.h - what each call reads stands together: in few cache lines, of
 * one page
 *
 * In the interposer, which has the call library in it, with what that has of
 * it: the section's name is the same there.
 */
#ifndef BELAYI_EACH_CALL_H
#define BELAYI_EACH_CALL_H

#define BELAYI_EACH_CALL_READS __attribute__((section("each_call")))

#endif
