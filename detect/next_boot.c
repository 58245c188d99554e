/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What boots next where GRUB's menu does not hold it: boot loader entries, or an image with its own command line. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "detect/next_boot.h"
#include "detect/next_zipl.h"

/* GRUB reads them from its own partition, which is mounted on /boot. */
static int read_of_grub(int root_fd, const struct grub *grub, struct loader_entries *e)
{
	static char *const folders[] = { (char *)"boot/loader/entries", NULL };
	_cleanup_free_ char *cfg = NULL, *env = NULL;
	int r;

	r = loader_entries_read(root_fd, folders, e);
	if (r < 0)
		return r;
	if (fs_read(root_fd, &cfg, NULL, "%s", grub->setup.cfg) < 0)
		cfg = NULL;
	if (!grub->setup.env || fs_read(root_fd, &env, NULL, "%s", grub->setup.env) < 0)
		env = NULL;
	return loader_entries_choose_grub(grub, cfg, env, e);
}

static int take_next(int root_fd, const struct loader_entries *e, struct kernel *k)
{
	const struct loader_entry *next = e->next >= 0 ? &e->list[e->next] : NULL;

	if (next && e->next_cmdline)
		return kernel_set_next(root_fd, next->path, e->next_cmdline, loader_entry_release(next), k);
	return kernel_set_next_unknown(e->reason ? e->reason : "no boot loader entry boots next", k);
}

int next_boot_read(int root_fd, const struct loaders *loaders, struct kernel *k, struct loader_entries *ret)
{
	_cleanup_(loader_entries_done) struct loader_entries e = { .next = -1 };
	enum loader_kind deciding = loaders_deciding(loaders);
	int r = 0;

	if (deciding == LOADER_STUB && loaders->started == LOADER_STUB) {
		r = kernel_set_next_unknown("the firmware starts a kernel without a boot loader's entry: its command line is in its image, or in "
					    "the firmware's entry", k);
	} else if (deciding == LOADER_ZIPL) {
		r = next_zipl_read(root_fd, k);
	} else if (deciding == LOADER_SYSTEMD_BOOT) {
		r = loader_entries_read(root_fd, loaders->entry_folders, &e);
		if (r >= 0)
			r = loader_entries_choose(root_fd, &e);
		if (r >= 0)
			r = take_next(root_fd, &e, k);
	} else if (k->grub.setup.uses_bls && k->grub.setup.cfg && !k->grub.next_cmdline) {
		r = read_of_grub(root_fd, &k->grub, &e);
		if (r >= 0)
			r = take_next(root_fd, &e, k);
	}
	if (r < 0)
		return r;
	*ret = e;
	e = (struct loader_entries){ .next = -1 };
	return 0;
}
