/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zipl's boot map: what a mainframe really boots, kernel arguments and all. */
#pragma once

/*
 * 1 if a boot map holds all of these arguments, else 0 after it was said which one is missing, or that there is no map. It
 * lies in /boot, or where zipl.conf says (target=), and has the command lines of all its entries as text (zipl/src/bootmap.c,
 * "Add kernel parmline").
 */
int zipl_has_arguments(int root_fd, char *const *arguments);
