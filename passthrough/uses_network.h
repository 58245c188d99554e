/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network ports that the host is reached through: addresses, routes, and whatever is stacked on them. */
#pragma once

#include "passthrough/uses.h"

int uses_find_network(const struct host *host, struct uses *uses); /* 0 or -ENOMEM */
/*
 * The ports by which a server is reached: those that have one of our addresses `locals` (or are named there), and those of
 * the routes to `peers`. They are in use for `what`; `chain` goes on behind the peer. Where no port is found, each may be it.
 */
int uses_tell_remote(const struct host *host, struct uses *uses, char *const *peers, char *const *locals, const char *what,
		     const char *chain, bool is_vital);
