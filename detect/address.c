/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses: how PCI functions are called, domain:bus:device.function. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "detect/address.h"

int address_parse(const char *text, unsigned *domain, unsigned *bus, unsigned *device, unsigned *function)
{
	unsigned part[4] = {};
	int n = 0;

	/* %n proves that nothing stands behind, and the digits are counted because %x takes signs and blanks. */
	if (strspn(text, "0123456789abcdefABCDEF:.") != strlen(text))
		return -EINVAL;
	if (sscanf(text, "%8x:%2x:%2x.%1x%n", &part[0], &part[1], &part[2], &part[3], &n) != 4 || text[n]) {
		part[0] = 0;
		n = 0;
		if (sscanf(text, "%2x:%2x.%1x%n", &part[1], &part[2], &part[3], &n) != 3 || text[n])
			return -EINVAL;
	}
	if (part[2] > 31 || part[3] > 7)
		return -EINVAL;
	*domain = part[0];
	*bus = part[1];
	*device = part[2];
	*function = part[3];
	return 0;
}

bool address_is(const char *s, size_t n)
{
	unsigned a, b, c, d;
	char text[32];

	if (n < 12 || n >= sizeof(text))
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	return address_parse(text, &a, &b, &c, &d) == 0;
}

char *address_in_path(const char *path)
{
	const char *end = path + strlen(path), *start;

	while (end > path) {
		for (start = end; start > path && start[-1] != '/'; start--)
			;
		if (address_is(start, (size_t)(end - start)))
			return strndup(start, (size_t)(end - start));
		end = start > path ? start - 1 : path;
	}
	return NULL;
}
