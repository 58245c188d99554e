/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What s390x has beside PCI functions, in the words of its sysfs. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "tests/unit/mainframe.h"

static char *path(const char *folder, const char *rest)
{
	char *p = text_format("%s/%s", folder, rest);

	if (!p)
		abort();
	return p;
}

static void put(struct tree *t, const char *folder, const char *rest, const char *text)
{
	_cleanup_free_ char *p = path(folder, rest);

	tree_put(t, p, "%s\n", text);
}

static void link_to(struct tree *t, const char *folder, const char *rest, const char *target)
{
	_cleanup_free_ char *p = path(folder, rest);

	tree_link(t, p, target);
}

static char *subchannel_folder(struct tree *t, const char *subchannel)
{
	_cleanup_free_ char *target = path("../../../devices/css0", subchannel);

	link_to(t, "sys/bus/css/devices", subchannel, target);
	return path("sys/devices/css0", subchannel);
}

void tree_ccw(struct tree *t, const char *subchannel, const char *id, const char *cutype, const char *driver, bool is_online)
{
	_cleanup_free_ char *above = subchannel_folder(t, subchannel), *folder = path(above, id);
	_cleanup_free_ char *of = path("../../../../bus/ccw/drivers", driver), *target = text_format("../../../devices/css0/%s/%s", subchannel, id);

	link_to(t, above, "driver", "../../../bus/css/drivers/io_subchannel");
	put(t, above, "dev_busid", id);
	put(t, above, "driver_override", "(null)");
	put(t, folder, "cutype", cutype);
	put(t, folder, "devtype", "3390/0c");
	put(t, folder, "online", is_online ? "1" : "0");
	link_to(t, folder, "driver", of);
	link_to(t, "sys/bus/ccw/devices", id, target);
}

void tree_dasd(struct tree *t, const char *subchannel, const char *id, const char *block, unsigned number, const char *signature)
{
	_cleanup_free_ char *folder = text_format("sys/devices/css0/%s/%s/block/%s", subchannel, id, block);
	_cleanup_free_ char *partition = text_format("%s1", block), *below = path(folder, partition);
	_cleanup_free_ char *target = text_format("../devices/css0/%s/%s/block/%s", subchannel, id, block);
	_cleanup_free_ char *disk = text_format("94:%u", number), *part = text_format("94:%u", number + 1);
	_cleanup_free_ char *of_disk = text_format("run/udev/data/b%s", disk), *of_part = text_format("run/udev/data/b%s", part);

	tree_ccw(t, subchannel, id, "3990/e9", "dasd-eckd", true);
	put(t, folder, "dev", disk);
	put(t, below, "dev", part);
	link_to(t, "sys/block", block, target);
	tree_put(t, of_disk, "%s", "I:1\n");
	if (signature)
		tree_put(t, of_part, "E:ID_FS_TYPE=%s\n", signature);
	else
		tree_put(t, of_part, "%s", "I:1\n");
}

void tree_ccw_aside(struct tree *t, const char *subchannel, const char *id)
{
	_cleanup_free_ char *above = subchannel_folder(t, subchannel);

	link_to(t, above, "driver", "../../../bus/css/drivers/vfio_ccw");
	put(t, above, "dev_busid", id);
	put(t, above, "driver_override", "vfio_ccw");
	link_to(t, "sys/class/mdev_bus", subchannel, "../../devices/css0/x");
}

