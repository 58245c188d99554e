/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot framebuffer: the picture that the firmware handed over, in the memory of some display. */

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/framebuffer.h"

#define DEPTH_MAX 32

/* The kernel's own name for it, and those of the drivers that may have taken it over. */
static bool is_framebuffer(const char *name)
{
	static const char *const names[] = { "BOOTFB", "efifb", "vesafb", "simplefb" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

static bool device_covers(const struct device *d, uint64_t start)
{
	for (size_t i = 0; i < ARRAY_SIZE(d->bars); i++)
		if (!d->bars[i].is_io && start >= d->bars[i].start && start - d->bars[i].start < d->bars[i].size)
			return true;
	return false;
}

static struct device *find_covering(struct devices *devices, uint64_t start)
{
	/* Zero is what a user is shown. */
	for (size_t i = 0; start && i < devices->n; i++)
		if (!devices->list[i].is_bridge && device_covers(&devices->list[i], start))
			return &devices->list[i];
	return NULL;
}

static void set_all(struct devices *devices, enum truth truth)
{
	for (size_t i = 0; i < devices->n; i++)
		devices->list[i].boot_framebuffer = truth;
}

void framebuffer_parse(char *text, struct devices *devices)
{
	struct device *around[DEPTH_MAX] = {}, *found = NULL;
	bool seen = false;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line && !found; line = strtok_r(NULL, "\n", &save)) {
		size_t depth = strspn(line, " ") / 2;
		unsigned long long start, end;
		int n = 0;

		if (depth >= DEPTH_MAX || sscanf(line, " %llx-%llx : %n", &start, &end, &n) != 2 || !n)
			continue;
		around[depth] = devices_find(devices, line + n);
		if (!around[depth] && depth)
			around[depth] = around[depth - 1];
		if (!is_framebuffer(line + n))
			continue;
		seen = true;
		found = around[depth] && !around[depth]->is_bridge ? around[depth] : find_covering(devices, start);
	}
	set_all(devices, seen && !found ? TRUTH_UNKNOWN : TRUTH_NO);
	if (found)
		found->boot_framebuffer = TRUTH_YES;
}

void framebuffer_fill(int root_fd, struct devices *devices)
{
	_cleanup_free_ char *text = NULL;

	if (fs_read(root_fd, &text, NULL, "proc/iomem") >= 0)
		framebuffer_parse(text, devices);
	else
		set_all(devices, TRUTH_UNKNOWN);
}
