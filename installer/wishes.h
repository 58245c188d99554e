/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wishes: what the host shall be, from the spec and the command line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "installer/network_wish.h"

enum bind_wish { BIND_WISH_AUTO, BIND_WISH_IDS, BIND_WISH_ADDRESS };

struct passthrough_wish {
	char *selector;
	unsigned count;        /* how many devices it must match; 0: any number but none */
	enum bind_wish bind;
};

struct wishes {
	bool iommu_on;         /* whatever this CPU and kernel need for it */
	bool nested;           /* guests may run guests */
	char **arguments;      /* further kernel arguments, owned by slipway */
	struct passthrough_wish *passthrough;
	size_t n_passthrough;
	bool bridge_filter_off; /* what passes a bridge is none of the host's firewall */
	bool forwarding;       /* of IPv4 */
	struct network_wishes network;
	char *pending;         /* of a trial: what goes into the file that its boot finds; NULL: no trial */
};

void wishes_done(struct wishes *w);
int wishes_add_passthrough(struct wishes *w, const char *selector, unsigned count, enum bind_wish bind); /* -ENOMEM */
/* "auto", "ids", "address"; -EINVAL */
int bind_wish_parse(const char *text, enum bind_wish *ret);
