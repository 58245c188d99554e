/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network ports that the host is reached through: addresses, routes, and whatever is stacked on them. */

#include <errno.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/uses_network.h"

#define DEPTH_MAX 8

static int tell(struct uses *uses, const struct device *d, const char *format, const char *value, const char *via)
{
	_cleanup_free_ char *what = text_format("%s%s", format, value);

	return what ? uses_add(uses, d, USE_NETWORK, what, via, false) : -ENOMEM;
}

/* From the port upwards: its own addresses and routes, then those of the bridge, bond or VLAN above it. */
static int climb(const struct host *host, const struct netif *n, const struct device *d, const char *chain, unsigned depth,
		 struct uses *uses)
{
	int r = 0;

	for (char **a = n->addresses; a && *a && r >= 0; a++)
		r = tell(uses, d, "address ", *a, chain);
	for (char **route = n->routes; route && *route && r >= 0; route++)
		r = tell(uses, d, "route ", *route, chain);
	for (char **upper = n->uppers; upper && *upper && r >= 0; upper++) {
		const struct netif *above = netifs_find(&host->netifs, *upper);
		_cleanup_free_ char *longer = text_format("%s → %s", chain, *upper);

		if (!longer)
			return -ENOMEM;
		/* A port below a bridge or bond carries traffic even if nothing up there has an address. */
		r = tell(uses, d, "port of ", *upper, chain);
		if (r >= 0 && above && depth < DEPTH_MAX)
			r = climb(host, above, d, longer, depth + 1, uses);
	}
	return r;
}

int uses_find_network(const struct host *host, struct uses *uses)
{
	int r;

	for (size_t i = 0; i < host->netifs.n; i++) {
		const struct netif *n = &host->netifs.list[i];
		const struct device *d = devices_find(&host->devices, n->function);

		if (!d)
			continue;
		r = climb(host, n, d, n->name, 0, uses);
		if (r < 0)
			return r;
	}
	return 0;
}
