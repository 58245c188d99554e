/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network ports of s390x on OSA cards and HiperSockets: groups of three CCW devices on the driver qeth (drivers/s390/net/qeth_core_sys.c,
 * qeth_l2_sys.c). What of guests they carry is set at the card, which knows every address that may receive there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/netif.h"
#include "detect/truth.h"

struct qeth {
	char *id;            /* 0.0.f500: the first of its devices */
	char *card_type;     /* OSD_10GIG, HiperSockets ...; NULL: not known */
	char *netif;         /* encf500; NULL: offline */
	char *bridge;        /* the bridge of the host that it is a port of, or "ovs-system"; NULL: none */
	char *bridge_role;   /* none, primary, secondary, or why it has none; NULL: this kernel or this card has no such thing, like the next two */
	char *bridge_state;  /* inactive, standby, active */
	char *isolation;     /* none, drop, forward */
	enum truth layer2;
	enum truth is_online;
	enum truth learning, flooding; /* VNIC characteristics: the card learns guests' addresses, and hands on what is nobody's */
};

struct qeths {
	struct qeth *list;   /* sorted by id */
	size_t n;
};

/* sys/bus/ccwgroup. A host without has none. -ENOMEM. */
int qeths_read(int root_fd, const struct netifs *netifs, struct qeths *ret);
void qeths_done(struct qeths *q);
/* Does the card take in what is sent to addresses that are not the host's own? */
bool qeth_serves_bridge(const struct qeth *q);
