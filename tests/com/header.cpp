/* SPDX-License-Identifier: MIT */
/*
 * header.cpp - the same in C++
 */
#include "header.c"
