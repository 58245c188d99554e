/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses: how PCI functions are called, domain:bus:device.function. */

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "detect/address.h"

/* One to `max` hexadecimal digits, and what must stand behind them; NULL: something else stands there. */
static const char *parse_field(const char *s, unsigned max, char end, unsigned *ret)
{
	unsigned value = 0, n = 0;

	for (; n < max && isxdigit((unsigned char)s[n]); n++)
		value = value << 4 | (unsigned)(s[n] <= '9' ? s[n] - '0' : (s[n] | 0x20) - 'a' + 10);
	if (!n || s[n] != end)
		return NULL;
	*ret = value;
	return s + n + 1;
}

/* By hand: each path and each group's member is looked at, and sscanf() was a tenth of all work. */
int address_parse(const char *text, unsigned *domain, unsigned *bus, unsigned *device, unsigned *function)
{
	unsigned part[4] = {};
	const char *at = parse_field(text, 8, ':', &part[0]), *rest = at ? parse_field(at, 2, ':', &part[1]) : NULL;

	if (!rest) {
		part[0] = 0;
		rest = parse_field(text, 2, ':', &part[1]);
	}
	rest = rest ? parse_field(rest, 2, '.', &part[2]) : NULL;
	if (!rest || !parse_field(rest, 1, '\0', &part[3]) || part[2] > 31 || part[3] > 7)
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
