/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB where its script reads nothing but /etc/default/grub: kernel arguments are edited in that file. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/bootloader.h"
#include "installer/grub_dropin.h"
#include "installer/grub_entries.h"
#include "installer/grub_menu.h"
#include "installer/grub_trial.h"
#include "installer/place.h"

#define SETTINGS "etc/default/grub"

/* Entries without a menu are read by a GRUB that was built to do so (SUSE's grub2-bls), which reads nothing of these settings. */
static bool file_fits(const struct host *host)
{
	const struct grub_setup *setup = &host->kernel.grub.setup;

	return grub_may_start(host) && setup->mkconfig && !setup->has_dropins && !setup->uses_bls && !host->loaders.is_ostree && (setup->cfg || !host->entries.n) &&
	       fs_exists(host->root_fd, SETTINGS);
}

/* The script that reads the file begins with #!/bin/sh, and that is a link to the shell that the system has chosen. */
static bool shell_is_bash(const struct host *host)
{
	static const char *const links[] = { "bin/sh", "usr/bin/sh" };

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		_cleanup_free_ char *name = NULL;

		if (fs_read_link_base(host->root_fd, &name, "%s", links[i]) >= 0)
			return str_eq(name, "bash");
	}
	return false;
}

static int find_places(const struct host *host, struct places *ret)
{
	return places_add(ret, shell_is_bash(host) ? &cmdline_format_grub_bash : &cmdline_format_grub, SETTINGS);
}

static int file_foreign(const struct host *host, struct cmdline *ret)
{
	_cleanup_(places_done) struct places places = {};

	if (find_places(host, &places) < 0)
		return log_oom();
	return places_foreign(host, &places, ret);
}

/* The entries without slipway take ours out again, and put back what had to go. */
static int plan_entries(const struct host *host, const struct argument_wish *words, struct plan *plan)
{
	const struct argument_wish back = { .wanted = words->unwanted, .unwanted = words->wanted };
	bool wanted = (words->wanted && *words->wanted) || (words->unwanted && *words->unwanted);
	_cleanup_free_ char *text = NULL;

	if (!fs_exists(host->root_fd, "etc/grub.d/10_linux"))
		return 0;
	if (wanted && !(text = grub_edit_text(&back)))
		return log_oom();
	return grub_plan_entries(host, text, plan);
}

static int file_plan(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_(argument_wish_done) struct argument_wish words = {};
	_cleanup_(places_done) struct places places = {};
	int changed, r;

	r = grub_wish(wish, &words);
	if (r < 0)
		return r;
	if (find_places(host, &places) < 0)
		return log_oom();
	changed = places_plan(host, &places, &words, plan);
	if (changed < 0)
		return changed;
	r = plan_entries(host, &words, plan);
	return r < 0 ? r : grub_plan_menu(host, changed || r, wish->wanted, plan);
}

const struct bootloader bootloader_grub_file = { "GRUB with its settings in one file (SUSE, Arch, Gentoo)", file_fits, file_foreign,
						 file_plan, grub_plan_trial, NULL };
