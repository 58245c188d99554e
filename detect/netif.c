/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces: the function below, what is stacked above, addresses and default routes of both families. */

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/device.h"
#include "detect/netif.h"

#define CLASS_BASE_NETWORK 0x02

static void netif_done(struct netif *n)
{
	free(n->name);
	free(n->function);
	strv_free(n->uppers);
	strv_free(n->addresses);
	strv_free(n->routes);
	strv_free(n->sessions);
	*n = (struct netif){};
}

void netifs_done(struct netifs *n)
{
	for (size_t i = 0; i < n->n; i++)
		netif_done(&n->list[i]);
	free(n->list);
	free(n->routes);
	strv_free(n->absent);
	*n = (struct netifs){};
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct netif *)a)->name, ((const struct netif *)b)->name);
}

static struct netif *find(struct netifs *n, const char *name)
{
	struct netif key = { .name = (char *)name };

	return n->n ? bsearch(&key, n->list, n->n, sizeof(*n->list), compare) : NULL;
}

const struct netif *netifs_find(const struct netifs *n, const char *name)
{
	return find((struct netifs *)n, name);
}

static int add_unique(char ***v, const char *s)
{
	return strv_contains(*v, s) ? 0 : strv_add(v, s);
}

static int netif_read(int root_fd, const char *name, struct netif *n)
{
	_cleanup_(strv_freep) char **entries = NULL;
	_cleanup_free_ char *link = NULL, *master = NULL;
	int r;

	n->name = strdup(name);
	if (!n->name)
		return -ENOMEM;
	/* The link itself ends below the function: .../0000:00:03.0/virtio0/net/eth0. */
	if (fs_read_link(root_fd, &link, "sys/class/net/%s", name) >= 0)
		n->function = address_in_path(link);
	if (dir_list(root_fd, &entries, "sys/class/net/%s", name) < 0)
		return 0;
	for (char **entry = entries; entry && *entry; entry++) {
		if (!str_starts(*entry, "upper_"))
			continue;
		r = strv_add(&n->uppers, *entry + strlen("upper_"));
		if (r < 0)
			return r;
	}
	if (fs_read_link_base(root_fd, &master, "sys/class/net/%s/master", name) < 0)
		return 0;
	return add_unique(&n->uppers, master);
}

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

