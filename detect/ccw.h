/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CCW devices: what s390x reaches through its channel subsystem (Documentation/arch/s390/driver-model.rst). Each has a subchannel below
 * sys/bus/css, which vfio_ccw can drive in the place of the kernel's own driver: then the device itself is gone from sys/bus/ccw.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "detect/block.h"
#include "detect/cmdline.h"
#include "detect/netif.h"
#include "detect/truth.h"

enum ccw_kind { CCW_DASD, CCW_FBA, CCW_ZFCP, CCW_QETH, CCW_CTC, CCW_TAPE, CCW_CONSOLE, CCW_VIRTIO, CCW_OTHER, CCW_KINDS };

struct ccw_device {
	char *id;            /* 0.0.1234: channel subsystem, subchannel set, device number */
	char *subchannel;    /* 0.0.0003; the order in which the machine was found, and another one after the next IPL */
	enum ccw_kind kind;
	char *cutype, *devtype; /* "3990/e9", "3390/0c"; NULL: not known, as of what vfio_ccw has */
	char *driver;        /* dasd-eckd, zfcp, qeth ...; NULL: none */
	char *subchannel_driver; /* io_subchannel, vfio_ccw; NULL: none */
	char *override;      /* driver_override of the subchannel; NULL: unset */
	char *group;         /* of a qeth port's three devices: the first of them; NULL: none */
	enum truth is_online;
	bool is_alias;       /* a second way to the blocks of another DASD (PAV), and none of its own */
	char *configured;    /* the file in which the host's configuration names it for the next boot, or NULL */
	bool is_hidden;      /* the kernel's command line hides it at boot (cio_ignore=), until it is asked for */
	char **luns;         /* of an FCP adapter: "0x500507630300c562/0x4010403100000000" */
	char **blocks;       /* names of the disks on it */
	char **netifs;       /* names of the network ports on it, or on its group */
};

struct ccws {
	struct ccw_device *list; /* sorted by id */
	size_t n;
	char *ipl, *reipl, *dump; /* the devices of this boot, the next one, and of dumps of the whole machine; NULL: none, or no CCW device */
	struct ipl_function {
		bool is_there;
		unsigned fid;
	} ipl_nvme, reipl_nvme, dump_nvme; /* the same where it is an NVMe drive, a PCI function */
};

/* "0.0.1234" and nothing else. */
bool ccw_id_is(const char *text);
/* sys/bus/css/devices; a host without is empty. `cmdline` is the running one, for rd.dasd=, rd.zfcp= and cio_ignore=. -ENOMEM. */
int ccws_read(int root_fd, const struct cmdline *cmdline, struct ccws *ret);
/* Which disks and network ports are on them. -ENOMEM. */
int ccws_fill(const struct blocks *blocks, const struct netifs *netifs, struct ccws *ccws);
void ccws_done(struct ccws *c);
const struct ccw_device *ccws_find(const struct ccws *c, const char *id);
const struct ccw_device *ccws_find_subchannel(const struct ccws *c, const char *subchannel);
/* "DASD", "FCP adapter" ... */
const char *ccw_kind_name(enum ccw_kind kind);
/* How JSON calls it: "dasd", "zfcp" ... */
const char *ccw_kind_word(enum ccw_kind kind);
bool ccw_is_on_vfio(const struct ccw_device *d);
