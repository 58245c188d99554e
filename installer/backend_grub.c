/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB on Debian and Ubuntu: kernel arguments through a drop-in in /etc/default/grub.d, and update-grub. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/cmdline.h"
#include "installer/backend_grub.h"
#include "installer/bootloader.h"
#include "installer/grub_trial.h"

/* The drop-ins are sourced in the order of their names; a later one (Ubuntu's cloud image has one) may set the variable anew. */
#define DROPIN "etc/default/grub.d/zz-slipway.cfg"
#define ENTRIES "etc/grub.d/42_slipway"
#define ASSIGNMENT "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT "

/* GRUB_CMDLINE_LINUX_DEFAULT, not GRUB_CMDLINE_LINUX: the recovery entries stay free of what slipway adds. */
static const char dropin_head[] =
	"# Written by slipway; 'slipway rollback' takes it away.\n"
	"SLIPWAY_CMDLINE_BEFORE=\"$GRUB_CMDLINE_LINUX_DEFAULT\"\n"
	"export SLIPWAY_CMDLINE_BEFORE\n" ASSIGNMENT;

/* The entries get ids of their own, so that a saved default never lands among them by chance. */
static const char entries_script[] =
	"#!/bin/sh\n"
	"# Written by slipway; 'slipway rollback' takes it away.\n"
	"# The same boot entries as 10_linux makes, without slipway's kernel arguments: the host as it was.\n"
	"set -e\n"
	"[ -n \"${SLIPWAY_CMDLINE_BEFORE+set}\" ] || exit 0\n"
	"GRUB_CMDLINE_LINUX_DEFAULT=$SLIPWAY_CMDLINE_BEFORE\n"
	"GRUB_DISTRIBUTOR=\"${GRUB_DISTRIBUTOR:-Linux} (without slipway)\"\n"
	"export GRUB_CMDLINE_LINUX_DEFAULT GRUB_DISTRIBUTOR\n"
	"/etc/grub.d/10_linux | sed \"s/menuentry_id_option 'gnulinux-/menuentry_id_option 'without-slipway-gnulinux-/\"\n";

/* What stands between shell, grub-mkconfig and GRUB's own parser without being touched by any of them. */
static bool is_plain(const char *argument)
{
	for (const char *c = argument; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("_.,:=/@%+~^-*", *c)))
			return false;
	return *argument != '\0' && !str_eq(argument, "--");
}

static int make_dropin(char *const *arguments, char **ret)
{
	_cleanup_free_ char *words = strv_join(arguments, " ");
	char *content;

	for (char *const *a = arguments; *a; a++)
		if (!is_plain(*a))
			return log_invalid("kernel argument '%s' holds a character that GRUB's configuration would change; plain are letters, "
					   "digits and _.,:=/@%%+~^-*", *a);
	content = words ? text_format("%s%s\"\n", dropin_head, words) : NULL;
	if (!content)
		return log_oom();
	*ret = content;
	return 0;
}

/* The words of the drop-in that stands there now, if it is one of ours. */
static int owned_arguments(int root_fd, char ***ret)
{
	_cleanup_free_ char *text = NULL, *words = NULL;
	const char *start;

	*ret = NULL;
	if (fs_read(root_fd, &text, NULL, DROPIN) < 0)
		return 0;
	start = strstr(text, ASSIGNMENT);
	if (!start)
		return 0;
	start += strlen(ASSIGNMENT);
	words = strndup(start, strcspn(start, "\"\n"));
	return words ? strv_split(words, " ", ret) : -ENOMEM;
}

static int dropin_foreign(const struct host *host, struct cmdline *ret)
{
	const struct cmdline *all = host->kernel.next_boot_known ? &host->kernel.next_boot : &host->kernel.running;
	_cleanup_(cmdline_done) struct cmdline foreign = {};
	_cleanup_(strv_freep) char **owned = NULL;
	size_t n = strv_length(all->arguments), left;

	if (owned_arguments(host->root_fd, &owned) < 0)
		return -ENOMEM;
	/* Ours stand at the end: taking them off from there leaves an equal word of the administrator's in its place. */
	left = owned ? strv_length(owned) : 0;
	while (n && left && str_eq(all->arguments[n - 1], owned[left - 1])) {
		n--;
		left--;
	}
	for (size_t i = 0; i < n; i++)
		if (strv_add(&foreign.arguments, all->arguments[i]) < 0)
			return -ENOMEM;
	*ret = TAKE(foreign);
	return 0;
}

int grub_has_arguments(int root_fd, char *const *arguments)
{
	_cleanup_(boot_done) struct boot boot = {};
	_cleanup_(grub_done) struct grub grub = {};
	_cleanup_(cmdline_done) struct cmdline cmdline = {};

	if (boot_read(root_fd, &boot) < 0 || grub_read(root_fd, &boot, &grub) < 0)
		return 0;
	if (!grub.next_cmdline) {
		log_error("the next boot's arguments cannot be told: %s", grub.reason ? grub.reason : "there is no grub.cfg");
		return 0;
	}
	if (cmdline_parse(grub.next_cmdline, &cmdline) < 0)
		return 0;
	for (char *const *a = arguments; a && *a; a++)
		if (!cmdline_has(&cmdline, *a)) {
			log_error("the boot entry '%s' in /%s lacks %s", grub.entry, grub.setup.cfg, *a);
			return 0;
		}
	return 1;
}

static bool dropin_fits(const struct host *host)
{
	return host->software.has_update_grub && fs_exists(host->root_fd, "etc/default/grub") &&
	       fs_exists(host->root_fd, "etc/grub.d/10_linux");
}

/*
 * grub.cfg may lag behind the drop-in, if somebody put that back or update-grub never ran. In an image it always does:
 * its update-grub waits for the first boot.
 */
static bool next_boot_lacks(const struct host *host, char *const *arguments)
{
	for (char *const *a = arguments; host->is_live && host->kernel.next_boot_known && a && *a; a++)
		if (!cmdline_has(&host->kernel.next_boot, *a))
			return true;
	return false;
}

static int dropin_plan(const struct host *host, const struct argument_wish *wish, struct plan *plan)
{
	static char *const update[] = { (char *)"update-grub", NULL };
	char *const *arguments = wish->wanted;
	bool wanted = arguments && *arguments;
	_cleanup_free_ char *dropin = NULL;
	char **expects = NULL;
	int changed, r;

	r = wanted ? make_dropin(arguments, &dropin) : 0;
	if (r < 0)
		return r;
	changed = plan_want_file(plan, host->root_fd, DROPIN, dropin, 0644, "kernel arguments for the next boot");
	if (changed < 0)
		return changed;
	r = plan_want_file(plan, host->root_fd, ENTRIES, wanted ? entries_script : NULL, 0755, "boot entries without slipway's arguments");
	if (r < 0)
		return r;
	if (!changed && !r && !next_boot_lacks(host, arguments))
		return 0;
	if (strv_copy(arguments, &expects) < 0)
		return log_oom();
	plan->needs_reboot = true;
	return plan_add_command(plan, update, expects, "write /boot/grub/grub.cfg anew");
}

const struct bootloader bootloader_grub_dropin = { "GRUB with drop-ins (Debian, Ubuntu)", dropin_fits, dropin_foreign,
						   dropin_plan, grub_plan_trial };
