/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Agreement: is what sits at an address what was asked for? The questions of identity_agrees() in detect, in the same order. */
#pragma once

#include <stdbool.h>

#include "early/seen.h"
#include "early/wanted.h"

struct difference {
	const char *what;
	char wanted[256], found[256];
};

/* Do both, as far as both are known, agree? If not, *ret is the first thing that differs. */
bool wanted_agrees(const struct wanted *w, const struct seen *s, struct difference *ret);
