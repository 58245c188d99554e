/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drift: files and EFI variables that are no longer as slipway left them. */
#pragma once

#include "installer/journal.h"

struct drift {
	char *target;         /* /etc/x, or the variable's name */
	const char *what;     /* static: "it is missing", "its content was changed" ... */
	unsigned transaction; /* that left it so */
};

struct drifts {
	struct drift *list;   /* sorted by target */
	size_t n;
};

/* Of all transactions that stand; what cannot be read is drift, and says so. A negative errno after the reason was said. */
int drifts_find(const struct site *site, const struct journal *j, struct drifts *ret);
void drifts_done(struct drifts *d);
