/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Health: what this host must have again after a trial boot. It is written down when the trial is armed, in the file that
 * also tells the boot that something waits:
 *
 *   /var/lib/slipway/pending   {"ports": ["eno1 ipv4", "eno1 ipv6"], "routes": ["ipv4"], "failing": [], "command": "/usr/local/sbin/well"}
 */
#pragma once

#include "detect/host.h"

#define PENDING_FILE "var/lib/slipway/pending"

struct health {
	char **ports;    /* interface and family of the addresses that ports of this host have: "eno1 ipv4" */
	char **routes;   /* families with a default route: "ipv4" */
	char **failing;  /* ids of the required checks that failed before: the trial is not to blame for them */
	char *command;   /* of the administrator's, absolute path; its exit status 0 means healthy; or NULL */
};

/* What the host has now. -ENOMEM. */
int health_of(const struct host *host, struct health *ret);
void health_done(struct health *h);
char *health_format(const struct health *h); /* NULL when memory runs out */
/* -EINVAL for a text that is none. */
int health_parse(const char *text, size_t size, struct health *ret);
/*
 * What is missing now, a sentence each; none: it is all there. The root file system must be writable, and every port and
 * route be there again. -ENOMEM. The command is not run here.
 */
int health_check(const struct host *host, const struct health *wanted, char ***ret_ills);