/* proc/net/route: "eth0 00000000 010200C0 0003 ...": destination, gateway and mask as the kernel's big-endian words in host order. */
static int parse_route4(char *line, struct netifs *netifs)
{
	char name[64], destination_text[INET_ADDRSTRLEN], gateway_text[INET_ADDRSTRLEN], text[128];
	unsigned destination, gateway, flags, mask, prefix;
	struct route route = {};
	struct netif *n;

	if (sscanf(line, "%63s %x %x %x %*d %*d %*d %x", name, &destination, &gateway, &flags, &mask) != 5)
		return 0;
	n = find(netifs, name);
	if (!n || !(flags & 1)) /* RTF_UP */
		return 0;
	inet_ntop(AF_INET, &destination, destination_text, sizeof(destination_text));
	inet_ntop(AF_INET, &gateway, gateway_text, sizeof(gateway_text));
	prefix = (unsigned)__builtin_popcount(mask);
	if (!destination && !mask)
		snprintf(text, sizeof(text), "default via %s", gateway ? gateway_text : name);
	else
		snprintf(text, sizeof(text), "%s/%u", destination_text, prefix);
	memcpy(route.network, &destination, 4);
	route.netif = n;
	route.prefix = prefix;
	route.is_direct = !gateway;
	return route_add(netifs, route) < 0 ? -ENOMEM : add_unique(&n->routes, text);
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

/* proc/net/ipv6_route: destination, prefix, source, prefix, next hop, metric, references, use, flags, interface. Only defaults matter. */
static int parse_route6(char *line, struct netifs *netifs)
{
	char destination[33], hop[33], name[64], hop_text[INET6_ADDRSTRLEN], text[128];
	struct route route = { .is_ipv6 = true };
	struct in6_addr address, network;
	unsigned prefix, flags;
	struct netif *n;

	if (sscanf(line, "%32s %x %*s %*x %32s %*x %*x %*x %x %63s", destination, &prefix, hop, &flags, name) != 5)
		return 0;
	n = find(netifs, name);
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
	if (prefix || !IN6_IS_ADDR_UNSPECIFIED(&network))
		return 0;
	inet_ntop(AF_INET6, &address, hop_text, sizeof(hop_text));
	snprintf(text, sizeof(text), "default via %s", IN6_IS_ADDR_UNSPECIFIED(&address) ? name : hop_text);
	return add_unique(&n->routes, text);
}

static int add_address6(struct netif *n, const struct in6_addr *address, unsigned prefix)
{
	char text[INET6_ADDRSTRLEN], full[64];

	if (IN6_IS_ADDR_LINKLOCAL(address))
		return 0;
	inet_ntop(AF_INET6, address, text, sizeof(text));
	snprintf(full, sizeof(full), "%s/%u", text, prefix);
	return add_unique(&n->addresses, full);
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
	n = find(netifs, name);
	return n ? add_address6(n, &address, prefix) : 0;
}

/* proc/net/pppoe: "Id       Address              Device": the port carries the session without an address of its own. */
static int parse_pppoe(char *line, struct netifs *netifs)
{
	char name[64];
	struct netif *n;

	if (sscanf(line, "%*x %*s %63s", name) != 1)
		return 0;
	n = find(netifs, name);
	return n ? add_unique(&n->sessions, "PPPoE") : 0;
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

static int tables_read(int root_fd, struct netifs *netifs)
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

static int live_address(const struct ifaddrs *a, struct netif *n)
{
	char text[INET_ADDRSTRLEN], full[64];
	const struct sockaddr_in *address, *mask;
	const struct sockaddr_in6 *address6, *mask6;
	unsigned prefix = 0;

	if (a->ifa_addr->sa_family == AF_INET6) {
		address6 = (const void *)a->ifa_addr;
		mask6 = (const void *)a->ifa_netmask;
		for (size_t i = 0; mask6 && i < 16; i++)
			prefix += (unsigned)__builtin_popcount(mask6->sin6_addr.s6_addr[i]);
		return add_address6(n, &address6->sin6_addr, prefix);
	}
	if (a->ifa_addr->sa_family != AF_INET)
		return 0;
	address = (const void *)a->ifa_addr;
	mask = (const void *)a->ifa_netmask;
	inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text));
	snprintf(full, sizeof(full), "%s/%d", text, mask ? __builtin_popcount(mask->sin_addr.s_addr) : 32);
	return add_unique(&n->addresses, full);
}

static int live_addresses(struct netifs *netifs)
{
	struct ifaddrs *list;
	int r = 0;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (struct ifaddrs *a = list; a && r >= 0; a = a->ifa_next) {
		struct netif *n = find(netifs, a->ifa_name);

		if (n && a->ifa_addr)
			r = live_address(a, n);
	}
	freeifaddrs(list);
	return r;
}

/* sys/bus/pci/devices/ADDRESS/net is empty, since its port was moved: sysfs shows those of our own namespace. */
static int read_absent(int root_fd, const struct device *d, struct netifs *netifs)
{
	_cleanup_(strv_freep) char **children = NULL, **ports = NULL;
	int r;

	r = dir_list(root_fd, &ports, "sys/bus/pci/devices/%s/net", d->address);
	if (r == -ENOENT && d->driver && str_starts(d->driver, "virtio") &&
	    dir_list(root_fd, &children, "sys/bus/pci/devices/%s", d->address) >= 0)
		for (char **child = children; child && *child && r < 0; child++)
			if (str_starts(*child, "virtio"))
				r = dir_list(root_fd, &ports, "sys/bus/pci/devices/%s/%s/net", d->address, *child);
	return r < 0 || ports ? 0 : strv_add(&netifs->absent, d->address);
}

