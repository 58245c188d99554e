/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virt-install's command line: the guest of a profile in the words of virt-install(1), for those who work with that.
 *
 * It is made of the same decisions as the domain (decide.c), and written as a person would: an option of virt-install's
 * where it has one, --xml and --qemu-commandline where there is nothing better, and nothing that it does by itself.
 */
#pragma once

#include "profiles/profile.h"
#include "profiles/virt_words.h"

/* As profile_build(), which returns the same errors. `uri`: the libvirt that virt-install is to talk to. */
int profile_virt_install(const struct host *host, const struct guest_wish *wish, const char *uri, struct choices *choices, struct virt_install *ret);
