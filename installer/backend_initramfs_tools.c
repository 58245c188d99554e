/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initramfs-tools, Debian's and Ubuntu's: a hook and a boot script. Kernels to come run update-initramfs, and so the hook, too. */

#include "early/scripts.h"
#include "installer/initramfs_backend.h"

static int check(const struct host *host)
{
	(void)host;
	return 0;
}

static int plan_files(const struct host *host, bool wanted, struct plan *plan)
{
	int changed, r;

	changed = plan_want_file(plan, host->root_fd, INITRAMFS_HOOK, wanted ? initramfs_hook : NULL, 0755,
				 "puts the early binder into the initramfs");
	if (changed < 0)
		return changed;
	r = plan_want_file(plan, host->root_fd, INITRAMFS_SCRIPT, wanted ? initramfs_script : NULL, 0755,
			   "runs the early binder before udev");
	return r < 0 ? r : changed || r;
}

static char *const rebuild[] = { (char *)"update-initramfs", (char *)"-u", (char *)"-k", (char *)"all", NULL };
static char *const lister[] = { (char *)"lsinitramfs", NULL };
static const char *const contents[] = { "usr/libexec/slipway/slipway-bind", "etc/slipway/devices.conf", "scripts/init-top/slipway", NULL };

const struct initramfs_backend initramfs_tools_backend = { INITRAMFS_TOOLS, rebuild, lister, contents, check, plan_files };