void tree_qeth(struct tree *t, const char *id, const char *netif, const char *layer2)
{
	_cleanup_free_ char *folder = path("sys/devices/qeth", id), *target = path("../../../devices/qeth", id);
	_cleanup_free_ char *port = text_format("sys/devices/qeth/%s/net/%s", id, netif), *class = text_format("../../devices/qeth/%s/net/%s", id, netif);
	unsigned first;

	if (sscanf(id, "0.0.%x", &first) != 1)
		abort();
	for (unsigned i = 0; i < 3; i++) {
		_cleanup_free_ char *member = text_format("0.0.%04x", first + i), *subchannel = text_format("0.0.%04x", 0x80 + i);
		_cleanup_free_ char *below = text_format("sys/devices/css0/%s/%s", subchannel, member), *up = text_format("../../../qeth/%s", id);

		tree_ccw(t, subchannel, member, "1731/01", "qeth", true);
		link_to(t, below, "group_device", up);
	}
	link_to(t, "sys/bus/ccwgroup/devices", id, target);
	link_to(t, folder, "driver", "../../bus/ccwgroup/drivers/qeth");
	put(t, folder, "card_type", "OSD_10GIG");
	put(t, folder, "layer2", layer2);
	put(t, folder, "online", "1");
	put(t, port, "ifindex", "2");
	link_to(t, "sys/class/net", netif, class);
}

void tree_masks(struct tree *t, const char *apmask, const char *aqmask, int domain)
{
	tree_put(t, "sys/bus/ap/apmask", "%s\n", apmask);
	tree_put(t, "sys/bus/ap/aqmask", "%s\n", aqmask);
	tree_put(t, "sys/bus/ap/ap_domain", "%d\n", domain);
}

void tree_queue(struct tree *t, const char *name, const char *type, const char *driver)
{
	_cleanup_free_ char *card = text_format("sys/devices/ap/card%.2s", name), *below = path(card, name);
	_cleanup_free_ char *link = text_format("sys/bus/ap/devices/card%.2s", name), *target = text_format("../../../devices/ap/card%.2s", name);
	_cleanup_free_ char *of_queue = text_format("../../../devices/ap/card%.2s/%s", name, name), *of = path("../../../../bus/ap/drivers", driver);

	put(t, card, "hwtype", "14");
	put(t, card, "type", type);
	put(t, below, "online", "1");
	put(t, below, "load", "0");
	link_to(t, below, "driver", of);
	tree_link(t, link, target);
	link_to(t, "sys/bus/ap/devices", name, of_queue);
}

void tree_made(struct tree *t, const char *parent, const char *uuid, int group, const char *queues)
{
	bool is_matrix = str_eq(parent, "matrix");
	_cleanup_free_ char *above = path(is_matrix ? "sys/devices/vfio_ap" : "sys/devices/css0", parent), *folder = path(above, uuid);
	_cleanup_free_ char *target = text_format("../../../devices/%s/%s/%s", is_matrix ? "vfio_ap" : "css0", parent, uuid);
	_cleanup_free_ char *of_group = text_format("../../../../kernel/iommu_groups/%d", group);

	link_to(t, folder, "mdev_type", is_matrix ? "../mdev_supported_types/vfio_ap-passthrough" : "../mdev_supported_types/vfio_ccw-io");
	link_to(t, folder, "iommu_group", of_group);
	if (queues)
		put(t, folder, "matrix", queues);
	link_to(t, "sys/bus/mdev/devices", uuid, target);
}

void mainframe_new(struct tree *t)
{
	static const char *const mounts[] = { "94:1 /dev/dasda1 / ext4", NULL };

	tree_new(t);
	tree_put(t, "proc/cpuinfo", "vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 zarch stfle msa ldisp eimm dfp edat etf3eh highgprs te vx sie\n");
	tree_put(t, "proc/sysinfo", "Type:                 8561\nLPAR Name:            LPA\n");
	tree_put(t, "proc/sys/kernel/osrelease", "6.1.0\n");
	tree_put(t, "usr/sbin/mdevctl", "%s", "");
	tree_put(t, "sys/module/vfio_ap/initstate", "live\n");
	tree_put(t, "sys/module/vfio_ccw/initstate", "live\n");
	tree_dasd(t, "0.0.0001", "0.0.0100", "dasda", 0, "ext4");
	tree_mounts(t, mounts);
}
