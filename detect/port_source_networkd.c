/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Port sources of systemd-networkd: .network files that match, .netdev files that make (systemd.network(5), systemd.netdev(5)). */

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/ini.h"
#include "common/text.h"
#include "detect/drop_in.h"
#include "detect/port_source.h"

/* The first of these that has a file of a name counts. What stands in run/ was made from the kernel's arguments, or by netplan. */
static const char *const folders[] = { "etc/systemd/network", "run/systemd/network", "usr/local/lib/systemd/network", "usr/lib/systemd/network", NULL };

static bool any_matches(const char *patterns, const char *value, bool ignores_case)
{
	_cleanup_(strv_freep) char **words = NULL;
	bool is_inverted = *patterns == '!', found = false;

	if (strv_split(patterns + is_inverted, " \t\n\\", &words) < 0)
		return false;
	for (char **w = words; w && *w && value && !found; w++) {
		if (ignores_case)
			str_lower(*w);
		found = fnmatch(*w, value, 0) == 0;
	}
	return found != is_inverted;
}

/* One line of [Match]: what only the running system knows is taken to match, and its text is in the evidence. */
static bool line_matches(const struct ini *it, const struct port_traits *port, const char *value)
{
	if (ini_is_key(it, "Name") || ini_is_key(it, "OriginalName"))
		return any_matches(value, port->name, false);
	if (ini_is_key(it, "MACAddress") || ini_is_key(it, "PermanentMACAddress"))
		return any_matches(value, port->mac, true);
	if (ini_is_key(it, "Driver"))
		return any_matches(value, port->driver, false);
	if (ini_is_key(it, "Type"))
		return any_matches(value, "ether", false);
	if (ini_is_key(it, "Kind"))
		return any_matches(value, NULL, false); /* what a machine has is of no kind */
	if (ini_is_key(it, "WLANInterfaceType") || ini_is_key(it, "SSID") || ini_is_key(it, "BSSID"))
		return false;
	return true;
}

/* 1: every line of [Match] matches, and there is one; the evidence names them. */
static int network_matches(const char *text, const struct port_traits *port, char **ret_evidence)
{
	struct text evidence = {};
	bool matches = true, any = false;

	text_append(&evidence, "[Match]");
	for (struct ini it = { .next = text }; matches && ini_next(&it);) {
		_cleanup_free_ char *value = NULL;

		if (!ini_is_in(&it, "Match") || !it.key)
			continue;
		value = ini_value(&it);
		if (!value)
			break;
		any = true;
		matches = line_matches(&it, port, value);
		text_printf(&evidence, " %.*s=%s", (int)it.key_length, it.key, value);
	}
	*ret_evidence = text_take(&evidence);
	if (!*ret_evidence)
		return -ENOMEM;
	return matches && any && port->is_port;
}

static int look_at(int root_fd, const char *path, const struct port_traits *port, struct port_sources *s)
{
	_cleanup_free_ char *text = NULL, *evidence = NULL, *name = NULL;
	int r;

	if (fs_read(root_fd, &text, NULL, "%s", path) < 0)
		return 0;
	if (str_ends(path, ".netdev")) {
		if (ini_find(text, "NetDev", "Name", &name) < 0)
			return -ENOMEM;
		return str_eq(name, port->name) ? port_sources_add(s, MANAGER_NETWORKD, path, 0, NULL, text_format("[NetDev] Name=%s", name)) : 0;
	}
	r = network_matches(text, port, &evidence);
	return r > 0 ? port_sources_add(s, MANAGER_NETWORKD, path, 0, NULL, TAKE(evidence)) : r;
}

int networkd_sources_add(int root_fd, const struct port_traits *port, struct port_sources *s)
{
	_cleanup_(drop_ins_done) struct drop_ins files = {};
	int r;

	if (!unit_is_enabled(root_fd, "systemd-networkd.service"))
		return 0;
	r = drop_ins_read(root_fd, folders, "", &files);
	for (size_t i = 0; i < files.n && r >= 0; i++) {
		const char *name = files.list[i].name;

		if ((str_ends(name, ".network") || str_ends(name, ".netdev")) && !port_source_is_own(name) && !str_starts(name, "10-netplan-"))
			r = look_at(root_fd, files.list[i].path, port, s);
	}
	return r;
}
