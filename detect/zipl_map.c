/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zipl's boot map: what a mainframe really boots. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "detect/zipl_map.h"

#define WINDOW (1u << 20)
/* Longer than any command line (COMMAND_LINE_SIZE in arch/s390/include/uapi/asm/setup.h): none is missed between two windows. */
#define OVERLAP 8192u
/* The smallest block that a disk has. */
#define BLOCK 512u

/* With the kernel and its initramfs in it (zipl --add-files) a map is large, and little of it wanted. */
int zipl_map_walk(int root_fd, const char *folder, zipl_map_visit *visit, void *context)
{
	_cleanup_close_ int fd = fs_open(root_fd, O_RDONLY | O_NONBLOCK, "%s/bootmap", folder);
	_cleanup_free_ char *window = malloc(WINDOW);
	uint64_t offset = 0;
	size_t kept = 0;
	ssize_t n;

	if (fd < 0 || !window)
		return fd < 0 ? fd : -ENOMEM;
	while ((n = read(fd, window + kept, WINDOW - kept)) > 0) {
		size_t size = kept + (size_t)n;

		if (visit(window, size, offset, context))
			return 0;
		kept = size < OVERLAP ? size : OVERLAP;
		memmove(window, window + size - kept, kept);
		offset += size - kept;
	}
	return n < 0 ? -errno : 0;
}

struct wanted {
	const char *cmdline;
	bool found;
};

/* NUL and all. */
static bool find_line(const char *window, size_t size, uint64_t offset, void *context)
{
	struct wanted *w = context;
	size_t n = strlen(w->cmdline) + 1;

	for (const char *at = window, *end = window + size; (at = memmem(at, (size_t)(end - at), w->cmdline, n)); at++)
		if ((offset + (size_t)(at - window)) % BLOCK == 0 || (at > window && !at[-1]))
			return w->found = true;
	return false;
}

int zipl_map_has(int root_fd, const char *folder, const char *cmdline)
{
	struct wanted w = { cmdline, false };
	int r = zipl_map_walk(root_fd, folder, find_line, &w);

	return r < 0 ? r : w.found;
}
