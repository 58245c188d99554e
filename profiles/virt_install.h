/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virt-install's command line: the guest of a profile in the words of virt-install(1), for those who work with that.
 *
 * It is made of the same decisions as the domain (decide.c), and written as a person would: an option of virt-install's
 * where it has one, --xml and --qemu-commandline where there is nothing better, and nothing that it does by itself.
 */
#pragma once

#include "profiles/profile.h"

struct virt_option {
	const char *name;  /* static: "--disk" */
	char *value;       /* NULL: a switch */
};

struct virt_install {
	struct virt_option *list; /* in the order in which they are printed */
	size_t n;
	char **unsaid;            /* what is in the domain and cannot be said, a sentence each */
	bool failed;              /* memory ran out */
};

/* As profile_build(), which returns the same errors. `uri`: the libvirt that virt-install is to talk to. */
int profile_virt_install(const struct host *host, const struct guest_wish *wish, const char *uri, struct choices *choices, struct virt_install *ret);
/* The words, for execve(2): a new list. -ENOMEM. */
int virt_install_words(const struct virt_install *v, char ***ret);
/* For a shell: an option a line, every hostile word quoted; a new string, or NULL when memory runs out. */
char *virt_install_format(const struct virt_install *v);
void virt_install_done(struct virt_install *v);
