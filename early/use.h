/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Use: what of a device the host has already taken up, so that taking the device away would hurt it. */
#pragma once

#include <stddef.h>

/* 0: nothing. 1: in use, and `evidence` says by what. A negative errno where it cannot be known: treat it as in use. */
int use_find(int root_fd, const char *address, char *evidence, size_t size);
