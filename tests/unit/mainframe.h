/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What s390x has beside PCI functions, in the words of its sysfs. Made by hand after the kernel's documents: emulation has neither vfio-ap nor vfio-ccw. */
#pragma once

#include "tests/unit/tree.h"

#define ALL_IDS "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define NO_CARD_5 "0xfbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* An LPAR with SIE, mdevctl and both drivers, whose "/" is on ECKD DASD 0.0.0100, and no more. */
void mainframe_new(struct tree *t);
/* A device below a subchannel: cutype as "3990/e9", driver as "dasd-eckd"; offline where `is_online` is false. */
void tree_ccw(struct tree *t, const char *subchannel, const char *id, const char *cutype, const char *driver, bool is_online);
/* An online DASD with its disk (number 94:N), and a partition whose signature udev knows (NULL: nothing written). */
void tree_dasd(struct tree *t, const char *subchannel, const char *id, const char *block, unsigned number, const char *signature);
/* A subchannel that vfio_ccw has: the device itself is not there. */
void tree_ccw_aside(struct tree *t, const char *subchannel, const char *id);
/* A qeth port of three devices, of which `id` is the first (0.0.f500), with its interface. */
void tree_qeth(struct tree *t, const char *id, const char *netif, const char *layer2);
/* Both masks, and the default domain. */
void tree_masks(struct tree *t, const char *apmask, const char *aqmask, int domain);
/* A queue of a card of that type (hwtype 14) on the driver, online. */
void tree_queue(struct tree *t, const char *name, const char *type, const char *driver);
/* A mediated device: of a subchannel, or of "matrix" with its queues, a line each. */
void tree_made(struct tree *t, const char *parent, const char *uuid, int group, const char *queues);
