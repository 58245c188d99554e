/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What GRUB will boot next: the command line of the entry that its grub.cfg and environment block choose. */
#pragma once

#include <stdbool.h>

#include "detect/grub_setup.h"

struct grub {
	struct grub_setup setup;
	bool is_present;     /* there is a menu, known or not */
	char *next_cmdline;  /* of the entry that boots next; NULL: not known */
	char *next_kernel;   /* the file that its linux line names: "/boot/vmlinuz-6.1.0-44-amd64" */
	char *entry;         /* its title */
	char *block;         /* its text, from "menuentry" to "}" */
	char *reason;        /* why next_cmdline is not known, or NULL */
	char *choice;        /* what next_entry, saved_entry or the menu says: "0", "gnulinux-advanced-b0a3>...", an id of loader/entries */
	bool is_once;        /* next_entry is armed: the boot after that is another one */
};

/* `boot` may be NULL. -ENOMEM; everything else becomes the reason. */
int grub_read(int root_fd, const struct boot *boot, struct grub *ret);
/* From the texts of grub.cfg and grubenv (NULL: none); the setup stays empty. Failures as above. */
int grub_parse(const char *cfg, const char *env, struct grub *ret);
void grub_done(struct grub *g);
