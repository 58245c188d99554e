/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proofs: how it is known that a device is where a handover has put it. */
#pragma once

#include "installer/handover.h"

struct proof {
	const char *target;   /* address; borrowed from the plan */
	const char *guest;    /* borrowed from the plan */
	const char *by;       /* static: "agent", "libvirt", "definition", "host" */
	char *serial;         /* that was looked for, or NULL */
	bool is_missing;      /* it was looked for, and not seen */
	char *text;           /* a sentence */
};

struct proofs {
	struct proof *list;   /* one for each device, in the plan's order */
	size_t n;
};

/*
 * Of a plan that was carried out. A guest's agent and the host's driver are waited for, some seconds. What cannot be asked is said in the
 * sentence: no proof is no error. -ENOMEM, said.
 */
int proofs_find(const struct handover *h, const struct plan *plan, const char *uri, struct proofs *ret);
void proofs_done(struct proofs *p);
