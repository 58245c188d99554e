/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pretended host for the binder: a tree of kernel files in a temporary folder, and the kernel that answers what is written there. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct binder_host {
	char folder[64];
	int root_fd;
};

struct binder_device {
	const char *address;      /* 0000:05:00.0 */
	const char *bridges;      /* pci0000:00/0000:00:06.0 */
	unsigned vendor, product, subsystem_vendor, subsystem_product, class;
	const char *slot;         /* NULL: none */
	unsigned function_id;     /* of s390x; 0: it is none of these */
	uint64_t pcie_serial;     /* 0: none */
	bool is_short;            /* only 256 bytes of its configuration space can be read */
	const char *driver;       /* the host's, bound; NULL: none */
	const char *serial, *model; /* shown by the nvme driver; NULL: not yet */
	const char *state;        /* of the controller; NULL: an old kernel, which has no such file */
};

/* What the pretended kernel does, and what was asked of it, one "PATH VALUE\n" each (a newline is shown as "\n"). */
extern bool kernel_refuses_vfio;
extern char kernel_log[8192];

/* A host with slipway.bind=1, vfio-pci loaded, and nothing mounted. */
void binder_host_open(struct binder_host *h);
void binder_host_close(struct binder_host *h); /* for _cleanup_ */
void binder_host_add(struct binder_host *h, const struct binder_device *d);
void binder_host_write(struct binder_host *h, const char *path, const char *text);
void binder_host_link(struct binder_host *h, const char *path, const char *target);
/* A disk of the device, or with a partition of it: sys/class/block and sys/block, number major:minor. */
void binder_host_add_block(struct binder_host *h, const struct binder_device *d, const char *name, const char *number);
/* The file's text, static; "" where there is none. */
const char *binder_host_read(struct binder_host *h, const char *path);
/* The name of the driver that has the device, static; "" for none. */
const char *binder_host_driver(struct binder_host *h, const char *address);
