/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended Debian, on which plans are carried out. */

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "installer/provision.h"
#include "tests/unit/debian.h"

static void use_fakes(struct tree *t)
{
	const char *tests = getenv("SLIPWAY_TESTS"), *path = getenv("PATH");
	_cleanup_free_ char *longer = NULL;

	if (!tests || !path)
		abort();
	setenv("SLIPWAY_TEST_ROOT", t->folder, 1);
	if (str_starts(path, tests))
		return;
	longer = text_format("%s/tools:%s", tests, path);
	if (!longer)
		abort();
	setenv("PATH", longer, 1);
}

/* What a boot makes anew. */
static void put_boot(struct tree *t)
{
	tree_put(t, "proc/cmdline", "root=x quiet\n");
	tree_put(t, "proc/sys/kernel/random/boot_id", "first\n");
}

void debian_new(struct tree *t)
{
	tree_new(t);
	use_fakes(t);
	put_boot(t);
	tree_put(t, "sys/module/nvme/initstate", "live\n");
	tree_put(t, "boot/initrd.img-6.1.0", "image");
	tree_put(t, "boot/vmlinuz-6.1.0", "kernel");
	tree_folder(t, "lib/modules/6.1.0");
	tree_folder(t, "etc/initramfs-tools");
	tree_put(t, "usr/sbin/update-initramfs", "%s", "");
	tree_put(t, "usr/libexec/slipway/slipway-bind", "%s", "");
	tree_folder(t, "var/lib/slipway");
}

void debian_add_drives(struct tree *t)
{
	static const char boot[] = "0000:00:05.0/0000:04:00.0";

	tree_nvme(t, boot, 0, 1);
	tree_partition(t, boot, 0, 2, "ext4");
	tree_nvme(t, "0000:00:06.0/0000:05:00.0", 1, 2);
	tree_mounts(t, (const char *const[]){ "259:2 /dev/nvme0n1p2 / ext4", NULL });
	tree_put(t, "proc/self/mounts", "/dev/nvme0n1p2 / ext4 rw,relatime 0 0\n");
}

void debian_add_grub(struct tree *t, const char *cfg)
{
	tree_put(t, "boot/grub/grub.cfg", "%s", cfg);
	tree_put(t, "etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=quiet\n");
	tree_put(t, "etc/grub.d/10_linux", "#!/bin/sh\n");
	tree_put(t, "usr/sbin/update-grub", "%s", "");
}

int debian_plan(struct tree *t, bool is_trial, struct plan *plan)
{
	_cleanup_(refusals_done) struct refusals refusals = {};
	_cleanup_(wishes_done) struct wishes wishes = {};

	if (is_trial)
		wishes.pending = strdup("{\"ports\":[],\"routes\":[],\"failing\":[]}\n");
	if (tree_read(t) < 0 || wishes_add_passthrough(&wishes, "serial=data1", 0, BIND_WISH_ADDRESS) < 0)
		abort();
	t->host.is_live = true; /* so that commands run: the fakes */
	return provision_plan(&t->host, &t->uses, &wishes, NULL, plan, &refusals);
}

struct transaction *debian_apply(struct tree *t, bool is_trial, struct journal *journal)
{
	_cleanup_(plan_done) struct plan plan = {};

	if (debian_plan(t, is_trial, &plan) < 0 || plan.is_trial != is_trial || journal_read(t->fd, journal) < 0 ||
	    transaction_apply(debian_site(t), journal, "apply", &plan) != OUTCOME_DONE)
		return NULL;
	return &journal->list[journal->n - 1];
}

const struct site *debian_site(struct tree *t)
{
	static struct site s;

	s = (struct site){ .root_fd = t->fd, .is_live = true };
	return &s;
}

char *debian_dump(struct tree *t)
{
	if (fs_exists(t->fd, "calls"))
		tree_remove(t, "calls");
	if (fs_exists(t->fd, "var"))
		tree_remove(t, "var");
	put_boot(t);
	return tree_dump(t);
}
