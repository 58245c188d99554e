/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration space: where a device keeps its PCIe Device Serial Number. */

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "early/config.h"

#define CONFIG_SIZE 4096
#define STATUS 0x06
#define STATUS_CAPABILITIES 0x10
#define HEADER_TYPE 0x0e
#define CAPABILITIES 0x34
#define CAPABILITIES_CARDBUS 0x14
#define CAPABILITY_PCIE 0x10
#define EXTENDED 0x100
#define EXTENDED_SERIAL 0x0003

/* Registers one by one: a read of all 4096 bytes takes longer than the rest of the binder. */
static uint32_t get(int fd, unsigned offset, unsigned size)
{
	unsigned char bytes[4];
	uint32_t value = 0;

	if (pread(fd, bytes, size, (off_t)offset) != (ssize_t)size)
		return UINT32_MAX >> (32 - 8 * size);
	for (unsigned i = size; i > 0; i--)
		value = value << 8 | bytes[i - 1];
	return value;
}

static bool is_pcie(int fd)
{
	bool is_cardbus = (get(fd, HEADER_TYPE, 1) & 0x7f) == 2;
	unsigned at;

	if (!(get(fd, STATUS, 2) & STATUS_CAPABILITIES))
		return false;
	at = get(fd, is_cardbus ? CAPABILITIES_CARDBUS : CAPABILITIES, 1) & ~3u;
	/* A list that bites its own tail must not hold up the boot: there is room for 48 capabilities. */
	for (unsigned steps = 0; at && steps < 64; steps++) {
		unsigned id = get(fd, at, 1);

		if (id == CAPABILITY_PCIE)
			return true;
		if (id == 0xff)
			return false;
		at = get(fd, at + 1, 1) & ~3u;
	}
	return false;
}

static uint64_t find_serial(int fd)
{
	unsigned at = EXTENDED;

	for (unsigned steps = 0; at >= EXTENDED && steps < (CONFIG_SIZE - EXTENDED) / 4; steps++) {
		uint32_t header = get(fd, at, 4);
		uint64_t serial;

		if (header == 0 || header == UINT32_MAX)
			return 0;
		if ((header & 0xffff) == EXTENDED_SERIAL) {
			serial = (uint64_t)get(fd, at + 8, 4) << 32 | get(fd, at + 4, 4);
			/* Vendors that did not programme it leave all zeros or all ones: no identity. */
			return serial == UINT64_MAX ? 0 : serial;
		}
		at = header >> 20 & 0xffc;
	}
	return 0;
}

int config_read_serial(int fd, uint64_t *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_size < 256)
		return -ENODATA;
	*ret = 0;
	/* A conventional PCI function has no extended space at all. */
	if (!is_pcie(fd))
		return 0;
	if (st.st_size < CONFIG_SIZE)
		return -ENODATA;
	*ret = find_serial(fd);
	return 0;
}
