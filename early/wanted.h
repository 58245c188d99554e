/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a line of /etc/slipway/devices.conf asks for: an address, and what the device there must be (detect/identity.h has the format). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLASS_NVME 0x010802

/* What a device is told by. An empty string, or a PCIe serial number of 0, stands for none. */
struct traits {
	unsigned vendor, product, subsystem_vendor, subsystem_product, class;
	uint64_t pcie_serial;
	char path[256];
	char slot[64];
	char serial[64], model[128];
};

enum bind_by { BY_NOTHING, BY_ADDRESS, BY_IDS };

struct wanted {
	char address[24]; /* as sysfs writes it: 0000:05:00.0 */
	enum bind_by bind;
	struct traits traits;
};

/* Overwrites the line: 1, 0 for a comment or blank line, -EINVAL where a word is missing or malformed. */
int wanted_parse(char *line, struct wanted *ret);

/* Hexadecimal with or without 0x, nothing before or behind it: 0, -EINVAL or -ERANGE. */
int hex_parse(const char *text, uint64_t *ret);
/* "05:00.0" and "0000:05:00.0" become the latter; -EINVAL. */
int address_normalise(const char *text, char to[24]);
