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
	/* libpci looks for a CardBus bridge's list where other devices have it; no such bridge is PCIe. */
	if ((whole[0x0e] & 0x7f) != 2)
		CHECK(serial == (c.has_serial ? c.serial : 0));
	return 0;
}
