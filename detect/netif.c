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

static void netif_done(struct netif *n)
{
	free(n->name);
	free(n->function);
	strv_free(n->uppers);
	strv_free(n->addresses);
	strv_free(n->routes);
	*n = (struct netif){};
}

void netifs_done(struct netifs *n)
{
	for (size_t i = 0; i < n->n; i++)
		netif_done(&n->list[i]);
	free(n->list);
	*n = (struct netifs){};
}

static struct netif *find(struct netifs *n, const char *name)
{
	for (size_t i = 0; i < n->n; i++)
		if (str_eq(n->list[i].name, name))
			return &n->list[i];
	return NULL;
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
	_cleanup_free_ char *link = NULL;
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
	return 0;
}

/* proc/net/route: "eth0 00000000 010200C0 0003 ...": destination, gateway and mask as the kernel's big-endian words in host order. */
static int parse_route4(char *line, struct netifs *netifs)
{
	char name[64], destination_text[INET_ADDRSTRLEN], gateway_text[INET_ADDRSTRLEN], text[128];
	unsigned destination, gateway, flags, mask, prefix;
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
	return add_unique(&n->routes, text);
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
	struct in6_addr address;
	unsigned prefix, flags;
	struct netif *n;

	if (sscanf(line, "%32s %x %*s %*x %32s %*x %*x %*x %x %63s", destination, &prefix, hop, &flags, name) != 5)
		return 0;
	n = find(netifs, name);
	/* RTF_REJECT (0x200): the "unreachable default" on lo is no route. */
	if (!n || prefix || !(flags & 1) || (flags & 0x200) || strspn(destination, "0") != 32 || strlen(hop) != 32 || hex_to_in6(hop, &address) < 0)
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

static const struct {
	const char *path;
	int (*parse)(char *line, struct netifs *netifs);
} tables[] = {
	[NETIF_ROUTE] = { "proc/net/route", parse_route4 },
	[NETIF_ROUTE6] = { "proc/net/ipv6_route", parse_route6 },
	[NETIF_ADDRESS6] = { "proc/net/if_inet6", parse_address6 },
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

		/* A kernel without this family has no such file. */
		if (fs_read(root_fd, &text, NULL, "%s", tables[i].path) >= 0)
			r = netifs_parse((enum netif_table)i, text, netifs);
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

int netifs_read(int root_fd, bool live, struct netifs *ret)
{
	_cleanup_(netifs_done) struct netifs netifs = {};
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	r = dir_list(root_fd, &names, "sys/class/net");
	if (r == -ENOENT)
		return *ret = (struct netifs){}, 0;
	if (r < 0)
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
	if (r >= 0 && live)
		r = live_addresses(&netifs);
	if (r < 0)
		return log_errno(r, "cannot read the network interfaces' addresses");
	*ret = TAKE(netifs);
	return 0;
}
