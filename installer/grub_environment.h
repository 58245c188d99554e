/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GRUB's environment block as what chooses an entry for one boot: next_entry, which GRUB empties before it starts the entry
 * ("The GRUB environment block" in its manual). Where it cannot write the block, the entry would start again and again.
 */
#pragma once

#include "detect/host.h"
#include "installer/plan.h"

/* 0 where GRUB can write it, and nothing is chosen yet; else -EOPNOTSUPP after it was said why, and what to do. */
int grub_check_environment(const struct host *host);
/* Does this menu (grub.cfg's text) look at next_entry, and empty it? Failures as above. */
int grub_check_menu(const struct host *host, const char *cfg);
/* Plans that the next boot, and only that one, takes the entry of this id. 0, or negative after it was said. */
int grub_plan_choice(const struct host *host, const char *id, struct plan *plan);
/* 1 if the next boot is the entry that `expects` names first, else 0 after it was said; its second is the block's file. */
int grub_is_armed(int root_fd, char *const *expects);
