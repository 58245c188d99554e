/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB where its script reads /etc/default/grub.d: kernel arguments through a drop-in there. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/bootloader.h"
#include "installer/cmdline_file.h"
#include "installer/grub_dropin.h"
#include "installer/grub_entries.h"
#include "installer/grub_menu.h"
#include "installer/grub_trial.h"

/* The drop-ins are sourced in the order of their names; a later one (Ubuntu's cloud image has one) may set the variable anew. */
#define FOLDER "etc/default/grub.d"
#define NAME "zz-slipway.cfg"
#define DROPIN FOLDER "/" NAME

/* Debian's package brings both; a capture of a host holds update-grub alone. */
static bool dropin_fits(const struct host *host)
{
	const struct grub_setup *setup = &host->kernel.grub.setup;

	return grub_may_start(host) && !setup->uses_bls && !host->loaders.is_ostree && (setup->mkconfig ? setup->has_dropins : host->software.has_update_grub) &&
	       fs_exists(host->root_fd, "etc/default/grub") && fs_exists(host->root_fd, "etc/grub.d/10_linux");
}

/* All that is sourced before ours, as one text; -ENOENT and the like where one cannot be read. */
static int read_settings(int root_fd, char **ret)
{
	_cleanup_(strv_freep) char **names = NULL;
	_cleanup_(text_done) struct text t = {};
	_cleanup_free_ char *main_file = NULL;
	int r;

	r = fs_read(root_fd, &main_file, NULL, "etc/default/grub");
	if (r < 0)
		return r;
	text_printf(&t, "%s\n", main_file);
	r = dir_list(root_fd, &names, FOLDER);
	if (r < 0 && r != -ENOENT)
		return r;
	for (char **name = names; name && *name && strcmp(*name, NAME) < 0; name++) {
		_cleanup_free_ char *text = NULL;

		if (!str_ends(*name, ".cfg"))
			continue;
		r = fs_read(root_fd, &text, NULL, FOLDER "/%s", *name);
		if (r < 0)
			return r;
		text_printf(&t, "%s\n", text);
	}
	*ret = text_take(&t);
	return *ret ? 0 : -ENOMEM;
}

/* What stands in grub.cfg and is not the drop-in's: each of its words taken off once, from the end. */
static int foreign_of_menu(const struct host *host, struct cmdline *ret)
{
	const struct cmdline *all = host->kernel.next_boot_known ? &host->kernel.next_boot : &host->kernel.running;
	_cleanup_(cmdline_done) struct cmdline foreign = {}, owned = {};
	_cleanup_free_ char *text = NULL, *words = NULL;
	size_t n;

	if (fs_read(host->root_fd, &text, NULL, DROPIN) >= 0)
		words = grub_dropin_words(text);
	if (strv_copy(all->arguments, &foreign.arguments) < 0 || cmdline_parse(words ? words : "", &owned) < 0)
		return -ENOMEM;
	for (char **o = owned.arguments; o && *o; o++) {
		n = strv_length(foreign.arguments);
		while (n && !argument_eq(foreign.arguments[n - 1], *o))
			n--;
		if (!n)
			continue;
		free(foreign.arguments[n - 1]);
		memmove(&foreign.arguments[n - 1], &foreign.arguments[n], (strv_length(&foreign.arguments[n]) + 1) * sizeof(*foreign.arguments));
	}
	*ret = TAKE(foreign);
	return 0;
}

/* The settings, where they can be known without running them; they are ahead of grub.cfg. */
static int dropin_foreign(const struct host *host, struct cmdline *ret)
{
	_cleanup_(strv_freep) char **lines = NULL;
	_cleanup_free_ char *text = NULL, *why = NULL;
	int r;

	r = read_settings(host->root_fd, &text);
	if (r >= 0)
		r = cmdline_format_grub.get(text, &lines, &why);
	if (r == -ENOMEM)
		return r;
	return r < 0 ? foreign_of_menu(host, ret) : cmdline_parse(lines[0], ret);
}

static int dropin_plan(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	bool wanted = (wish->wanted && *wish->wanted) || (wish->unwanted && *wish->unwanted);
	_cleanup_(argument_wish_done) struct argument_wish words = {};
	_cleanup_free_ char *dropin = NULL;
	int changed, r;

	r = grub_wish(wish, &words);
	if (r < 0)
		return r;
	if (wanted && !(dropin = grub_dropin_text(&words)))
		return log_oom();
	changed = plan_want_file(plan, host->root_fd, DROPIN, dropin, 0644, "kernel arguments for the next boot");
	if (changed < 0)
		return changed;
	/* The drop-in has kept what was there before it. */
	r = grub_plan_entries(host, wanted ? "[ -n \"${SLIPWAY_CMDLINE_BEFORE+set}\" ] || exit 0\n"
				    "GRUB_CMDLINE_LINUX_DEFAULT=$SLIPWAY_CMDLINE_BEFORE\n"
				    "GRUB_CMDLINE_LINUX=$SLIPWAY_CMDLINE_LINUX_BEFORE\n" : NULL, plan);
	if (r < 0)
		return r;
	return grub_plan_menu(host, changed || r, wish->wanted, plan);
}


const struct bootloader bootloader_grub_dropin = { "GRUB with drop-ins (Debian, Ubuntu)", dropin_fits, dropin_foreign,
						   dropin_plan, grub_plan_trial, NULL };
