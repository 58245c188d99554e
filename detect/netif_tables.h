/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What netifs_read() is put together from: the tables below proc/net, and the addresses. 0 or a negative errno each. */
#pragma once

#include <netinet/in.h>

#include "detect/netif.h"

/* So many routes of a port are named, beside its default. */
#define NAMED_MOST 16

/* As netifs_find(), to be filled in. */
struct netif *netifs_own(struct netifs *n, const char *name);
int netif_add_address6(struct netif *n, const struct in6_addr *address, unsigned prefix);
int netif_add_route4(struct netif *n, in_addr_t network, unsigned prefix, in_addr_t gateway);
/* proc/net/{route,ipv6_route,if_inet6,pppoe}; a table that is there and cannot be read makes the answer incomplete. */
int netif_tables_read(int root_fd, struct netifs *netifs);
/* getifaddrs(3) */
int netif_live_read(struct netifs *netifs);
/* What rtnetlink(7) says beyond proc/net/route. */
int netif_routes_read(struct netifs *netifs);
/* What stands on our ports in the network namespaces of other processes; root alone sees those. -EBADF: we are not back in our own. */
int netif_beyond_read(int root_fd, struct netifs *netifs);
/* proc/net/fib_trie has our own IPv4 addresses without their interface: it is the link that the network is on. */
int netif_fib_read(int root_fd, struct netifs *netifs);
