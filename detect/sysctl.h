/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysctl's configuration: which values it gives to the kernel, line by line, in the order in which they are set (sysctl.d(5)). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct sysctl_line {
	char *path;        /* "net/bridge/bridge-nf-call-iptables"; may be a pattern of glob(7) */
	char *value;       /* NULL: "-pattern", which takes paths out of patterns */
	char *file;        /* "etc/sysctl.d/10-bridge.conf" */
	unsigned number;   /* line in it, from 1 */
	bool at_boot;      /* systemd-sysctl reads it; else only who runs "sysctl -p" or "sysctl --system" does */
};

struct sysctl {
	struct sysctl_line *list;
	size_t n;
};

/*
 * All folders of sysctl.d(5), and /etc/sysctl.conf at the end unless a link in a folder leads to it: systemd-sysctl does not
 * look there. -ENOMEM is the only failure.
 */
int sysctl_read(int root_fd, struct sysctl *ret);
/* Adds the lines of one file. */
int sysctl_parse(const char *text, const char *file, bool at_boot, struct sysctl *s);
void sysctl_done(struct sysctl *s);

/* Does the line set this path? One that names it wins over a pattern, wherever that stands. */
bool sysctl_names(const struct sysctl *s, const struct sysctl_line *line, const char *path);
