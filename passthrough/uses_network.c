/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network ports that the host is reached through: addresses, routes, and whatever is stacked on them. */

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "passthrough/uses_network.h"

#define ARROW " → "

struct climb {
	const struct host *host;
	struct uses *uses;
	const struct netif *port; /* that it all stands on */
	bool *passed;      /* by interface: uppers may form a ring */
};

/* Is it a port of something that could be given away? */
static bool is_hardware(const struct host *host, const struct netif *n)
{
	return n->ccw || devices_find(&host->devices, n->function);
}

/* A use of what is below the port: a PCI function, or on s390x a CCW device. */
static int add(const struct host *host, struct uses *uses, const struct netif *n, enum use_kind kind, const char *what, const char *via, bool is_vital)
{
	const struct device *d = devices_find(&host->devices, n->function);

	if (d)
		return uses_add(uses, d, kind, what, via, is_vital);
	return n->ccw ? uses_add_named(uses, n->ccw, kind, what, via, is_vital) : 0;
}

static size_t place(const struct climb *c, const struct netif *n)
{
	return (size_t)(n - c->host->netifs.list);
}

static int tell(const struct climb *c, const char *format, const char *value, const char *via)
{
	_cleanup_free_ char *what = text_format("%s%s", format, value);

	return what ? add(c->host, c->uses, c->port, USE_NETWORK, what, via, false) : -ENOMEM;
}

static int tell_each(const struct climb *c, const char *format, char *const *values, const char *via)
{
	int r = 0;

	for (; values && *values && r >= 0; values++)
		r = tell(c, format, *values, via);
	return r;
}

/* The one port that must not go while we run: the answer would not arrive. */
static int tell_session(const struct climb *c, const struct netif *n, const char *via)
{
	const char *session = c->host->session;
	_cleanup_free_ char *what = NULL;

	if (!session || netifs_find_local(&c->host->netifs, session) != n)
		return 0;
	what = text_format("the ssh session that runs slipway (to %s)", session);
	return what ? add(c->host, c->uses, c->port, USE_SESSION, what, via, false) : -ENOMEM;
}

/* From the port upwards: its own addresses and routes, then those of the bridge, bond or VLAN above it. */
static int climb(struct climb *c, const struct netif *n, const char *chain)
{
	int r;

	c->passed[place(c, n)] = true;
	r = tell_session(c, n, chain);
	if (r >= 0)
		r = tell_each(c, "address ", n->addresses, chain);
	if (r >= 0)
		r = tell_each(c, "route ", n->routes, chain);
	if (r >= 0)
		r = tell_each(c, "session of ", n->sessions, chain);
	if (r >= 0)
		r = tell_each(c, "port of ", n->beyond, chain);
	for (char **upper = n->uppers; upper && *upper && r >= 0; upper++) {
		const struct netif *above = netifs_find(&c->host->netifs, *upper);
		_cleanup_free_ char *longer = text_format("%s" ARROW "%s", chain, *upper);

		if (!longer)
			return -ENOMEM;
		/* A port below a bridge or bond carries traffic even if nothing up there has an address. */
		r = tell(c, "port of ", *upper, chain);
		if (r >= 0 && above && !c->passed[place(c, above)])
			r = climb(c, above, longer);
	}
	return r;
}

static int find_ports(const struct host *host, struct uses *uses)
{
	_cleanup_free_ bool *passed = calloc(host->netifs.n + 1, sizeof(*passed));
	int r = passed ? 0 : -ENOMEM;

	for (size_t i = 0; i < host->netifs.n && r >= 0; i++) {
		const struct netif *n = &host->netifs.list[i];
		struct climb c = { host, uses, n, passed };

		if (!is_hardware(host, n))
			continue;
		memset(passed, 0, host->netifs.n * sizeof(*passed));
		r = climb(&c, n, n->name);
	}
	return r;
}

static int find_absent(const struct host *host, struct uses *uses)
{
	int r = 0;

	for (char **address = host->netifs.absent; address && *address && r >= 0; address++) {
		const struct device *d = devices_find(&host->devices, *address);

		if (d && !device_is_on_vfio(d))
			r = uses_add(uses, d, USE_NETWORK, "its port is in another network namespace", "", false);
	}
	return r;
}

static int tell_lost(const struct host *host, struct uses *uses, const char *what, bool is_vital)
{
	int r = 0;

	for (size_t i = 0; i < host->netifs.n && r >= 0; i++)
		r = add(host, uses, &host->netifs.list[i], USE_UNKNOWN, what, host->netifs.list[i].name, is_vital);
	return r;
}

int uses_find_network(const struct host *host, struct uses *uses)
{
	int r;

	r = find_ports(host, uses);
	if (r >= 0)
		r = find_absent(host, uses);
	if (r >= 0 && !host->netifs.is_complete)
		r = tell_lost(host, uses, "not all addresses and routes could be read, and one may be here", false);
	return r;
}

/* From an interface down to the ports below it. */
struct way {
	const struct host *host;
	struct uses *uses;
	const char *what;
	bool is_vital;
	bool found;
	bool *passed;
};

static int descend(struct way *w, const struct netif *n, const char *chain)
{
	const struct netifs *netifs = &w->host->netifs;
	_cleanup_free_ char *longer = text_format("%s" ARROW "%s", n->name, chain);
	int r = longer ? 0 : -ENOMEM;

	if (w->passed[n - netifs->list])
		return r;
	w->passed[n - netifs->list] = true;
	if (is_hardware(w->host, n) && r >= 0) {
		w->found = true;
		r = add(w->host, w->uses, n, USE_REMOTE, w->what, longer, w->is_vital);
	}
	for (size_t i = 0; i < netifs->n && r >= 0; i++)
		if (strv_contains(netifs->list[i].uppers, n->name))
			r = descend(w, &netifs->list[i], longer);
	return r;
}

static bool is_loopback(const char *address)
{
	return str_starts(address, "127.") || str_eq(address, "::1") || str_starts(address, "[::1]");
}

static int tell_ways(struct way *w, char *const *addresses, bool are_ours, const char *chain)
{
	const struct netifs *netifs = &w->host->netifs;
	int r = 0;

	for (; addresses && *addresses && r >= 0; addresses++) {
		const struct netif *own = netifs_find_local(netifs, *addresses);
		const struct netif *n = are_ours ? own : netifs_find_route(netifs, *addresses);
		_cleanup_free_ char *longer = text_format("%s%s%s", *addresses, *chain ? ARROW : "", chain);

		/* Served by this very host: no port is needed. */
		if (is_loopback(*addresses) || (!are_ours && own))
			w->found = true;
		else if (n)
			r = longer ? descend(w, n, longer) : -ENOMEM;
	}
	return r;
}

int uses_tell_remote(const struct host *host, struct uses *uses, char *const *peers, char *const *locals, const char *what,
		     const char *chain, bool is_vital)
{
	_cleanup_free_ bool *passed = calloc(host->netifs.n + 1, sizeof(*passed));
	struct way w = { .host = host, .uses = uses, .what = what, .is_vital = is_vital, .passed = passed };
	_cleanup_free_ char *lost = NULL;
	int r;

	if (!passed)
		return -ENOMEM;
	r = tell_ways(&w, locals, true, chain);
	if (r >= 0)
		r = tell_ways(&w, peers, false, chain);
	if (r < 0 || w.found)
		return r;
	lost = text_format("the port that %s is reached through could not be traced, and may be this one", what);
	return lost ? tell_lost(host, uses, lost, is_vital) : -ENOMEM;
}
