/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's tables of routes and addresses below proc/net, line by line. */

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/netif_tables.h"

static int route_add(struct netifs *netifs, struct route route)
{
	if ((netifs->n_routes & (netifs->n_routes - 1)) == 0) {
		size_t n = netifs->n_routes ? 2 * netifs->n_routes : 1;
		struct route *grown = realloc(netifs->routes, n * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		netifs->routes = grown;
	}
	netifs->routes[netifs->n_routes++] = route;
	return 0;
}

/* An address in network order, out of the number that the kernel of such a machine makes of it. */
static uint32_t address_of(uint32_t word, bool is_big_endian)
{
	return is_big_endian ? htobe32(word) : htole32(word);
}

int netif_add_route4(struct netif *n, in_addr_t network, unsigned prefix, in_addr_t gateway)
{
	char network_text[INET_ADDRSTRLEN], gateway_text[INET_ADDRSTRLEN], text[128];

	inet_ntop(AF_INET, &network, network_text, sizeof(network_text));
	inet_ntop(AF_INET, &gateway, gateway_text, sizeof(gateway_text));
	if (!network && !prefix)
		snprintf(text, sizeof(text), "default via %s", gateway ? gateway_text : n->name);
	else
		snprintf(text, sizeof(text), "%s/%u", network_text, prefix);
	/* A router with the table of the whole Internet is told by its default, and a few. */
	return prefix && strv_length(n->routes) >= NAMED_MOST ? 0 : strv_add_new(&n->routes, text);
}

/* proc/net/route: "eth0 00000000 010200C0 0003 ...": destination, gateway and mask as the kernel's big-endian words in host order. */
static int parse_route4(char *line, struct netifs *netifs)
{
	unsigned destination, gateway, flags, mask, prefix;
	char name[64];
	struct route route = {};
	struct netif *n;

	if (sscanf(line, "%63s %x %x %x %*d %*d %*d %x", name, &destination, &gateway, &flags, &mask) != 5)
		return 0;
	n = netifs_own(netifs, name);
	if (!n || !(flags & 1)) /* RTF_UP */
		return 0;
	destination = address_of(destination, netifs->is_big_endian);
	gateway = address_of(gateway, netifs->is_big_endian);
	prefix = (unsigned)__builtin_popcount(mask);
	memcpy(route.network, &destination, 4);
	route.netif = n;
	route.prefix = prefix;
	route.is_direct = !gateway;
	if (route_add(netifs, route) < 0)
		return -ENOMEM;
	return netif_add_route4(n, destination, prefix, gateway);
}

static int hex_to_in6(const char *hex, struct in6_addr *ret)
{
	for (size_t i = 0; i < 16; i++) {
		unsigned byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return -EINVAL;
		ret->s6_addr[i] = (unsigned char)byte;
	}
	return 0;
}

/* proc/net/ipv6_route: destination, prefix, source, prefix, next hop, metric, references, use, flags, interface. */
static int parse_route6(char *line, struct netifs *netifs)
{
	char destination[33], hop[33], name[64], hop_text[INET6_ADDRSTRLEN], network_text[INET6_ADDRSTRLEN], text[128];
	struct route route = { .is_ipv6 = true };
	struct in6_addr address, network;
	unsigned prefix, flags;
	struct netif *n;

	if (sscanf(line, "%32s %x %*s %*x %32s %*x %*x %*x %x %63s", destination, &prefix, hop, &flags, name) != 5)
		return 0;
	n = netifs_own(netifs, name);
	/* RTF_REJECT (0x200): the "unreachable default" on lo is no route. */
	if (!n || prefix > 128 || !(flags & 1) || (flags & 0x200) || strlen(destination) != 32 || strlen(hop) != 32 ||
	    hex_to_in6(hop, &address) < 0 || hex_to_in6(destination, &network) < 0)
		return 0;
	memcpy(route.network, &network, 16);
	route.netif = n;
	route.prefix = prefix;
	route.is_direct = IN6_IS_ADDR_UNSPECIFIED(&address);
	if (route_add(netifs, route) < 0)
		return -ENOMEM;
	/* A direct route comes with an address; a fabric of routers that speak to each other by link-local addresses has others alone. */
	if (prefix && route.is_direct)
		return 0;
	inet_ntop(AF_INET6, &address, hop_text, sizeof(hop_text));
	inet_ntop(AF_INET6, &network, network_text, sizeof(network_text));
	if (prefix)
		snprintf(text, sizeof(text), "%s/%u", network_text, prefix);
	else
		snprintf(text, sizeof(text), "default via %s", route.is_direct ? name : hop_text);
	return prefix && strv_length(n->routes) >= NAMED_MOST ? 0 : strv_add_new(&n->routes, text);
}

int netif_add_address6(struct netif *n, const struct in6_addr *address, unsigned prefix)
{
	char text[INET6_ADDRSTRLEN], full[64];

	if (IN6_IS_ADDR_LINKLOCAL(address))
		return 0;
	inet_ntop(AF_INET6, address, text, sizeof(text));
	snprintf(full, sizeof(full), "%s/%u", text, prefix);
	return strv_add_new(&n->addresses, full);
}

/* proc/net/if_inet6: address, index, prefix length, scope, flags (hex), interface. */
static int parse_address6(char *line, struct netifs *netifs)
{
	char hex[33], name[64];
	struct in6_addr address;
	unsigned prefix;
	struct netif *n;

	if (sscanf(line, "%32s %*x %x %*x %*x %63s", hex, &prefix, name) != 3 || strlen(hex) != 32 || hex_to_in6(hex, &address) < 0)
		return 0;
	n = netifs_own(netifs, name);
	return n ? netif_add_address6(n, &address, prefix) : 0;
}

/* proc/net/pppoe: "Id       Address              Device": the port carries the session without an address of its own. */
static int parse_pppoe(char *line, struct netifs *netifs)
{
	char name[64];
	struct netif *n;

	if (sscanf(line, "%*x %*s %63s", name) != 1)
		return 0;
	n = netifs_own(netifs, name);
	return n ? strv_add_new(&n->sessions, "PPPoE") : 0;
}

static const struct {
	const char *path;
	int (*parse)(char *line, struct netifs *netifs);
} tables[] = {
	[NETIF_ROUTE] = { "proc/net/route", parse_route4 },
	[NETIF_ROUTE6] = { "proc/net/ipv6_route", parse_route6 },
	[NETIF_ADDRESS6] = { "proc/net/if_inet6", parse_address6 },
	[NETIF_PPPOE] = { "proc/net/pppoe", parse_pppoe },
};

int netifs_parse(enum netif_table table, char *text, struct netifs *netifs)
{
	char *save = NULL;
	int r;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		r = tables[table].parse(line, netifs);
		if (r < 0)
			return r;
	}
	return 0;
}

int netif_tables_read(int root_fd, struct netifs *netifs)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tables) && r >= 0; i++) {
		_cleanup_free_ char *text = NULL;
		int read = fs_read(root_fd, &text, NULL, "%s", tables[i].path);

		/* A kernel without this family has no such file; anything else is a table that we have not seen. */
		if (read >= 0)
			r = netifs_parse((enum netif_table)i, text, netifs);
		else if (read != -ENOENT)
			netifs->is_complete = false;
	}
	return r;
}
