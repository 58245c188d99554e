/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Port sources: which files of the host say what a network port is to be, and which system reads them. More than one system
 * for one port is a fact that is told, not decided.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum port_manager { MANAGER_NETPLAN, MANAGER_NETWORKMANAGER, MANAGER_NETWORKD, MANAGER_IFUPDOWN, MANAGER_IFCFG, MANAGER_WICKED };

struct port_source {
	enum port_manager manager;
	char *file;      /* below the root; NULL: NetworkManager's own default for a port that no file names */
	unsigned line;   /* 0: the file as a whole */
	char *id;        /* what the file calls it: netplan's id, NetworkManager's uuid; else NULL */
	char *evidence;  /* why this file is about the port: "iface eno1 inet dhcp", "[Match] Name=en*" */
};

/* In the order in which the system takes them: of networkd's the first one counts, of the others all. */
struct port_sources {
	struct port_source *list;
	size_t n;
};

/* What is known of the interface, for patterns to match. */
struct port_traits {
	const char *name;
	char *mac;       /* sys/class/net/NAME/address, small letters; NULL: not there */
	char *driver;    /* NULL: none, or not there */
	bool is_port;    /* else it is something that is made, which patterns are not about */
};

/*
 * Everything outside of slipway's own files that claims the interface NAME, be it there or not: netplan's files (etc, lib and
 * run/netplan), NetworkManager's key files, systemd-networkd's, etc/network/interfaces and what it sources, ifcfg- files of
 * Red Hat and SUSE. A file counts where its system is there, or its unit is enabled. What netplan has generated in /run is
 * netplan's. `is_port`: else the name is that of a bridge, which only a file that makes it is about. 0 or a negative errno after
 * it was said.
 */
int port_sources_find(int root_fd, const char *name, bool is_port, struct port_sources *ret);
void port_sources_done(struct port_sources *s);
const char *port_manager_name(enum port_manager manager); /* "netplan" */
/* Is this unit wanted at boot: a link in etc/systemd/system/?.wants, or in the system's own? */
bool unit_is_enabled(int root_fd, const char *unit);
/* A file of slipway's own network configuration, by its name. */
bool port_source_is_own(const char *path);

/* The systems, one each; 0 or -ENOMEM, other negative errnos after they were said. */
int netplan_sources_add(int root_fd, const struct port_traits *port, struct port_sources *s);
int networkmanager_sources_add(int root_fd, const struct port_traits *port, struct port_sources *s);
int networkd_sources_add(int root_fd, const struct port_traits *port, struct port_sources *s);
int ifupdown_sources_add(int root_fd, const struct port_traits *port, struct port_sources *s);
int ifcfg_sources_add(int root_fd, const struct port_traits *port, struct port_sources *s);
/* `evidence` is a new string and taken over, also on failure. -ENOMEM. */
int port_sources_add(struct port_sources *s, enum port_manager manager, const char *file, unsigned line, const char *id, char *evidence);
