/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A block device of this machine that the kernel holds for somebody. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/claimed_node.h"

int claimed_node_make(int root_fd, const char *path)
{
	for (unsigned i = 0; i < 8; i++) {
		char loop[32];
		struct stat st;
		int fd;

		snprintf(loop, sizeof(loop), "/dev/loop%u", i);
		fd = open(loop, O_RDONLY | O_EXCL | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fstat(fd, &st) == 0 && mknodat(root_fd, path, S_IFBLK | 0600, st.st_rdev) == 0)
			return fd;
		close(fd);
	}
	return -1;
}
