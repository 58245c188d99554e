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
#include "installer/ostree_kargs.h"
#include "installer/proxmox_entries.h"
#include "installer/zipl_map.h"

/* Whether a command has done its work is seen in what it made, not in its exit status. */
static const struct {
	const char *program;
	int (*made)(int root_fd, char *const *expects);
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
};

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
	status = process_run(argv, &output);
	/* Its product must be on the disk before the next change builds on it. */
	sync();
	if (status < 0)
		return log_errno(status, "cannot run %s", line);
	if (status > 0)
		return log_error("%s failed with status %d; it said:\n%s", line, status, output), -ECANCELED;
	c->is_deferred = false;
	return 0;
}

static int command_apply(const struct site *site, struct change *c)
{
	return run(site, c, c->argv);
}

static int command_revert(const struct site *site, struct change *c)
{
	/* What never ran has nothing to take back, and what a boot has used up neither. */
	if (c->is_deferred || c->is_spent)
		return 0;
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
