/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wishes for the host's network: bridges over its ports, and bonds below them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* For DHCP, and for spanning tree at the switch (2 * 15 s, IEEE 802.1D). */
#define CONFIRM_SECONDS 60

enum addresses_wish { ADDRESSES_KEEP, ADDRESSES_DHCP, ADDRESSES_NONE, ADDRESSES_STATIC };

struct bridge_wish {
	char *name;
	char **ports;            /* of the host, or one bond */
	enum addresses_wish kind;
	bool says_addresses;     /* the key stands in the spec */
	char **addresses;        /* "192.0.2.7/24", "2001:db8::7/64" */
	char **gateways;         /* at most one of each family */
	char **dns, **search;
	unsigned mtu;            /* 0: as the port has it */
	unsigned vlan;           /* of the port, which the bridge is over; 0: the port itself */
	bool stp;
	unsigned confirm;        /* seconds that it has to reach the gateway */
	char *mac;               /* NULL: that of the first port */
};

struct bond_wish {
	char *name;
	char **ports;
	const char *mode;        /* static: "active-backup", "802.3ad" */
	char *primary;           /* of active-backup; or NULL */
	const char *hash;        /* static, of 802.3ad: "layer2", "layer2+3", "layer3+4"; or NULL */
};

struct network_wishes {
	struct bridge_wish *bridges;
	size_t n_bridges;
	struct bond_wish *bonds;
	size_t n_bonds;
};

void bridge_wish_done(struct bridge_wish *b);
void bond_wish_done(struct bond_wish *b);
void network_wishes_done(struct network_wishes *w);
/* A name that every format of network configuration can hold without quotes: up to 15 of A-Za-z0-9_.- and none of them special at the front. */
bool network_name_is_plain(const char *name);
