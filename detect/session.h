/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session: where the one who runs us comes from. */
#pragma once

/*
 * The address of this host that the ssh session above us came in at, from SSH_CONNECTION ("CLIENT PORT SERVER PORT",
 * ssh(1)) in our own environment or, since sudo drops it, in that of the processes above us. A new string in *ret, NULL: there is
 * none. 0 or -ENOMEM.
 */
int session_read(int root_fd, char **ret);
/* The server's address in the value of SSH_CONNECTION, without ::ffff: before an IPv4 one; NULL where it makes no sense. */
char *session_parse(const char *connection);
