/* SPDX-License-Identifier: MIT */
/*
 * identities.cpp - the same in C++
 */
#include "identities.c"
