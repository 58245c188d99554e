/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes: the small files of a sysfs folder, of which any may be missing. */

#include <string.h>

#include "common/fs.h"
#include "common/text.h"
#include "detect/attribute.h"

#define NUMBER_SIZE 64    /* what is longer is no number */
#define ATTRIBUTE_SIZE 4097 /* sysfs shows one page at most */

int attribute_hex(int fd, const char *name, unsigned *ret)
{
	char buffer[NUMBER_SIZE], *line;
	uint64_t value;
	int r;

	r = fs_read_into(fd, name, buffer, sizeof(buffer), &line);
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
	char buffer[ATTRIBUTE_SIZE], *line;

	return fs_read_into(fd, name, buffer, sizeof(buffer), &line) < 0 ? NULL : strdup(line);
}

int attribute_int(int fd, const char *name, int otherwise)
{
	char buffer[NUMBER_SIZE], *line;
	int value;

	return fs_read_into(fd, name, buffer, sizeof(buffer), &line) >= 0 && parse_int(line, &value) == 0 ? value : otherwise;
}
