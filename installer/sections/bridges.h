/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bridges over ports of the host, written for whichever system manages the port. What makes the port's addresses moves to
 * the bridge as the administrator wrote it, line by line; what is about the link stays with the port.
 */
#pragma once

#include "detect/port_source.h"
#include "installer/sections/section.h"

#define BRIDGE_HEAD "# Written by slipway; 'slipway rollback' takes it away.\n"

/* One bridge with what is below it, as those who write it are given it. */
struct bridge_job {
	int root_fd;
	const struct bridge_wish *bridge;
	const struct bond_wish *bond;  /* NULL: none */
	char **ports;                  /* of the host: the bridge's own or the bond's */
	char *link;                    /* bond or first port, that a VLAN is on */
	char *vlan;                    /* "eno1.10"; NULL: the bridge is over the ports or the bond themselves */
	char **members;                /* what is in the bridge: ports, bond, or VLAN */
	char *mac;                     /* of the bridge; NULL: not known */
	struct port_sources *sources;  /* one for each port, of the manager alone */
	bool *is_touched;              /* set when a file is to change; borrowed */
};

/* All of it but the sources. -EINVAL and -ENOMEM, said; what was found by then is freed by bridge_job_done(). */
int bridge_job_read(const struct host *host, const struct network_wishes *w, const struct bridge_wish *b, struct bridge_job *job);
void bridge_job_done(struct bridge_job *job);

/* What is run where, each command closed by an empty word; "-" before a program: its failure is no matter. */
struct bridge_steps {
	char **leave, **leave_back;    /* before the files are written; after they are back */
	char **enter, **enter_back;    /* after the files are written; before they go back */
};

/* A system that manages ports, and the files that it wants for a bridge. */
struct bridge_backend {
	enum port_manager manager;
	/* Adds the changes of files. 0, or a negative errno after it was said (-EINVAL: this configuration cannot be carried over). */
	int (*plan)(const struct bridge_job *job, struct plan *plan);
	int (*steps)(const struct bridge_job *job, struct bridge_steps *steps); /* -ENOMEM */
};

extern const struct bridge_backend bridge_netplan, bridge_networkmanager, bridge_networkd, bridge_ifupdown, bridge_ifcfg, bridge_wicked;

void bridges_read(struct settings *s, yaml_node_t *value, void *context);
void bonds_read(struct settings *s, yaml_node_t *value, void *context);
bool bridges_are_wished(const struct wishes *wishes);
bool bonds_are_wished(const struct wishes *wishes);
int bridges_plan(const struct host *host, const struct wishes *wishes, struct plan *plan, struct refusals *refusals);
/* A section of the proposal, over the port with the default route. -ENOMEM. */
int bridges_propose(const struct host *host, struct text *t);

/*
 * DHCP servers know a host by its client identifier (RFC 4361): systemd-networkd's is made of the interface's name, and the
 * bridge has another one. What the port's lease has, "ff", four bytes of IAID, and the host's DUID, makes the bridge its heir: a
 * section for networkd, as a new string in *ret; NULL: there is no such lease. Where own_file is there, what it says stays. -ENOMEM.
 */
int bridge_dhcp_identity(const struct bridge_job *job, const char *own_file, char **ret);
/*
 * The text of a file (new string, NULL: there is none) as this plan leaves it, and a change of it, which becomes one with that of
 * an earlier port or bridge: several have their say in one file. As plan_want_file(), but 0.
 */
int bridge_read_file(const struct bridge_job *job, const struct plan *plan, const char *path, char **ret);
int bridge_want_file(const struct bridge_job *job, struct plan *plan, const char *path, const char *content, mode_t mode, const char *summary);
/* Adds a command, words up to NULL, and its end. -ENOMEM. */
int bridge_step(char ***steps, ...) __attribute__((sentinel));
/* Adds that the bridge goes, with the VLAN and the bond below it: for systems that remove nothing by themselves. -ENOMEM. */
int bridge_step_delete_links(const struct bridge_job *job, char ***steps);
/* The text is slipway's own file: it begins with BRIDGE_HEAD. */
bool bridge_text_is_own(const char *text);
