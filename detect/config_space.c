/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space: read as far as the capabilities lie, since each four bytes cost the hardware a cycle of its bus. */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "detect/config_space.h"

#define BLOCK CONFIG_CAPABILITY_SIZE
#define HEADERS_MAX ((CONFIG_SIZE - CONFIG_PCI_SIZE) / 8) /* a chain that is longer runs in a ring */

static size_t read_at(int fd, unsigned char *to, size_t size, size_t offset)
{
	ssize_t n;

	do
		n = pread(fd, to, size, (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n < 0 ? 0 : (size_t)n;
}

/* The blocks that hold a capability, as far as they are not there yet. */
static bool read_blocks(int fd, unsigned char *config, uint64_t *have, size_t at)
{
	size_t first = at / BLOCK, last = (at + CONFIG_CAPABILITY_SIZE - 1) / BLOCK;

	for (size_t i = first; i <= last && i < CONFIG_SIZE / BLOCK; i++) {
		if (*have & 1ull << i)
			continue;
		if (read_at(fd, config + i * BLOCK, BLOCK, i * BLOCK) != BLOCK)
			return false;
		*have |= 1ull << i;
	}
	return true;
}

/* The first block is there. */
static bool read_chain(int fd, unsigned char *config)
{
	uint64_t have = 1ull << CONFIG_PCI_SIZE / BLOCK;
	size_t at = CONFIG_PCI_SIZE;

	for (unsigned i = 0; i < HEADERS_MAX && at >= CONFIG_PCI_SIZE; i++) {
		if (!read_blocks(fd, config, &have, at))
			return false;
		/* Little-endian: id, version and the offset of the next, whose two lowest bits are reserved. */
		at = (size_t)(config[at + 2] >> 4 | config[at + 3] << 4) & ~3u;
	}
	return true;
}

size_t config_read(int device_fd, unsigned char ret[CONFIG_SIZE])
{
	_cleanup_close_ int fd = fs_open(device_fd, O_RDONLY | O_NONBLOCK, "config");
	/* With the first block of what is behind: every chain begins there. */
	size_t n = fd < 0 ? 0 : read_at(fd, ret, CONFIG_PCI_SIZE + BLOCK, 0);

	if (n < CONFIG_PCI_SIZE + BLOCK && n > CONFIG_PCI_SIZE)
		n = CONFIG_PCI_SIZE;
	memset(ret + n, 0, CONFIG_SIZE - n);
	if (n < CONFIG_PCI_SIZE + BLOCK)
		return n;
	return read_chain(fd, ret) ? CONFIG_SIZE : CONFIG_PCI_SIZE;
}
