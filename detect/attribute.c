/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes: the small files of a sysfs folder, of which any may be missing. */

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/attribute.h"

int attribute_hex(int fd, const char *name, unsigned *ret)
{
	_cleanup_free_ char *line = NULL;
	uint64_t value;
	int r;

	r = fs_read_line(fd, &line, "%s", name);
	if (r < 0)
		return r;
	r = parse_hex(line, &value);
	if (r < 0)
		return r;
	*ret = (unsigned)value;
	return 0;
}

char *attribute_text(int fd, const char *name)
{
	char *line = NULL;

	if (fs_read_line(fd, &line, "%s", name) < 0)
		return NULL;
	return line;
}

int attribute_int(int fd, const char *name, int otherwise)
{
	_cleanup_free_ char *line = attribute_text(fd, name);
	int value;

	return line && parse_int(line, &value) == 0 ? value : otherwise;
}
