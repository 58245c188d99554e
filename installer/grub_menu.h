/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What GRUB's ways of keeping kernel arguments have in common: its quoting, its menu, and the command that writes it anew. */
#pragma once

#include "detect/host.h"
#include "installer/kernel_arguments.h"
#include "installer/plan.h"

/*
 * The wish as it must stand in GRUB's configuration. grub-mkconfig copies the words into grub.cfg as they are, GRUB's own
 * parser takes quotes off, and the kernel gets each argument with a blank in it in quotes again, and with a backslash in
 * front of every quote and backslash in it (grub-core/lib/cmdline.c): so these cannot be passed on, and are refused with
 * -EINVAL, after it was said. -ENOMEM.
 */
int grub_wish(const struct argument_wish *wish, struct argument_wish *ret);
/* May GRUB be what starts this host, as far as anything tells? */
bool grub_may_start(const struct host *host);
/*
 * Plans that the menu is written anew if `changed`, or if it lags behind: the drop-in was put back, or the command never
 * ran. In an image it always does: the command waits for the first boot.
 */
int grub_plan_menu(const struct host *host, bool changed, char *const *arguments, struct plan *plan);
/* 1 if the entry of grub.cfg that boots next carries all of these, else 0 after it was said which one is missing. */
int grub_has_arguments(int root_fd, char *const *arguments);
