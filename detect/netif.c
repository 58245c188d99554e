/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network interfaces: the function below, what is stacked above, addresses and default routes of both families. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/text.h"
#include "detect/ccw_id.h"
#include "detect/device.h"
#include "detect/netif.h"
#include "detect/netif_tables.h"

#define CLASS_BASE_NETWORK 0x02

static void netif_done(struct netif *n)
{
	free(n->name);
	free(n->function);
	free(n->ccw);
	strv_free(n->uppers);
	strv_free(n->beyond);
	strv_free(n->addresses);
	strv_free(n->routes);
	strv_free(n->sessions);
	*n = (struct netif){};
}

void netifs_done(struct netifs *n)
{
	for (size_t i = 0; i < n->n; i++)
		netif_done(&n->list[i]);
	free(n->list);
	free(n->routes);
	strv_free(n->absent);
	*n = (struct netifs){};
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct netif *)a)->name, ((const struct netif *)b)->name);
}

struct netif *netifs_own(struct netifs *n, const char *name)
{
	struct netif key = { .name = (char *)name };

	return n->n ? bsearch(&key, n->list, n->n, sizeof(*n->list), compare) : NULL;
}

const struct netif *netifs_find(const struct netifs *n, const char *name)
{
	return netifs_own((struct netifs *)n, name);
}

static int netif_read(int root_fd, const char *name, struct netif *n)
{
	_cleanup_(strv_freep) char **entries = NULL;
	_cleanup_free_ char *link = NULL, *master = NULL;
	int r;

	n->name = strdup(name);
	if (!n->name)
		return -ENOMEM;
	/* The link itself ends below the function: .../0000:00:03.0/virtio0/net/eth0. */
	if (fs_read_link(root_fd, &link, "sys/class/net/%s", name) >= 0) {
		n->function = address_in_path(link);
		n->ccw = n->function ? NULL : ccw_id_in_path(link);
	}
	if (dir_list(root_fd, &entries, "sys/class/net/%s", name) < 0)
		return 0;
	for (char **entry = entries; entry && *entry; entry++) {
		if (!str_starts(*entry, "upper_"))
			continue;
		r = strv_add(&n->uppers, *entry + strlen("upper_"));
		if (r < 0)
			return r;
	}
	if (fs_read_link_base(root_fd, &master, "sys/class/net/%s/master", name) < 0)
		return 0;
	return strv_add_new(&n->uppers, master);
}

/* sys/bus/pci/devices/ADDRESS/net is empty, since its port was moved: sysfs shows those of our own namespace. */
static int read_absent(int root_fd, const struct device *d, struct netifs *netifs)
{
	_cleanup_(strv_freep) char **children = NULL, **ports = NULL;
	int r;

	r = dir_list(root_fd, &ports, "sys/bus/pci/devices/%s/net", d->address);
	if (r == -ENOENT && d->driver && str_starts(d->driver, "virtio") &&
	    dir_list(root_fd, &children, "sys/bus/pci/devices/%s", d->address) >= 0)
		for (char **child = children; child && *child && r < 0; child++)
			if (str_starts(*child, "virtio"))
				r = dir_list(root_fd, &ports, "sys/bus/pci/devices/%s/%s/net", d->address, *child);
	return r < 0 || ports ? 0 : strv_add(&netifs->absent, d->address);
}

int netifs_read(int root_fd, bool live, bool is_big_endian, const struct devices *devices, struct netifs *ret)
{
	_cleanup_(netifs_done) struct netifs netifs = { .is_complete = true, .is_big_endian = is_big_endian };
	_cleanup_(strv_freep) char **names = NULL;
	int r;

	r = dir_list(root_fd, &names, "sys/class/net");
	if (r < 0 && r != -ENOENT)
		return log_errno(r, "cannot list the network interfaces in /sys/class/net");
	netifs.list = calloc(strv_length(names) + 1, sizeof(*netifs.list));
	if (!netifs.list)
		return log_oom();
	for (char **name = names; name && *name; name++) {
		r = netif_read(root_fd, *name, &netifs.list[netifs.n++]);
		if (r < 0)
			return log_oom();
	}
	r = netif_tables_read(root_fd, &netifs);
	if (r >= 0)
		r = live ? netif_live_read(&netifs) : netif_fib_read(root_fd, &netifs);
	if (r >= 0 && live && netif_routes_read(&netifs) < 0)
		netifs.is_complete = false;
	if (r >= 0 && live)
		r = netif_beyond_read(root_fd, &netifs);
	for (size_t i = 0; i < devices->n && r >= 0; i++)
		if (devices->list[i].class >> 16 == CLASS_BASE_NETWORK && devices->list[i].driver)
			r = read_absent(root_fd, &devices->list[i], &netifs);
	if (r < 0)
		return log_errno(r, "cannot read the network interfaces' addresses");
	*ret = TAKE(netifs);
	return 0;
}
