/* SPDX-License-Identifier: MIT */
/*
 * vtables.cpp - the same in C++
 */
#include "vtables.c"
