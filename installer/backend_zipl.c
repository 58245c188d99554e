/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zipl on s390x: kernel arguments in the sections of /etc/zipl.conf and the files that these name, or in boot loader entries (RHEL), and then
 * zipl, which writes where on the disk kernel, initramfs and arguments lie: what it has not seen does not boot, so that it runs last.
 */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/zipl_conf.h"
#include "installer/bootloader.h"
#include "installer/entries.h"

static bool zipl_fits(const struct host *host)
{
	return loaders_deciding(&host->loaders) == LOADER_ZIPL &&
	       (fs_exists(host->root_fd, ZIPL_CONF) || fs_exists(host->root_fd, "boot/loader/entries"));
}

/* A section without arguments of its own has them in a file, where it names one. */
static int add_parmfile(const struct host *host, const struct zipl_line *l, struct places *ret)
{
	_cleanup_free_ char *path = zipl_line_path(l);

	if (!path)
		return -ENOMEM;
	for (size_t i = 0; i < ret->n; i++)
		if (str_eq(ret->list[i].path, path))
			return 0;
	return fs_exists(host->root_fd, "%s", path) ? places_add(ret, &cmdline_format_plain, path) : 0;
}

static int refuse_bare(const struct zipl_section *s)
{
	return log_error("/" ZIPL_CONF ": section [%.*s] has no arguments, neither parameters= nor parmfile=, and so no place for them; write "
			 "parameters=\"\" into it", (int)s->name_size, s->name), -EINVAL;
}

/* zipl.conf itself counts where a section of it has arguments; `alone`: there are no entries. */
static int add_sections(const struct host *host, const struct zipl_conf *c, bool alone, struct places *ret)
{
	bool has_parameters = false;
	int r = 0;

	for (size_t i = 0; i < c->n_sections && r >= 0; i++) {
		const struct zipl_line *file = zipl_conf_find(c, i, "parmfile");

		if (c->sections[i].is_aside)
			continue;
		if (zipl_conf_find(c, i, "parameters"))
			has_parameters = true;
		else if (file && file->start)
			r = add_parmfile(host, file, ret);
		else if (zipl_conf_find(c, i, "image") && zipl_conf_installs(c, i))
			return refuse_bare(&c->sections[i]);
	}
	if (r >= 0 && (has_parameters || (alone && !ret->n)))
		r = places_add(ret, &cmdline_format_zipl, ZIPL_CONF);
	return r < 0 ? log_oom() : 0;
}

/* zipl makes its record of both, the sections of zipl.conf and the entries. Which entry is the default only zipl knows: the first is taken. */
static int find_places(const struct host *host, struct loader_entries *entries, struct places *ret)
{
	static char *const folders[] = { (char *)"boot/loader/entries", NULL };
	_cleanup_(zipl_conf_done) struct zipl_conf c = {};
	_cleanup_free_ char *text = NULL;
	int r = fs_read(host->root_fd, &text, NULL, ZIPL_CONF);

	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot read /" ZIPL_CONF);
	if (loader_entries_read(host->root_fd, folders, entries) < 0 || zipl_conf_parse(text ? text : "", &c) < 0)
		return log_oom();
	entries->next = entries->n ? 0 : -1;
	r = entries->n ? entries_add_places(host, entries, NULL, false, ret) : 0;
	return r < 0 ? r : add_sections(host, &c, !entries->n, ret);
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
