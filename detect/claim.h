/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Claims: what the kernel's and the host's own files say about a disk, besides mounts and slaves. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/block.h"
#include "detect/boot.h"
#include "detect/cmdline.h"
#include "detect/mount.h"

enum claim_kind { CLAIM_MOUNT, CLAIM_HOLDER, CLAIM_BOOT, CLAIM_DUMP, CLAIM_RESUME, CLAIM_CONFIGURED };

struct claim {
	enum claim_kind kind;
	char *block;     /* name of the block device, or NULL where only the function is known */
	char *function;  /* its address, or NULL */
	char *what;      /* "resume= on the kernel command line" */
	bool is_vital;
};

struct claims {
	struct claim *list;
	size_t n;
};

/*
 * Reads sys/fs (file systems that the kernel has mounted, although no mount table shows them), sys/fs/bcache,
 * sys/kernel/config (nvmet, LIO), proc/spl (ZFS pools), sys/power/resume, sys/firmware/edd, EFI's BootCurrent, and
 * etc/{fstab,crypttab,kdump.conf}. 0 or -ENOMEM: what is not there claims nothing.
 */
int claims_read(int root_fd, const struct cmdline *running, const struct boot *boot, const struct blocks *blocks,
		const struct mounts *mounts, struct claims *ret);
void claims_done(struct claims *c);
/* The words of a file of the host's, "UUID=... /srv ext4": for claim_file.c. */
int claims_add(struct claims *c, enum claim_kind kind, const struct block *block, bool is_vital, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* The last one is of this function, and of no block device. */
int claims_name_function(struct claims *c, const char *address);
/* Is it a mount point that the host cannot live without: /, /boot and what is below it, /efi. */
bool mount_point_is_vital(const char *target);

/* claim_file.c: what the host's configuration names for this boot or the next. 0 or -ENOMEM. */
int claims_read_files(int root_fd, const struct cmdline *running, const struct blocks *blocks, const struct mounts *mounts, struct claims *c);
/* claim_share.c: what the hypervisor below shares with this host as a file system. */
int claims_read_shares(int root_fd, const struct mounts *mounts, struct claims *c);
/* claim_boot.c: what this boot came from. */
int claims_read_boot(int root_fd, const struct boot *boot, const struct blocks *blocks, struct claims *c);
