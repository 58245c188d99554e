/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a handover: who has what now, and how that is known. */
#pragma once

#include "cli/cli.h"
#include "installer/handover.h"

struct handover_view {
	const struct handover *handover;
	const struct plan *plan;
	const char *uri;     /* of libvirt; NULL: the default */
	const char *guest;   /* who has the devices, or had them */
};

/* An exit status: EXIT_DONE. */
int handover_view_print(const struct cli *cli, const struct handover_view *view);
