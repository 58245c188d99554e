/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mediated devices: parts of a device that its driver makes for guests (Documentation/driver-api/vfio-mediated-device.rst): virtual
 * GPUs, and on s390x crypto queues (vfio-ap) and DASDs (vfio-ccw). Those that are to come back are defined in mdevctl's files.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/ap.h"
#include "detect/ccw.h"
#include "detect/module.h"

struct json_object;

struct mediated_type {
	char *id;            /* i915-GVTg_V5_4, vfio_ap-passthrough, vfio_ccw-io */
	char *name, *description, *api; /* as the driver says, or NULL */
	int available;       /* how many more can be made; -1: not known */
};

struct mediated_device {
	char *uuid;
	char *type;          /* NULL: not known */
	int iommu_group;     /* -1: none, or not active */
	bool is_active;      /* it is there now */
	bool is_defined;     /* etc/mdevctl.d */
	bool starts_itself;  /* mdevctl makes it when its parent appears */
	char **queues;       /* of vfio-ap, the crypto queues that are assigned, now or by its definition: 05.0004 */
	char **guest_queues; /* those of them that a guest really gets */
	bool has_guest_queues; /* the kernel says (since Linux 6.0) */
};

struct mediated_parent {
	char *name;          /* a PCI address, "matrix" (vfio-ap), a subchannel such as 0.0.0003 (vfio-ccw) */
	char *function;      /* the PCI function it is or belongs to, or NULL */
	bool is_present;     /* its driver offers types now; else it is known from mdevctl's files alone */
	struct mediated_type *types;   /* sorted by id */
	size_t n_types;
	struct mediated_device *devices; /* sorted by UUID */
	size_t n_devices;
};

struct mediated {
	struct mediated_parent *list; /* sorted by name */
	size_t n;
	char *mdevctl;       /* path of the program, or NULL */
	unsigned ap_queues;  /* crypto queues of s390x (APQNs), whoever has them */
	unsigned dasds;      /* subchannels with a disk, or on vfio_ccw */
	enum module_state vfio_ap, vfio_ccw; /* looked for where there are such devices */
};

/*
 * sys/class/mdev_bus, sys/bus/mdev, etc/mdevctl.d, sys/bus/ap, sys/bus/css. What is not there is empty; a file of mdevctl's that is no
 * JSON is a definition of unknown type. -ENOMEM.
 */
int mediated_read(int root_fd, const char *release, const struct ccws *ccws, const struct ap *ap, struct mediated *ret);
void mediated_done(struct mediated *m);
/* The one with this UUID, and its parent (ret_parent may be NULL); or NULL. */
const struct mediated_device *mediated_find_device(const struct mediated *m, const char *uuid, const struct mediated_parent **ret_parent);
/* The cards and the domains that a definition of mdevctl's assigns; none where it is not one of crypto queues. */
void mediated_assigned(struct json_object *definition, struct ap_mask *ret_cards, struct ap_mask *ret_domains);
/* The parent that belongs to the PCI function, or NULL. */
const struct mediated_parent *mediated_find(const struct mediated *m, const char *function);
