/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces: the function below, what is stacked above, addresses and default routes of both families. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct netif {
	char *name;
	char *function;    /* address of the PCI function below, or NULL */
	char **uppers;     /* interfaces stacked on it: bridge, bond, VLAN, macvlan, ovs-system */
	char **addresses;  /* "192.0.2.7/24", "2001:db8::7/64"; IPv6 link-local ones are left out: every port that is up has one */
	char **routes;     /* "default via 192.0.2.1", and the networks that are reached through it */
};

struct netifs {
	struct netif *list; /* sorted by name */
	size_t n;
};

/* sys/class/net, proc/net/{route,ipv6_route,if_inet6}; with `live` the addresses come from the kernel, too (getifaddrs). */
int netifs_read(int root_fd, bool live, struct netifs *ret);

enum netif_table { NETIF_ROUTE, NETIF_ROUTE6, NETIF_ADDRESS6 };
/* Adds what the text of a table, which it overwrites, says of the interfaces that are there. -ENOMEM. */
int netifs_parse(enum netif_table table, char *text, struct netifs *netifs);
void netifs_done(struct netifs *n);
const struct netif *netifs_find(const struct netifs *n, const char *name);
