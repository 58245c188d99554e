/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Port sources: which files of the host say what a network port is to be, and which system reads them. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/port_source.h"

void port_sources_done(struct port_sources *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->list[i].file);
		free(s->list[i].id);
		free(s->list[i].evidence);
	}
	free(s->list);
	*s = (struct port_sources){};
}

const char *port_manager_name(enum port_manager manager)
{
	static const char *const names[] = { [MANAGER_NETPLAN] = "netplan",       [MANAGER_NETWORKMANAGER] = "NetworkManager",
					     [MANAGER_NETWORKD] = "systemd-networkd", [MANAGER_IFUPDOWN] = "ifupdown",
					     [MANAGER_IFCFG] = "network-scripts", [MANAGER_WICKED] = "wicked" };

	return names[manager];
}

int port_sources_add(struct port_sources *s, enum port_manager manager, const char *file, unsigned line, const char *id, char *evidence)
{
	struct port_source *grown = realloc(s->list, (s->n + 1) * sizeof(*grown));
	struct port_source source = { .manager = manager, .line = line, .evidence = evidence };

	if (grown)
		s->list = grown;
	source.file = file ? strdup(file) : NULL;
	source.id = id ? strdup(id) : NULL;
	if (!grown || !evidence || (file && !source.file) || (id && !source.id)) {
		free(source.file);
		free(source.id);
		free(evidence);
		return -ENOMEM;
	}
	grown[s->n++] = source;
	return 0;
}

bool unit_is_enabled(int root_fd, const char *unit)
{
	static const char *const folders[] = { "etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system" };
	struct stat st;

	/* Masked: a link to /dev/null. */
	_cleanup_free_ char *mask = NULL;

	if (fs_read_link(root_fd, &mask, "etc/systemd/system/%s", unit) >= 0 && str_eq(mask, "/dev/null"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_(strv_freep) char **names = NULL;

		if (dir_list(root_fd, &names, "%s", folders[i]) < 0)
			continue;
		for (char **name = names; name && *name; name++) {
			_cleanup_free_ char *target = NULL;

			/* The link itself counts: below a root it may lead to a unit that was not captured. */
			if (str_ends(*name, ".wants") && (fs_read_link(root_fd, &target, "%s/%s/%s", folders[i], *name, unit) >= 0 ||
							   fs_stat(root_fd, &st, "%s/%s/%s", folders[i], *name, unit) >= 0))
				return true;
		}
	}
	return false;
}

bool port_source_is_own(const char *path)
{
	const char *base = str_base(path);

	return str_starts(base, "slipway-") || str_starts(base, "00-slipway-") || str_starts(base, "zz-slipway");
}

static void traits_done(struct port_traits *t)
{
	free(t->mac);
	free(t->driver);
}

static void traits_read(int root_fd, const char *name, bool is_port, struct port_traits *ret)
{
	*ret = (struct port_traits){ .name = name, .is_port = is_port };
	fs_read_line(root_fd, &ret->mac, "sys/class/net/%s/address", name);
	str_lower(ret->mac);
	fs_read_link_base(root_fd, &ret->driver, "sys/class/net/%s/device/driver", name);
}

int port_sources_find(int root_fd, const char *name, bool is_port, struct port_sources *ret)
{
	static int (*const readers[])(int root_fd, const struct port_traits *port, struct port_sources *s) = {
		netplan_sources_add, networkd_sources_add, ifupdown_sources_add, ifcfg_sources_add,
		/* The last: what nobody else has is its own by default. */
		networkmanager_sources_add,
	};
	_cleanup_(port_sources_done) struct port_sources found = {};
	_cleanup_(traits_done) struct port_traits port = {};
	int r = 0;

	traits_read(root_fd, name, is_port, &port);
	for (size_t i = 0; i < ARRAY_SIZE(readers) && r >= 0; i++)
		r = readers[i](root_fd, &port, &found);
	if (r < 0)
		return r == -ENOMEM ? log_oom() : r;
	*ret = TAKE(found);
	return 0;
}
