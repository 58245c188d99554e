/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of the interfaces: from the kernel itself, or in a captured host from its routing trie. */

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/text.h"
#include "detect/netif_tables.h"
#include "detect/route.h"

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
		return netif_add_address6(n, &address6->sin6_addr, prefix);
	}
	if (a->ifa_addr->sa_family != AF_INET)
		return 0;
	address = (const void *)a->ifa_addr;
	mask = (const void *)a->ifa_netmask;
	inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text));
	snprintf(full, sizeof(full), "%s/%d", text, mask ? __builtin_popcount(mask->sin_addr.s_addr) : 32);
	return strv_add_new(&n->addresses, full);
}

int netif_live_read(struct netifs *netifs)
{
	struct ifaddrs *list;
	int r = 0;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (struct ifaddrs *a = list; a && r >= 0; a = a->ifa_next) {
		struct netif *n = netifs_own(netifs, a->ifa_name);

		if (n && a->ifa_addr)
			r = live_address(a, n);
	}
	freeifaddrs(list);
	return r;
}

/* proc/net/fib_trie: "|-- 192.0.2.7", and in the line below "/32 host LOCAL". It is on the link that its network is on. */
int netif_fib_read(int root_fd, struct netifs *netifs)
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

		if (sscanf(line, " |-- %15s", leaf) == 1 || !strstr(line, "/32 host LOCAL") || ip_parse(leaf, bytes, &is_ipv6) < 0)
			continue;
		route = route_find(netifs, bytes, false);
		if (!route || !route->is_direct)
			continue;
		snprintf(full, sizeof(full), "%s/%u", leaf, route->prefix);
		r = strv_add_new(&netifs_own(netifs, route->netif->name)->addresses, full);
	}
	return r;
}
