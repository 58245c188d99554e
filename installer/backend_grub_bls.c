/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB with boot loader entries (Fedora, RHEL): kernel arguments in loader/entries, in GRUB's environment block where the
 * entries take them from there (RHEL 8), in /etc/kernel/cmdline for the entries of kernels still to come, and in
 * /etc/default/grub.
 *
 * Those are the files that grubby edits, too ("grubby --update-kernel=ALL --args=..."). slipway edits them itself: the
 * journal then brings back every byte, which "grubby --remove-args" does not; words are replaced where they stand and
 * "--" is understood; and an image without a running system can be prepared. A new kernel's entry is made by
 * /usr/lib/kernel/install.d/20-grub.install of kernelopts or /etc/kernel/cmdline, and so has the arguments at once.
 */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/bootloader.h"
#include "installer/entries.h"
#include "installer/grub_environment.h"
#include "installer/grub_menu.h"
#include "installer/trial_entry.h"

#define SETTINGS "etc/default/grub"
/* blscfg names its entries by their files. */
#define TRIAL_ID "~slipway-trial"

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

/*
 * What grub2-mkconfig would make the entries' arguments of, if somebody tells it to: grubby keeps it in step, too. It decides
 * nothing at boot, so that a file whose value only running it would tell is no obstacle, and is left alone.
 */
static int add_settings(const struct host *host, struct places *places)
{
	_cleanup_(strv_freep) char **lines = NULL;
	_cleanup_free_ char *text = NULL, *why = NULL;

	if (fs_read(host->root_fd, &text, NULL, SETTINGS) < 0 || cmdline_format_grub_bash.get(text, &lines, &why) < 0)
		return 0;
	return places_add(places, &cmdline_format_grub_bash, SETTINGS) < 0 ? log_oom() : 0;
}

static int find_places(const struct host *host, struct places *ret)
{
	int r = entries_add_places(host, &host->entries, takes_env(host) ? find_env(host) : NULL, false, ret);

	return r < 0 ? r : add_settings(host, ret);
}

static int grub_bls_foreign(const struct host *host, struct cmdline *ret)
{
	_cleanup_(places_done) struct places places = {};
	int r = find_places(host, &places);

	return r < 0 ? r : places_foreign(host, &places, ret);
}

/* blscfg makes a script of each entry: GRUB's parser reads the arguments here, too. */
static int grub_bls_plan(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	_cleanup_(argument_wish_done) struct argument_wish words = {};
	_cleanup_(places_done) struct places places = {};
	int r = grub_wish(wish, &words);

	if (r >= 0)
		r = find_places(host, &places);
	if (r >= 0)
		r = entries_plan(host, &host->entries, &places, &words, plan);
	return r < 0 ? r : 0;
}

static int check_next(const struct host *host)
{
	const struct loader_entries *e = &host->entries;
	_cleanup_free_ char *cfg = NULL;
	int r;

	if (e->next < 0 || !entry_is_edited(&e->list[e->next]))
		return log_error("--trial: the entry that boots next cannot be tried: %s", e->reason ? e->reason :
				 "it is no entry of this system's"), -EOPNOTSUPP;
	r = fs_read(host->root_fd, &cfg, NULL, "%s", host->kernel.grub.setup.cfg);
	if (r < 0)
		return log_errno(r, "cannot read /%s", host->kernel.grub.setup.cfg);
	return grub_check_menu(host, cfg);
}

/* With RHEL 8's variable in it, an entry's arguments stand elsewhere, where every other entry has them, too. */
static int read_next(const struct host *host, const struct loader_entry *next, char **ret)
{
	const char *env = entry_takes_kernelopts(next) ? find_env(host) : NULL;
	_cleanup_free_ char *text = NULL, *block = NULL, *why = NULL;
	_cleanup_(strv_freep) char **lines = NULL;
	int r;

	r = fs_read(host->root_fd, &text, NULL, "%s", next->path);
	if (r >= 0 && env)
		r = fs_read(host->root_fd, &block, NULL, "%s", env);
	if (r >= 0 && env)
		r = cmdline_format_grubenv.get(block, &lines, &why);
	if (r < 0)
		return log_errno(r, "cannot read /%s", block ? env : next->path);
	*ret = trial_entry_expand(text, "kernelopts", lines ? lines[0] : NULL);
	return *ret ? 0 : log_oom();
}

static int grub_bls_plan_trial(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	const struct loader_entries *e = &host->entries;
	_cleanup_(argument_wish_done) struct argument_wish words = {};
	_cleanup_free_ char *text = NULL, *entry = NULL, *path = NULL;
	const char *next;
	int r;

	r = grub_wish(wish, &words);
	if (r >= 0)
		r = grub_check_environment(host);
	if (r >= 0)
		r = check_next(host);
	if (r >= 0)
		r = read_next(host, &e->list[e->next], &text);
	if (r < 0)
		return r;
	next = e->list[e->next].path;
	path = text_format("%.*s" TRIAL_ENTRY_GRUB, (int)(str_base(next) - next), next);
	if (!path || trial_entry(text, &words, &entry) < 0)
		return log_oom();
	r = plan_want_file(plan, host->root_fd, path, entry, 0644, "a boot entry for one boot");
	return r < 0 ? r : grub_plan_choice(host, TRIAL_ID, plan);
}

const struct bootloader bootloader_grub_bls = { "GRUB with boot loader entries (Fedora, RHEL)", grub_bls_fits, grub_bls_foreign,
						grub_bls_plan, grub_bls_plan_trial, NULL };
