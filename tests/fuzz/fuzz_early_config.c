/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space as the early binder walks it; libpci must find the same serial number. */

#include <errno.h>
#include <sys/mman.h>

#include "detect/capabilities.h"
#include "early/config.h"
#include "tests/fuzz/fuzz.h"

#define CONFIG_SIZE 4096

static int space_open(const uint8_t *data, size_t size)
{
	int fd = memfd_create("config", MFD_CLOEXEC);

	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	return fd;
}

/*
 * Where libpci looks for capabilities and the kernel does not: a CardBus bridge's list where other devices have it (no
 * such bridge is PCIe), and on from an extended capability that points below 0x100.
 */
static bool libpci_strays(const unsigned char whole[CONFIG_SIZE])
{
	unsigned at = 0x100;

	if ((whole[0x0e] & 0x7f) == 2)
		return true;
	for (unsigned steps = 0; at >= 0x100 && steps < CONFIG_SIZE / 4; steps++)
		at = (whole[at + 2] >> 4 | whole[at + 3] << 4) & 0xffc;
	return at > 0 && at < 0x100;
}

FUZZ(data, size)
{
	_cleanup_close_ int fd = space_open(data, size), whole_fd = -1;
	unsigned char whole[CONFIG_SIZE] = {};
	struct capabilities c;
	uint64_t serial;
	int r;

	r = config_read_serial(fd, &serial);
	CHECK(r == 0 || (r == -ENODATA && size < CONFIG_SIZE));
	memcpy(whole, data, size < CONFIG_SIZE ? size : CONFIG_SIZE);
	whole_fd = space_open(whole, sizeof(whole));
	CHECK(config_read_serial(whole_fd, &serial) == 0);
	capabilities_parse(whole, sizeof(whole), 0, 0, 0, 0, &c);
	CHECK(c.is_complete);
	if (!libpci_strays(whole))
		CHECK(serial == (c.has_serial ? c.serial : 0));
	return 0;
}
