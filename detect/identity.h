/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identity: what a device is remembered by, so that another one at the same address is not mistaken for it.
 *
 * It is written as a record (common/record.h), one line a device, in three places:
 *   /etc/slipway/devices.conf      the devices that are bound to vfio-pci at boot; read by the early binder, too
 *   /etc/slipway/trial.conf        the same for a boot with slipway.trial=1, while one waits
 *   /run/slipway/devices/ADDRESS   what was seen of a device in this boot before the host's driver let go of it
 *
 *     0000:05:00.0 bind=address id=144d:a80a subsystem=144d:a801 class=010802 path=0000:00/06.0/00.0 pcie-serial=0025385b81b0aa01
 *         slot=4 serial=S4EVNX0R1 model=Samsung%20SSD
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/text.h"
#include "detect/device.h"

#define IDENTITY_FILE "etc/slipway/devices.conf"
/* The same for a trial boot of a host that binds some already: the list of the old boot entry stays as it is. */
#define IDENTITY_TRIAL_FILE "etc/slipway/trial.conf"
#define IDENTITY_SEEN "run/slipway/devices"

enum bind_mode { BIND_NONE, BIND_ADDRESS, BIND_IDS };

struct identity {
	char *address;
	unsigned vendor, product, subsystem_vendor, subsystem_product, class;
	char *path;
	char *slot;             /* NULL: none */
	uint64_t pcie_serial;   /* 0: none */
	char *serial, *model;   /* of an NVMe; NULL: not known */
	enum bind_mode bind;
	ino_t inode;            /* only in IDENTITY_SEEN; 0: not recorded */
};

struct identities {
	struct identity *list;
	size_t n;
	const char *file;       /* where they were read from (static) */
};

void identity_done(struct identity *id);
void identities_done(struct identities *ids);
/* What is known of a device, now. */
int identity_of(const struct device *d, enum bind_mode bind, struct identity *ret);
/* One line with its newline. */
void identity_format(const struct identity *id, struct text *out);
/* Parses a line, which it overwrites: 1, 0 for a comment, -EINVAL where a word is missing or malformed. */
int identity_parse(char *line, struct identity *ret);
/* Does the device, as far as both sides know, agree? If not, *why is the first thing that differs (static). */
bool identity_agrees(const struct identity *id, const struct device *d, const char **why);

/* IDENTITY_FILE, or in a trial boot its own; none is an empty list. A bad line is -EINVAL, and has been named with its number. */
int identities_read(int root_fd, struct identities *ret);
int identities_parse(const char *text, const char *file, struct identities *ret); /* `file` is borrowed */

/*
 * Fills in serial and model of NVMe controllers: from the nvme driver where it has the device; else from what was seen
 * in this boot; else from IDENTITY_FILE, for a device that is where it was or was found again (detect/sighting.h), marked as remembered.
 */
int identities_fill(int root_fd, const struct identities *ids, struct devices *devices);
