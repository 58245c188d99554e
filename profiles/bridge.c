/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bridge that a guest's network port is put on where the user leaves it to the host. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "profiles/bridge.h"

/* Is it a way out of the host: a port of a card, or something stacked on one? Taps and veths of guests and containers are not. */
static bool leads_out(const struct host *host, const struct netif *n)
{
	_cleanup_(strv_freep) char **entries = NULL;

	if (n->function)
		return true;
	if (dir_list(host->root_fd, &entries, "sys/class/net/%s", n->name) < 0)
		return false;
	for (char **entry = entries; entry && *entry; entry++)
		if (str_starts(*entry, "lower_"))
			return true;
	return false;
}

/* All bridges with a port that leads out, and one such port. */
static int find_bridges(const struct host *host, char ***ret, const struct netif **ret_port)
{
	_cleanup_(strv_freep) char **found = NULL;

	for (size_t i = 0; i < host->netifs.n; i++) {
		const struct netif *port = &host->netifs.list[i];

		if (!leads_out(host, port))
			continue;
		for (char **upper = port->uppers; upper && *upper; upper++) {
			if (!fs_exists(host->root_fd, "sys/class/net/%s/bridge", *upper))
				continue;
			if (strv_add_new(&found, *upper) < 0)
				return log_oom();
			*ret_port = port;
		}
	}
	*ret = TAKE(found);
	return 0;
}

int bridge_choose(const struct host *host, struct choices *choices, char **ret)
{
	_cleanup_free_ char *names = NULL, *path = NULL, *name = NULL;
	_cleanup_(strv_freep) char **found = NULL;
	const struct netif *port = NULL;
	int r;

	r = find_bridges(host, &found, &port);
	if (r < 0)
		return r;
	if (!found || found[1]) {
		names = strv_join(found, ", ");
		log_error("this host has %s%s%s, so the guest's cannot be chosen: name it with --bridge NAME, or use --macvtap PORT, --network "
			  "NAME or --network none", found ? "several bridges with a port of its own (" : "no bridge with a port of its own",
			  found && names ? names : "", found ? ")" : "");
		return -EOPNOTSUPP;
	}
	name = strdup(found[0]);
	path = text_format("/sys/class/net/%s/brif", found[0]);
	if (!name || !path)
		return log_oom();
	choices_add(choices, "bridge", name, path, port->name, "the only one with a port of the host");
	*ret = TAKE(name);
	return 0;
}
