/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces: the function below, what is stacked above, addresses and default routes of both families. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/device.h"

struct netif {
	char *name;
	char *function;    /* address of the PCI function below, or NULL */
	char *ccw;         /* id of the CCW device below, or of the first of a group of them (qeth); or NULL */
	char **beyond;     /* interfaces of other network namespaces that stand on it, as "eth0 in another network namespace"; live and for root only */
	char **uppers;     /* interfaces stacked on it: bridge, bond, VLAN, macvlan, ovs-system */
	char **addresses;  /* "192.0.2.7/24", "2001:db8::7/64"; IPv6 link-local ones are left out: every port that is up has one */
	char **routes;     /* "default via 192.0.2.1", and some of the networks that are reached through it */
	char **sessions;   /* what is carried without an address and without an upper: "PPPoE" */
};

/* A route of either family, for looking up by which port somebody is reached. */
struct route {
	const struct netif *netif; /* borrowed from the same netifs */
	bool is_ipv6;
	uint8_t network[16];       /* IPv4: the first four */
	unsigned prefix;
	bool is_direct;            /* no gateway: the network is on the link */
};

struct netifs {
	struct netif *list; /* sorted by name */
	size_t n;
	struct route *routes;
	size_t n_routes;
	char **absent;      /* addresses of the functions whose port is in another network namespace */
	bool is_complete;   /* every table could be read */
	bool is_big_endian; /* so is the machine whose tables they are, which need not be this one */
};

/*
 * sys/class/net, proc/net/{route,ipv6_route,if_inet6,pppoe}. With `live` the addresses come from the kernel, too
 * (getifaddrs); else those of IPv4 from proc/net/fib_trie, which names no interface: the route to them does. proc/net/route
 * is written in the byte order of its machine (is_big_endian: s390x).
 */
int netifs_read(int root_fd, bool live, bool is_big_endian, const struct devices *devices, struct netifs *ret);
enum netif_table { NETIF_ROUTE, NETIF_ROUTE6, NETIF_ADDRESS6, NETIF_PPPOE };
/* Adds what the text of a table, which it overwrites, says of the interfaces that are there. -ENOMEM. */
int netifs_parse(enum netif_table table, char *text, struct netifs *netifs);
void netifs_done(struct netifs *n);
const struct netif *netifs_find(const struct netifs *n, const char *name);
/* By an address of ours, "192.0.2.7" or "fe80::1%eno1", or by name; NULL. */
const struct netif *netifs_find_local(const struct netifs *n, const char *address);
/* The interface by which this address is reached: the longest matching route; NULL: none, or no address. */
const struct netif *netifs_find_route(const struct netifs *n, const char *address);