static bool matches(const struct route *route, const uint8_t address[16], bool is_ipv6)
{
	unsigned whole = route->prefix / 8, rest = route->prefix % 8;

	if (route->is_ipv6 != is_ipv6 || memcmp(route->network, address, whole) != 0)
		return false;
	return !rest || ((route->network[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

static const struct route *find_route(const struct netifs *n, const uint8_t address[16], bool is_ipv6)
{
	const struct route *best = NULL;

	for (size_t i = 0; i < n->n_routes; i++)
		if (matches(&n->routes[i], address, is_ipv6) && (!best || n->routes[i].prefix > best->prefix))
			best = &n->routes[i];
	return best;
}

/* "192.0.2.9:3260", "[2001:db8::9]:3260" and "2001:db8::9" as bytes; -EINVAL. */
static int address_parse_ip(const char *text, uint8_t ret[16], bool *ret_is_ipv6)
{
	char plain[INET6_ADDRSTRLEN];
	size_t n = strcspn(text, "%/");

	if (*text == '[')
		n = strcspn(++text, "]%");
	else if (memchr(text, '.', n) && memchr(text, ':', n))
		n = strcspn(text, ":");
	if (n >= sizeof(plain))
		return -EINVAL;
	memcpy(plain, text, n);
	plain[n] = '\0';
	*ret_is_ipv6 = strchr(plain, ':') != NULL;
	memset(ret, 0, 16);
	return inet_pton(*ret_is_ipv6 ? AF_INET6 : AF_INET, plain, ret) == 1 ? 0 : -EINVAL;
}

const struct netif *netifs_find_route(const struct netifs *n, const char *address)
{
	const struct route *route;
	uint8_t bytes[16];
	bool is_ipv6;

	if (strchr(address, '%') && netifs_find(n, strchr(address, '%') + 1))
		return netifs_find(n, strchr(address, '%') + 1);
	if (address_parse_ip(address, bytes, &is_ipv6) < 0)
		return NULL;
	route = find_route(n, bytes, is_ipv6);
	return route ? route->netif : NULL;
}

const struct netif *netifs_find_local(const struct netifs *n, const char *address)
{
	uint8_t wanted[16], own[16];
	bool is_ipv6, own_is_ipv6;

	if (netifs_find(n, address))
		return netifs_find(n, address);
	if (strchr(address, '%'))
		return netifs_find(n, strchr(address, '%') + 1);
	if (address_parse_ip(address, wanted, &is_ipv6) < 0)
		return NULL;
	for (size_t i = 0; i < n->n; i++)
		for (char **a = n->list[i].addresses; a && *a; a++)
			if (address_parse_ip(*a, own, &own_is_ipv6) == 0 && own_is_ipv6 == is_ipv6 && memcmp(own, wanted, 16) == 0)
				return &n->list[i];
	return NULL;
}

/* proc/net/fib_trie: "|-- 192.0.2.7", and in the line below "/32 host LOCAL". It is on the link that its network is on. */
static int read_local4(int root_fd, struct netifs *netifs)
{
	_cleanup_free_ char *text = NULL;
	char *save = NULL, leaf[INET_ADDRSTRLEN] = "";
	int r = 0;

	if (fs_read(root_fd, &text, NULL, "proc/net/fib_trie") < 0)
		return 0;
	for (char *line = strtok_r(text, "\n", &save); line && r >= 0; line = strtok_r(NULL, "\n", &save)) {
		char full[INET_ADDRSTRLEN + 4];
		const struct route *route;
		uint8_t bytes[16];
		bool is_ipv6;

		if (sscanf(line, " |-- %15s", leaf) == 1 || !strstr(line, "/32 host LOCAL") || address_parse_ip(leaf, bytes, &is_ipv6) < 0)
			continue;
		route = find_route(netifs, bytes, false);
		if (!route || !route->is_direct)
			continue;
		snprintf(full, sizeof(full), "%s/%u", leaf, route->prefix);
		r = add_unique(&find(netifs, route->netif->name)->addresses, full);
	}
	return r;
}

int netifs_read(int root_fd, bool live, const struct devices *devices, struct netifs *ret)
{
	_cleanup_(netifs_done) struct netifs netifs = { .is_complete = true };
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	r = dir_list(root_fd, &names, "sys/class/net");
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot list the network interfaces in /sys/class/net");
	netifs.list = calloc(strv_length(names) + 1, sizeof(*netifs.list));
	if (!netifs.list)
		return log_oom();
	for (char **name = names; name && *name; name++) {
		r = netif_read(root_fd, *name, &netifs.list[netifs.n++]);
		if (r < 0)
			return log_oom();
	}
	r = tables_read(root_fd, &netifs);
	if (r >= 0)
		r = live ? live_addresses(&netifs) : read_local4(root_fd, &netifs);
	for (size_t i = 0; i < devices->n && r >= 0; i++)
		if (devices->list[i].class >> 16 == CLASS_BASE_NETWORK && devices->list[i].driver)
			r = read_absent(root_fd, &devices->list[i], &netifs);
	if (r < 0)
		return log_errno(r, "cannot read the network interfaces' addresses");
	*ret = TAKE(netifs);
	return 0;
}
