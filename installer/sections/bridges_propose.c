/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bridges: what 'slipway init' proposes of them, one over the port that the default route goes by. */

#include <stdio.h>

#include "common/fs.h"
#include "common/text.h"
#include "installer/proposal.h"
#include "installer/sections/bridges.h"
#include "installer/sections/section.h"

#define NAMES_MOST 100

/* Of IPv4 before IPv6; NULL: none. */
static const struct netif *find_default(const struct host *host)
{
	const struct netif *found = NULL;

	for (size_t i = 0; i < host->netifs.n_routes; i++) {
		const struct route *r = &host->netifs.routes[i];

		if (r->prefix || r->is_direct || !r->netif)
			continue;
		if (!r->is_ipv6)
			return r->netif;
		if (!found)
			found = r->netif;
	}
	return found;
}

/* Why there is no bridge to be made over it; NULL: one can be. As bridges_safety.c refuses it. */
static const char *find_obstacle(const struct host *host, const struct netif *n)
{
	if (fs_exists(host->root_fd, "sys/class/net/%s/bridge", n->name))
		return "which is a bridge already: guests can be on it";
	if (fs_exists(host->root_fd, "sys/class/net/%s/wireless", n->name) || fs_exists(host->root_fd, "sys/class/net/%s/phy80211", n->name))
		return "which is wireless, and cannot be bridged: guests get out by libvirt's default network";
	if (!n->function && !fs_exists(host->root_fd, "sys/class/net/%s/device", n->name))
		return "which is no port of this machine: a bridge goes over what is below it";
	if (n->uppers || !network_name_is_plain(n->name))
		return "which others are stacked on, or whose name no network configuration can hold";
	return NULL;
}

/* br0, or the next name that nothing has. */
static void find_name(const struct host *host, char *name, size_t size)
{
	for (unsigned i = 0; i < NAMES_MOST; i++) {
		snprintf(name, size, "br%u", i);
		if (!netifs_find(&host->netifs, name))
			return;
	}
}

int bridges_propose(const struct host *host, struct text *t)
{
	const struct netif *n = find_default(host);
	const char *obstacle = n ? find_obstacle(host, n) : NULL;
	char name[16];

	if (!n)
		return 0;
	text_append(t, "\n");
	proposal_say(t, "The default route goes by %s%s%s.", n->name, obstacle ? ", " : "", obstacle ? obstacle : "");
	if (obstacle)
		return 0;
	find_name(host, name, sizeof(name));
	proposal_say(t, "A bridge over it, which gets its addresses, and on which guests are in the host's own network. If the gateway cannot be reached");
	proposal_say(t, "afterwards, all is as before again.");
	proposal_offer(t, "bridges:");
	proposal_offer(t, "  - name: %s", name);
	proposal_offer(t, "    ports: [\"%s\"]", n->name);
	proposal_offer(t, "    addresses: keep");
	return 0;
}
