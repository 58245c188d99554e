/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Confirmation: what a network must have when it was changed. One line each:
 *
 *   member eno1 br0            the port is in the bridge
 *   family br0 ipv4            it has an address of this family, and is up
 *   address br0 192.0.2.7/24   it has this one
 *   gateway br0 192.0.2.1      this neighbour answers there
 *   within 60                  so many seconds are waited for it all, by whoever asks
 */
#pragma once

/* The first that does not hold, as a sentence (new string in *ret), or NULL. A gateway is asked, which takes up to a second. 0 or a negative errno. */
int network_confirm(int root_fd, char *const *expects, char **ret);
