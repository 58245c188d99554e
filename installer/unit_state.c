/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of systemd: which are there, and whether they are started at boot (systemd.unit(5)). */

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "detect/port_source.h"
#include "installer/unit_state.h"

bool unit_exists(int root_fd, const char *name)
{
	static const char *const folders[] = { "etc/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (fs_exists(root_fd, "%s/%s", folders[i], name))
			return true;
	return false;
}

int any_unit_is_enabled(int root_fd, char *const *expects)
{
	for (; expects && *expects; expects++)
		if (unit_is_enabled(root_fd, *expects))
			return 1;
	return 0;
}

int units_are_enabled(int root_fd, char *const *expects)
{
	for (; expects && *expects; expects++)
		if (!unit_is_enabled(root_fd, *expects))
			return log_error("%s is not enabled", *expects), 0;
	return 1;
}
