/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB with boot loader entries (Fedora, RHEL): kernel arguments in loader/entries, in GRUB's environment block where the
 * entries take them from there (RHEL 8), and in /etc/kernel/cmdline for the entries of kernels still to come.
 *
 * Those are the files that grubby edits, too ("grubby --update-kernel=ALL --args=..."). slipway edits them itself: the
 * journal then brings back every byte, which "grubby --remove-args" does not; words are replaced where they stand and
 * "--" is understood; and an image without a running system can be prepared. A new kernel's entry is made by
 * /usr/lib/kernel/install.d/20-grub.install of kernelopts or /etc/kernel/cmdline, and so has the arguments at once.
 */

#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/bootloader.h"
#include "installer/entries.h"

static bool grub_bls_fits(const struct host *host)
{
	return loaders_deciding(&host->loaders) == LOADER_GRUB && host->kernel.grub.setup.uses_bls && !host->loaders.is_ostree &&
	       host->entries.n;
}

/* The environment block, where it holds kernelopts. */
static const char *find_env(const struct host *host)
{
	const char *path = host->kernel.grub.setup.env;
	_cleanup_free_ char *text = NULL;

	return path && fs_read(host->root_fd, &text, NULL, "%s", path) >= 0 && strstr(text, "\nkernelopts=") ? path : NULL;
}

static bool takes_env(const struct host *host)
{
	for (size_t i = 0; i < host->entries.n; i++)
		if (entry_is_edited(&host->entries.list[i]) && entry_takes_kernelopts(&host->entries.list[i]))
			return true;
	return false;
}

static int find_places(const struct host *host, struct places *ret)
{
	return entries_add_places(host, &host->entries, takes_env(host) ? find_env(host) : NULL, false, ret);
}

static int grub_bls_foreign(const struct host *host, struct cmdline *ret)
{
	_cleanup_(places_done) struct places places = {};
	int r = find_places(host, &places);

	return r < 0 ? r : places_foreign(host, &places, ret);
}

static int grub_bls_plan(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_(places_done) struct places places = {};
	int r = find_places(host, &places);

	if (r >= 0)
		r = entries_plan(host, &host->entries, &places, wish, plan);
	return r < 0 ? r : 0;
}

const struct bootloader bootloader_grub_bls = { "GRUB with boot loader entries (Fedora, RHEL)", grub_bls_fits, grub_bls_foreign,
						grub_bls_plan, NULL };
