/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wishes for what guests rest on in libvirt: storage pools and networks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum pool_type { POOL_DIRECTORY, POOL_LVM, POOL_NFS };

struct pool_wish {
	char *name;
	enum pool_type type;
	char *path;          /* of the folder, or where NFS is mounted: absolute, without a slash at its end; NULL of LVM */
	char *group;         /* LVM volume group; or NULL */
	char *host, *export; /* of NFS: "nas1", "/export/images"; or NULL */
	bool autostart;
};

struct libvirt_network_wish {
	char *name;
	char *bridge;        /* of the host; NULL: the network is there already, and its definition is not looked at */
	bool is_active;      /* now and at each boot; or neither */
};

struct object_wishes {
	struct pool_wish *pools; /* both in the order of the spec */
	size_t n_pools;
	struct libvirt_network_wish *networks;
	size_t n_networks;
};

void pool_wish_done(struct pool_wish *p);
void libvirt_network_wish_done(struct libvirt_network_wish *n);
void object_wishes_done(struct object_wishes *w);
