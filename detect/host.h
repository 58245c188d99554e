/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host: all that is known about the machine, read once, then const. */
#pragma once

#include <stdbool.h>

#include "detect/ap.h"
#include "detect/block.h"
#include "detect/ccw.h"
#include "detect/claim.h"
#include "detect/cpu.h"
#include "detect/device.h"
#include "detect/environment.h"
#include "detect/firmware.h"
#include "detect/identity.h"
#include "detect/initramfs.h"
#include "detect/iommu.h"
#include "detect/kernel.h"
#include "detect/libvirt_files.h"
#include "detect/loader.h"
#include "detect/loader_entries.h"
#include "detect/mediated.h"
#include "detect/mount.h"
#include "detect/netif.h"
#include "detect/opener.h"
#include "detect/peripheral.h"
#include "detect/qeth.h"
#include "detect/reserved.h"
#include "detect/session.h"
#include "detect/sighting.h"
#include "detect/software.h"
#include "detect/vf_keep.h"

struct host {
	int root_fd;       /* borrowed */
	bool is_live;      /* the root is "/": this very machine, now */
	bool is_root;      /* we are root, so what could not be read is not there */
	bool cpu_known;
	struct cpu cpu;
	struct environment environment;
	char **zpci_standby; /* function ids of s390x that are there and switched off */
	struct firmware firmware;
	struct kernel kernel;
	struct initramfs initramfs;
	struct loaders loaders;
	struct loader_entries entries; /* read where they decide what boots next */
	struct devices devices;
	struct ccws ccws;  /* of s390x, like the next */
	struct ap ap;
	struct qeths qeths;
	struct mediated mediated;
	struct identities identities; /* what is bound at boot: /etc/slipway/devices.conf */
	struct sightings sightings;   /* and where each of them is now */
	struct vf_keeps vf_keeps;     /* which devices get virtual functions at each boot: /etc/slipway/vfs */
	struct iommu iommu;
	struct reserved reserved;     /* by the firmware's DMAR or IVRS */
	struct blocks blocks;
	struct mounts mounts;
	struct claims claims;
	struct netifs netifs;
	char *session;     /* the address of ours that the ssh session above us came in at; NULL: none, or not live */
	struct openers openers; /* read where a device is on a vfio driver, and by host_read_openers() */
	struct peripherals peripherals;
	struct software software;
	struct libvirt_files libvirt;
};

/* A negative errno, after it has been said what could not be read. */
int host_read(int root_fd, bool is_live, struct host *ret);
/* Looks into every process, once: for the verbs that take a device, and for those that show one. 0 or a negative errno, after it was said. */
int host_read_openers(struct host *host);
void host_done(struct host *host);
