/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Port sources of NetworkManager: its key files (nm-settings-keyfile(5)). */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/ini.h"
#include "common/text.h"
#include "detect/port_source.h"

#define FOLDER "etc/NetworkManager/system-connections"

static bool is_ethernet(const char *type)
{
	return str_eq(type, "ethernet") || str_eq(type, "802-3-ethernet");
}

/* Why this connection is the port's: a new string, NULL in *ret where it is not. */
static int why(const char *text, const struct port_traits *port, char **ret)
{
	_cleanup_free_ char *type = NULL, *name = NULL, *mac = NULL, *old_mac = NULL;

	*ret = NULL;
	if (ini_find(text, "connection", "type", &type) < 0 || ini_find(text, "connection", "interface-name", &name) < 0 ||
	    ini_find(text, "ethernet", "mac-address", &mac) < 0 || ini_find(text, "802-3-ethernet", "mac-address", &old_mac) < 0)
		return -ENOMEM;
	if (name) {
		if (!str_eq(name, port->name))
			return 0;
		*ret = text_format("interface-name=%s", name);
		return *ret ? 0 : -ENOMEM;
	}
	if (!is_ethernet(type) || !port->is_port)
		return 0;
	str_lower(mac);
	str_lower(old_mac);
	if ((mac && !str_eq(mac, port->mac)) || (old_mac && !str_eq(old_mac, port->mac)))
		return 0;
	*ret = mac || old_mac ? text_format("mac-address=%s", mac ? mac : old_mac) : strdup("type=ethernet, of no port in particular");
	return *ret ? 0 : -ENOMEM;
}

/* A port in a list of unmanaged ones, by name: NetworkManager.conf(5), [keyfile] unmanaged-devices=. */
static bool is_unmanaged(int root_fd, const struct port_traits *port)
{
	static const char *const folders[] = { "etc/NetworkManager/conf.d", "usr/lib/NetworkManager/conf.d" };
	_cleanup_free_ char *wanted = text_format("interface-name:%s", port->name);
	bool found = false;

	for (size_t i = 0; i <= ARRAY_SIZE(folders) && wanted; i++) {
		_cleanup_(strv_freep) char **names = NULL;

		if (i == ARRAY_SIZE(folders))
			strv_add(&names, "NetworkManager.conf");
		else if (dir_list(root_fd, &names, "%s", folders[i]) < 0)
			continue;
		for (char **name = names; name && *name; name++) {
			_cleanup_free_ char *text = NULL, *list = NULL;
			_cleanup_(strv_freep) char **words = NULL;

			if (fs_read(root_fd, &text, NULL, "%s/%s", i < ARRAY_SIZE(folders) ? folders[i] : "etc/NetworkManager", *name) < 0 ||
			    ini_find(text, "keyfile", "unmanaged-devices", &list) < 0 || !list || strv_split(list, ";, ", &words) < 0)
				continue;
			found = found || strv_contains(words, wanted);
		}
	}
	return found;
}

int networkmanager_sources_add(int root_fd, const struct port_traits *port, struct port_sources *s)
{
	_cleanup_(strv_freep) char **names = NULL;
	bool any = false;
	int r = 0;

	if (!unit_is_enabled(root_fd, "NetworkManager.service") || is_unmanaged(root_fd, port))
		return 0;
	if (dir_list(root_fd, &names, FOLDER) < 0)
		names = NULL;
	for (char **name = names; name && *name && r >= 0; name++) {
		_cleanup_free_ char *text = NULL, *evidence = NULL, *uuid = NULL, *path = text_format(FOLDER "/%s", *name);

		/* Without the suffix it is an old file, which is read, too; but not what editors leave. */
		if (!path)
			return -ENOMEM;
		if (port_source_is_own(*name) || str_starts(*name, "netplan-") || str_ends(*name, "~") || fs_read(root_fd, &text, NULL, "%s", path) < 0)
			continue;
		r = why(text, port, &evidence);
		if (r >= 0 && evidence) {
			/* One of no port in particular leaves a port to those that name it. */
			if (str_starts(evidence, "type=") && s->n)
				continue;
			r = ini_find(text, "connection", "uuid", &uuid);
			any = true;
		}
		if (r >= 0 && evidence)
			r = port_sources_add(s, MANAGER_NETWORKMANAGER, path, 0, uuid, TAKE(evidence));
	}
	/* Its "Wired connection 1", by DHCP, is for what nobody else has. */
	if (r >= 0 && !any && !s->n && port->is_port)
		r = port_sources_add(s, MANAGER_NETWORKMANAGER, NULL, 0, NULL, strdup("NetworkManager.service is enabled, and no file names the port"));
	return r;
}
