/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base address registers: the windows through which a driver or a guest reaches a function. */

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/bars.h"

/* IORESOURCE_* of include/linux/ioport.h: what the third number of a line is made of. */
#define FLAG_IO 0x00000100ull
#define FLAG_PREFETCH 0x00002000ull
#define FLAG_64BIT 0x00100000ull
#define FLAG_UNSET 0x20000000ull
#define ROM_LINE 6
#define NO_WINDOW "0x0000000000000000 0x0000000000000000"

static bool bar_parse(const char *line, struct bar *ret)
{
	unsigned long long start, end, flags;
	char *at, *last;

	start = strtoull(line, &at, 16);
	end = strtoull(at, &at, 16);
	flags = strtoull(at, &last, 16);
	if (last == at || end <= start)
		return false;
	*ret = (struct bar){
		.start = start,
		.size = end - start + 1,
		.is_io = flags & FLAG_IO,
		.is_prefetchable = flags & FLAG_PREFETCH,
		.is_64bit = flags & FLAG_64BIT,
		.is_unassigned = flags & FLAG_UNSET,
	};
	return true;
}

void bars_parse(char *text, struct bar bars[6], struct bar *rom)
{
	char *save = NULL, *line;
	size_t i = 0;

	for (line = strtok_r(text, "\n", &save); line && i <= ROM_LINE; line = strtok_r(NULL, "\n", &save), i++)
		/* Most lines tell of no window, and three long numbers take long. */
		if (!str_starts(line, NO_WINDOW))
			bar_parse(line, i < ROM_LINE ? &bars[i] : rom);
}

void bars_read(int fd, struct device *d)
{
	char buffer[4097], *text; /* sysfs shows one page at most */

	if (fs_read_into(fd, "resource", buffer, sizeof(buffer), &text) < 0)
		return;
	bars_parse(text, d->bars, &d->rom);
	d->bars_known = *text;
}
