/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot loader entries of a host, in the order of the menu, and the one that boots next. */
#pragma once

#include <stddef.h>

#include "detect/loader_entry.h"

struct grub;

struct loader_entries {
	struct loader_entry *list;
	size_t n;
	int next;      /* index of the one that boots next, or -1 */
	char *next_cmdline; /* its options, GRUB's variables put in; NULL: not known */
	bool is_once;  /* it was chosen for one boot: the boot after that may be another one */
	char *why;     /* what chose it: "LoaderEntryOneShot", "boot/loader/loader.conf", ...; NULL: not known */
	char *reason;  /* why it is not known, or NULL */
};

/* Of these folders, and the unified images beside them. -ENOMEM; what cannot be read becomes the reason. */
int loader_entries_read(int root_fd, char *const *folders, struct loader_entries *ret);
void loader_entries_done(struct loader_entries *e);
/* Which of them systemd-boot starts next: its EFI variables, loader.conf, or the first (systemd-boot(7), loader.conf(5)). */
int loader_entries_choose(int root_fd, struct loader_entries *e);
/* The same, with the loader.conf of this partition, which is mounted nowhere. */
int loader_entries_choose_on(int root_fd, int esp_fd, struct loader_entries *e);
/* Which of them GRUB's blscfg starts next; `cfg` and `env` are the texts of grub.cfg and its environment block, or NULL. */
int loader_entries_choose_grub(const struct grub *grub, const char *cfg, const char *env, struct loader_entries *e);
