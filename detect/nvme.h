/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NVMe controllers and their namespaces, as the nvme driver shows them. */
#pragma once

#include <stdint.h>

struct device;

struct nvme_namespace {
	char *name;               /* nvme0n1, also where multipath keeps the path's own disk (nvme0c0n1) hidden */
	unsigned number;          /* of the namespace within the controller; 0: not known */
	uint64_t size;            /* bytes */
	unsigned block_size;      /* of the LBA format in use, bytes; 0: not known */
	unsigned metadata_size;   /* bytes beside each block; 0: none, or not known (before Linux 6.8) */
};

/*
 * Fills serial, model, firmware and namespaces from sys/bus/pci/devices/ADDRESS/nvme/nvmeN, which is there only while
 * the nvme driver has the controller: 1; 0 where it is not there; -ENOMEM.
 */
int nvme_read(int root_fd, struct device *d);
void nvme_namespaces_done(struct device *d);
