/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bus ids of s390x's channel subsystem, 0.0.1234. */

#include <ctype.h>
#include <string.h>

#include "detect/ccw_id.h"

/* "%x.%x.%04x" (drivers/s390/cio/css.c): up to 255 channel subsystems, four subchannel sets. */
bool ccw_id_is_at(const char *s, size_t n)
{
	size_t css = 0;

	while (css < n && css < 2 && isxdigit((unsigned char)s[css]))
		css++;
	if (!css || n != css + strlen(".0.1234") || s[css] != '.' || s[css + 1] < '0' || s[css + 1] > '3' || s[css + 2] != '.')
		return false;
	for (size_t i = css + 3; i < n; i++)
		if (!isxdigit((unsigned char)s[i]))
			return false;
	return true;
}

char *ccw_id_in_path(const char *path)
{
	const char *found = NULL;
	size_t length = 0;

	for (const char *part = path; part; part = strchr(part, '/')) {
		size_t n;

		part += *part == '/';
		n = strcspn(part, "/");
		if (ccw_id_is_at(part, n)) {
			found = part;
			length = n;
		}
	}
	return found ? strndup(found, length) : NULL;
}
