/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proxmox with systemd-boot: kernel arguments in /etc/kernel/cmdline, which proxmox-boot-tool copies into the entries of
 * every EFI system partition in /etc/kernel/proxmox-boot-uuids. Those are not mounted, so nothing of them is seen here.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/bootloader.h"
#include "installer/entries.h"
#include "installer/proxmox_trial.h"

/* Where GRUB starts it, the tool calls update-grub, and GRUB's own rows do the rest. */
static bool proxmox_fits(const struct host *host)
{
	return host->loaders.has_proxmox_boot_tool && loaders_deciding(&host->loaders) != LOADER_GRUB;
}

/* Without the file, the tool takes the running kernel's; and a kernel that was never started cannot say. */
static int add_base(const struct host *host, struct place *place)
{
	_cleanup_(strv_freep) char **words = NULL;
	_cleanup_free_ char *line = NULL;
	int r = 0;

	if (fs_exists(host->root_fd, KERNEL_CMDLINE))
		return 0;
	if (!host->kernel.running_known)
		return log_error("/" KERNEL_CMDLINE " is missing, and there is no running kernel to take its arguments from; write the kernel's "
				 "arguments (root=... and all) into it first"), -EOPNOTSUPP;
	for (char **a = host->kernel.running.arguments; a && *a && r >= 0; a++)
		if (!str_starts(*a, "initrd=") && !str_starts(*a, "BOOT_IMAGE="))
			r = strv_add(&words, *a);
	line = r < 0 ? NULL : strv_join(words, " ");
	place->base = line ? text_format("%s\n", line) : NULL;
	return place->base ? 0 : log_oom();
}

static int find_places(const struct host *host, struct places *ret)
{
	if (places_add(ret, &cmdline_format_plain, KERNEL_CMDLINE) < 0)
		return log_oom();
	return add_base(host, &ret->list[0]);
}

static int proxmox_foreign(const struct host *host, struct cmdline *ret)
{
	_cleanup_(places_done) struct places places = {};
	int r = find_places(host, &places);

	return r < 0 ? r : places_foreign(host, &places, ret);
}

static int proxmox_plan(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	static char *const refresh[] = { (char *)"proxmox-boot-tool", (char *)"refresh", NULL };
	_cleanup_(places_done) struct places places = {};
	char **expects = NULL;
	int r = find_places(host, &places);

	if (r >= 0)
		r = places_plan(host, &places, wish, plan);
	if (r <= 0)
		return r;
	plan->needs_reboot = true;
	if (strv_copy(wish->wanted, &expects) < 0)
		return log_oom();
	r = plan_add_command(plan, refresh, expects, "copy the kernels, their initramfs and their arguments to every EFI system partition");
	if (r >= 0)
		plan->list[plan->n - 1].takes_all_in = true;
	return r;
}

const struct bootloader bootloader_proxmox = { "proxmox-boot-tool (Proxmox)", proxmox_fits, proxmox_foreign, proxmox_plan,
					       proxmox_plan_trial, NULL };
