/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initramfs: which tool makes this host's images, and which images of installed kernels it writes. */
#pragma once

#include <stddef.h>

enum initramfs_generator {
	INITRAMFS_NONE,       /* no tool and no image: the kernel boots without one */
	INITRAMFS_TOOLS,      /* Debian's initramfs-tools */
	INITRAMFS_DRACUT,
	INITRAMFS_MKINITCPIO,
	INITRAMFS_UNKNOWN,    /* `reason` says why it cannot be told */
};

struct initramfs_image {
	char *path;    /* below the root: "boot/initrd.img-6.1.0-44-amd64" */
	char *release; /* of its kernel, which has a folder in lib/modules */
};

struct initramfs {
	enum initramfs_generator generator;
	char *reason;  /* NULL unless INITRAMFS_UNKNOWN */
	struct initramfs_image *images; /* sorted by path */
	size_t n;
};

/*
 * `releases`: the kernels with a folder in lib/modules. Evidence, where several tools are installed: kernel-install's
 * configured generator; initramfs-tools' notes in /var/lib/initramfs-tools; dracut's kernel hook, or images under its
 * own names; the presets of mkinitcpio whose images are there. -ENOMEM is the only failure.
 */
int initramfs_read(int root_fd, char *const *releases, struct initramfs *ret);
void initramfs_done(struct initramfs *i);
const char *initramfs_generator_name(enum initramfs_generator generator); /* "dracut" */
