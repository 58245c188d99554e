/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Port sources of ifcfg- files: Red Hat's network-scripts, which NetworkManager reads, too, and SUSE's wicked (ifcfg(5)). */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/port_source.h"

#define RED_HAT "etc/sysconfig/network-scripts"
#define SUSE "etc/sysconfig/network"

/* DEVICE= of the file, without quotes; NULL: none. */
static char *find_device(const char *text)
{
	char device[64] = "";

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "DEVICE=%*[\"']%63[^\"'\n]", device) == 1 || sscanf(line, "DEVICE=%63[^\"'# \t\n]", device) == 1)
			return strdup(device);
	}
	return NULL;
}

static int add_red_hat(int root_fd, const struct port_traits *port, struct port_sources *s)
{
	_cleanup_(strv_freep) char **names = NULL;
	int r = 0;

	if (dir_list(root_fd, &names, RED_HAT) < 0)
		return 0;
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *text = NULL, *device = NULL, *path = NULL;
		const char *suffix = *name + strlen("ifcfg-");

		if (!str_starts(*name, "ifcfg-") || strchr(suffix, '.') || strchr(suffix, '~') || fs_read(root_fd, &text, NULL, RED_HAT "/%s", *name) < 0)
			continue;
		device = find_device(text);
		if (!str_eq(device ? device : suffix, port->name))
			continue;
		path = text_format(RED_HAT "/%s", *name);
		r = path ? port_sources_add(s, MANAGER_IFCFG, path, 0, NULL, text_format("DEVICE=%s", port->name)) : -ENOMEM;
	}
	return r;
}

int ifcfg_sources_add(int root_fd, const struct port_traits *port, struct port_sources *s)
{
	if (unit_is_enabled(root_fd, "wicked.service") && fs_exists(root_fd, SUSE "/ifcfg-%s", port->name)) {
		_cleanup_free_ char *path = text_format(SUSE "/ifcfg-%s", port->name);

		return path ? port_sources_add(s, MANAGER_WICKED, path, 0, NULL, strdup("wicked.service is enabled")) : -ENOMEM;
	}
	return add_red_hat(root_fd, port, s);
}
