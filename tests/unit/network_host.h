/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended host with two network ports, eno1 and eno2, and what the spec's bridges make of it. */
#pragma once

#include "installer/plan.h"
#include "passthrough/refusal.h"
#include "tests/unit/tree.h"

#define KEEP "version: 1\nbridges: [{ name: br0, ports: [eno1] }]\n"

void network_host_new(struct tree *t);
/* One more: at 0000:00:ADDRESS.0, with the MAC address 52:54:00:aa:00:LAST. */
void network_put_port(struct tree *t, const char *name, const char *address, const char *last);
/* A file that speaks of a port; @ in its name and in its text stands for the port's name, once each. */
void network_put_source(struct tree *t, const char *name, const char *place, const char *content);
extern bool network_is_live; /* false */
/* Reads spec and host, and plans; as bridges_plan(). */
int network_plan(struct tree *t, const char *spec, struct plan *plan, struct refusals *refusals);
/*
 * Plans and carries out, plans again (nothing may be left), and takes it back: every byte must be as before. What file `path` had
 * meanwhile, and `other` (or NULL); where something went wrong, what did.
 */
char *network_round_trip(struct tree *t, const char *spec, const char *path, const char *other, char **ret_other);
