/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls that change state, and where each has its path. */
#pragma once

#include "tests/inject/inject.h"

#define CALLS_MAX 64

/* What a call changes: a name in a folder, an open file, a path, or everything. */
enum where { AT_NAME, AT_NEW_NAME, AT_FD, AT_PATH, AT_ALL };

struct call_kind {
	const char *name;
	int nr;
	enum where where;
	unsigned char arg; /* the descriptor's, or the path's; the name of AT_NAME is behind it */
	bool is_write;
};

/* Ends with a NULL name. */
extern const struct call_kind call_kinds[];
