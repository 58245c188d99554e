/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot entries without slipway's kernel arguments: the host as it was, in the same menu. */

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/grub_entries.h"

#define ENTRIES "etc/grub.d/42_slipway"

static const char head[] =
	"#!/bin/sh\n"
	"# Written by slipway; 'slipway rollback' takes it away.\n"
	"# The same boot entries as 10_linux makes, without slipway's kernel arguments: the host as it was.\n"
	"set -e\n";

/* The entries get ids of their own, so that a saved default never lands among them by chance. */
static const char tail[] =
	"GRUB_DISTRIBUTOR=\"${GRUB_DISTRIBUTOR:-Linux} (without slipway)\"\n"
	"export GRUB_CMDLINE_LINUX_DEFAULT GRUB_CMDLINE_LINUX GRUB_DISTRIBUTOR\n"
	"/etc/grub.d/10_linux | sed \"s/menuentry_id_option 'gnulinux-/menuentry_id_option 'without-slipway-gnulinux-/\"\n";

int grub_plan_entries(const struct host *host, const char *prepare, struct plan *plan)
{
	_cleanup_free_ char *script = NULL;

	if (prepare && !(script = text_format("%s%s%s", head, prepare, tail)))
		return log_oom();
	return plan_want_file(plan, host->root_fd, ENTRIES, script, 0755, "boot entries without slipway's arguments");
}
