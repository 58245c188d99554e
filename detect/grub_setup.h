/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How GRUB is set up here: what writes its menu, which file that is, and where settings for it are read from. */
#pragma once

#include <stdbool.h>

struct boot;

struct grub_setup {
	char *mkconfig;    /* the script that writes the menu: "usr/sbin/grub2-mkconfig"; NULL: none */
	bool has_dropins;  /* it reads /etc/default/grub.d too */
	char *cfg;         /* the menu that GRUB reads at boot: "boot/grub2/grub.cfg"; NULL: none, or not known which */
	char *env;         /* the environment block beside it, or NULL */
	bool uses_bls;     /* the menu takes its entries from loader/entries (the command blscfg), or will once there is one */
	char *reason;      /* why the menu is not known although there are some, or NULL */
};

/*
 * `boot` may be NULL. *ret_cfg is the menu's text (NULL where there is none, or it cannot be read: setup.reason). The
 * link to the next grub.cfg that lies on many EFI system partitions is no menu. -ENOMEM is the only failure.
 */
int grub_setup_read(int root_fd, const struct boot *boot, struct grub_setup *ret, char **ret_cfg);
void grub_setup_done(struct grub_setup *s);
