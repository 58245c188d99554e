/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A block device of this machine that the kernel holds for somebody: nobody else can open it exclusively. */
#pragma once

/* Makes the node at `path`, of a loop device that nobody else has claimed: its descriptor, to be closed; negative: not here (no root, no loop device). */
int claimed_node_make(int root_fd, const char *path);
