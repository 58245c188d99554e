/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's environment block as what chooses an entry for one boot: next_entry, which GRUB empties before it starts the entry. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "installer/grub_environment.h"
#include "installer/proxmox_entries.h"

#define USUAL_ENVIRONMENT "boot/grub/grubenv"

static const char *environment_of(const struct host *host)
{
	return host->kernel.grub.setup.env ? host->kernel.grub.setup.env : USUAL_ENVIRONMENT;
}

/* GRUB writes its environment in place: not where a driver of its own puts the blocks together, nor where they move. */
static int check_writable(const struct host *host)
{
	static const char *const writable[] = { "ext2", "ext3", "ext4", "vfat", "xfs" };
	_cleanup_free_ char *real = NULL, *path = fs_resolve(host->root_fd, environment_of(host), &real) < 0 ? NULL : text_format("/%s", real);
	const struct mount *m = path ? mounts_below(&host->mounts, path) : NULL;
	const struct block *b = m && m->blocks && !m->blocks[1] ? blocks_find(&host->blocks, m->blocks[0]) : NULL;
	bool known = false;

	for (size_t i = 0; m && i < ARRAY_SIZE(writable); i++)
		known = known || str_eq(m->fs_type, writable[i]);
	if (b && !b->is_virtual && known)
		return 0;
	return log_error("--trial: GRUB cannot write its environment block here (/%s is on %s, %s), and so could not forget the trial; "
			 "apply without --trial, or give /boot a partition of its own with ext4 or xfs", environment_of(host),
			 m ? m->fs_type : "a file system that is not known",
			 b && b->is_virtual ? "above LVM, RAID or encryption" : m && m->source ? m->source : "an unknown device"), -EOPNOTSUPP;
}

int grub_check_environment(const struct host *host)
{
	if (host->kernel.grub.is_once)
		return log_error("--trial: the next boot is chosen already (next_entry in /%s); boot it first, or take the choice "
				 "back with: grub-editenv - unset next_entry", environment_of(host)), -EOPNOTSUPP;
	if (proxmox_keeps_partitions(host->root_fd))
		return log_error("--trial: GRUB has its menu and its environment block on the EFI system partitions that proxmox-boot-tool keeps, "
				 "which are not mounted; apply without --trial, and keep the entries without slipway in the boot menu in mind"),
		       -EOPNOTSUPP;
	return check_writable(host);
}

int grub_check_menu(const struct host *host, const char *cfg)
{
	if (strstr(cfg, "save_env next_entry"))
		return 0;
	return log_error("--trial: /%s does not know next_entry; /etc/grub.d/00_header, as GRUB brings it, does: put it back and have the menu "
			 "written anew", host->kernel.grub.setup.cfg), -EOPNOTSUPP;
}

/* SUSE and Fedora call GRUB's programs grub2-... */
static const char *editenv_of(const struct host *host)
{
	const char *mkconfig = host->kernel.grub.setup.mkconfig;

	return mkconfig && str_starts(str_base(mkconfig), "grub2-") ? "grub2-editenv" : "grub-editenv";
}

int grub_plan_choice(const struct host *host, const char *id, struct plan *plan)
{
	_cleanup_free_ char *path = text_format("/%s", environment_of(host)), *setting = text_format("next_entry=%s", id);
	char *program = (char *)editenv_of(host);
	char *set[] = { program, path, (char *)"set", setting, NULL };
	char *unset[] = { program, path, (char *)"unset", (char *)"next_entry", NULL };
	_cleanup_(strv_freep) char **expects = NULL;
	struct change *c;
	int r;

	if (!path || !setting || strv_add(&expects, id) < 0 || strv_add(&expects, environment_of(host)) < 0)
		return log_oom();
	r = plan_add_command(plan, set, TAKE(expects), "the next boot, and only that one, takes this entry");
	if (r < 0)
		return r;
	c = &plan->list[plan->n - 1];
	c->one_shot = true;
	return strv_copy(unset, &c->undo) < 0 ? log_oom() : 0;
}

int grub_is_armed(int root_fd, char *const *expects)
{
	_cleanup_free_ char *environment = NULL, *wanted = NULL;
	const char *path;

	if (!expects || !*expects)
		return 1;
	path = expects[1] ? expects[1] : USUAL_ENVIRONMENT;
	wanted = text_format("\nnext_entry=%s\n", *expects);
	if (wanted && fs_read(root_fd, &environment, NULL, "%s", path) >= 0 && strstr(environment, wanted))
		return 1;
	log_error("/%s does not choose the entry '%s' for the next boot", path, *expects);
	return 0;
}
