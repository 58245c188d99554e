/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes by command: command C has run because its inputs changed. It runs again when they change back. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"
#include "installer/change.h"
#include "installer/grub_environment.h"
#include "installer/grub_menu.h"
#include "installer/initramfs_image.h"
#include "installer/group_member.h"
#include "installer/ostree_kargs.h"
#include "installer/package_manager.h"
#include "installer/proxmox_entries.h"
#include "installer/sections/pool_access.h"
#include "installer/unit_state.h"
#include "installer/zipl_map.h"

/* Whether a command has done its work is seen in what it made, not in its exit status. */
static const struct {
	const char *program;
	int (*made)(int root_fd, char *const *expects);
	/* Is anything of it there to be taken back? Where its undo fails without. 1, 0 or a negative errno; NULL: it never does. */
	int (*stands)(int root_fd, char *const *expects);
} products[] = {
	{ "update-grub", grub_has_arguments },
	{ "grub-mkconfig", grub_has_arguments },
	{ "grub2-mkconfig", grub_has_arguments },
	{ "grub-editenv", grub_is_armed },
	{ "grub2-editenv", grub_is_armed },
	{ "update-initramfs", initramfs_has_files },
	{ "dracut", initramfs_has_files },
	{ "mkinitcpio", initramfs_has_files },
	{ "zipl", zipl_has_arguments },
	{ "rpm-ostree", ostree_has_arguments },
	{ "proxmox-boot-tool", proxmox_has_arguments },
	{ "apt-get", packages_are_there },
	{ "dnf", packages_are_there },
	{ "zypper", packages_are_there },
	{ "pacman", packages_are_there },
	{ "systemctl", units_are_enabled, any_unit_is_enabled },
	{ "setsebool", selinux_has_booleans },
	{ "semanage", selinux_has_rules },
	{ "gpasswd", group_has_members, group_has_any_member },
};

/* Package tools take minutes: what they do is told as they do it, and they ask nothing. */
static void tell(const char *line)
{
	log_info("  %s", line);
}

/* Where the reason stands; the rest has been told. Cuts white space off the end. */
static const char *last_line(char *output)
{
	const char *trimmed = str_trim(output), *newline = strrchr(trimmed, '\n');

	return newline ? newline + 1 : trimmed;
}

static int run_argv(char *const *argv, char **ret_output)
{
	if (!package_manager_of(argv))
		return process_run(argv, ret_output);
	setenv("DEBIAN_FRONTEND", "noninteractive", 0);
	return process_run_told(argv, tell, ret_output);
}

static int run(const struct site *site, struct change *c, char *const *argv)
{
	_cleanup_free_ char *line = process_format(argv);
	_cleanup_free_ char *output = NULL;
	int status;

	if (!line)
		return log_oom();
	if (!site->is_live) {
		c->is_deferred = true;
		return 0;
	}
	log_info("running %s ...", line);
	status = run_argv(argv, &output);
	/* Its product must be on the disk before the next change builds on it. */
	sync();
	if (status < 0)
		return log_errno(status, "cannot run %s", line);
	if (status > 0 && package_manager_of(argv))
		return log_error("%s failed with status %d: %s", line, status, last_line(output)), -ECANCELED;
	if (status > 0)
		return log_error("%s failed with status %d; it said:\n%s", line, status, output), -ECANCELED;
	c->is_deferred = false;
	return 0;
}

static int command_apply(const struct site *site, struct change *c)
{
	return run(site, c, c->argv);
}

static int remove_packages(const struct site *site, struct change *c)
{
	_cleanup_(strv_freep) char **argv = NULL;
	int r = package_removal_narrow(site->root_fd, c->undo, &argv);

	return r < 0 || !argv ? r : run(site, c, argv);
}

static int command_revert(const struct site *site, struct change *c)
{
	/* What never ran has nothing to take back, and what a boot has used up neither. */
	if (c->is_deferred || c->is_spent)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(products) && site->is_live && c->expects; i++)
		if (products[i].stands && str_eq(c->argv[0], products[i].program)) {
			int r = products[i].stands(site->root_fd, c->expects);

			if (r <= 0)
				return r;
		}
	if (c->undo && site->is_live && package_manager_of(c->undo))
		return remove_packages(site, c);
	return run(site, c, c->undo ? c->undo : c->argv);
}

static int command_holds(const struct site *site, const struct change *c)
{
	if (!site->is_live)
		return 1;
	if (c->is_deferred)
		return 0;
	if (c->is_spent)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(products); i++)
		if (str_eq(c->argv[0], products[i].program))
			return products[i].made(site->root_fd, c->expects);
	return 1;
}

const struct change_ops change_command_ops = { "command", command_apply, command_revert, command_holds };
