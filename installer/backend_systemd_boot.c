/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd-boot: kernel arguments in its entries, and in /etc/kernel/cmdline for those that kernel-install will make. */

#include "common/cleanup.h"
#include "installer/bootloader.h"
#include "installer/entries.h"
#include "installer/systemd_boot_trial.h"
#include "installer/unified.h"

static bool systemd_boot_fits(const struct host *host)
{
	return loaders_deciding(&host->loaders) == LOADER_SYSTEMD_BOOT && !host->loaders.has_proxmox_boot_tool &&
	       !host->loaders.is_ostree && host->entries.n && !unified_is_used(host);
}

static int find_places(const struct host *host, struct places *ret)
{
	return entries_add_places(host, &host->entries, NULL, host->loaders.has_kernel_install, ret);
}

static int systemd_boot_foreign(const struct host *host, struct cmdline *ret)
{
	_cleanup_(places_done) struct places places = {};
	int r = find_places(host, &places);

	return r < 0 ? r : places_foreign(host, &places, ret);
}

static int systemd_boot_plan(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_(places_done) struct places places = {};
	int r = find_places(host, &places);

	if (r >= 0)
		r = entries_plan(host, &host->entries, &places, wish, plan);
	return r < 0 ? r : 0;
}

const struct bootloader bootloader_systemd_boot = { "systemd-boot with kernel-install", systemd_boot_fits, systemd_boot_foreign,
						    systemd_boot_plan, systemd_boot_plan_trial, NULL };
