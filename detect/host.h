/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host: all that is known about the machine, read once, then const. */
#pragma once

#include <stdbool.h>

#include "detect/block.h"
#include "detect/cpu.h"
#include "detect/device.h"
#include "detect/environment.h"
#include "detect/firmware.h"
#include "detect/identity.h"
#include "detect/iommu.h"
#include "detect/kernel.h"
#include "detect/mount.h"
#include "detect/netif.h"
#include "detect/reserved.h"
#include "detect/software.h"
#include "detect/vfio.h"

struct host {
	int root_fd;       /* borrowed */
	bool is_live;      /* the root is "/": this very machine, now */
	bool is_root;      /* we are root, so what could not be read is not there */
	bool cpu_known;
	struct cpu cpu;
	struct environment environment;
	struct firmware firmware;
	struct kernel kernel;
	struct devices devices;
	struct identities identities; /* what is bound at boot: /etc/slipway/devices.conf */
	struct iommu iommu;
	struct reserved reserved;     /* by the firmware's DMAR or IVRS */
	struct blocks blocks;
	struct mounts mounts;
	struct netifs netifs;
	struct vfio_users vfio_users; /* read only where a device is on a vfio driver */
	struct software software;
};

/* A negative errno, after it has been said what could not be read. */
int host_read(int root_fd, bool is_live, struct host *ret);
void host_done(struct host *host);
