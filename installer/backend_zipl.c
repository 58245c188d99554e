/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zipl on s390x: kernel arguments in the sections of /etc/zipl.conf, or in boot loader entries (RHEL), and then zipl, which
 * writes where on the disk kernel, initramfs and arguments lie: what it has not seen does not boot, so that it runs last.
 */

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/bootloader.h"
#include "installer/entries.h"

#define CONFIG "etc/zipl.conf"

static bool zipl_fits(const struct host *host)
{
	return loaders_deciding(&host->loaders) == LOADER_ZIPL &&
	       (fs_exists(host->root_fd, CONFIG) || fs_exists(host->root_fd, "boot/loader/entries"));
}

/* With entries there, zipl.conf is a head without sections of its own. Which entry is the default only zipl knows: the first is taken. */
static int find_places(const struct host *host, struct loader_entries *entries, struct places *ret)
{
	static char *const folders[] = { (char *)"boot/loader/entries", NULL };

	if (loader_entries_read(host->root_fd, folders, entries) < 0)
		return log_oom();
	if (!entries->n)
		return places_add(ret, &cmdline_format_zipl, CONFIG) < 0 ? log_oom() : 0;
	entries->next = 0;
	return entries_add_places(host, entries, NULL, false, ret);
}

static int zipl_foreign(const struct host *host, struct cmdline *ret)
{
	_cleanup_(loader_entries_done) struct loader_entries entries = { .next = -1 };
	_cleanup_(places_done) struct places places = {};
	int r = find_places(host, &entries, &places);

	return r < 0 ? r : places_foreign(host, &places, ret);
}

static int zipl_plan(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	static char *const zipl[] = { (char *)"zipl", NULL }, *const dry_run[] = { (char *)"zipl", (char *)"--dry-run", NULL };
	_cleanup_(loader_entries_done) struct loader_entries entries = { .next = -1 };
	_cleanup_(places_done) struct places places = {};
	bool rebuilds = plan->n > 0; /* an initramfs that lies elsewhere on the disk */
	char **expects = NULL;
	int r = find_places(host, &entries, &places);

	if (r >= 0)
		r = entries.n ? entries_plan(host, &entries, &places, wish, plan) : places_plan(host, &places, wish, plan);
	if (r < 0 || (r == 0 && !rebuilds))
		return r;
	plan->needs_reboot = true;
	/* All of zipl's checks, while the boot record is still the old one. */
	r = plan_add_command(plan, dry_run, NULL, "would zipl write the boot record?");
	if (r < 0)
		return r;
	if (strv_copy(wish->wanted, &expects) < 0)
		return log_oom();
	r = plan_add_command(plan, zipl, expects, "write the boot record anew");
	if (r >= 0)
		plan->list[plan->n - 1].takes_all_in = true;
	return r;
}

/* arch/s390/kernel/ipl.c: reipl_block_ccw_fill_parms() and its like for FCP, NVMe and ECKD; on_panic_trigger. */
const struct bootloader bootloader_zipl = { "zipl (s390x)", zipl_fits, zipl_foreign, zipl_plan, NULL,
					  "zipl's boot record has no entry that counts once: a kernel hands the LOADPARM that it was loaded with on to its "
					  "next re-IPL, and stops at a panic; apply without --trial, and if the host does not come up, load it with "
					  "slipway.bind=0 as a further parameter (PARM of CP IPL, or the operating system's load parameters on the HMC)" };
