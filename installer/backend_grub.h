/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB on Debian and Ubuntu: kernel arguments through a drop-in in /etc/default/grub.d, and update-grub. */
#pragma once

/* 1 if the entry of grub.cfg that boots next carries all of these, else 0 after it was said which one is missing. */
int grub_has_arguments(int root_fd, char *const *arguments);
