/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remote disks: whom an iSCSI or NVMe-oF disk comes from, and which way. */
#pragma once

#include "detect/block.h"

/*
 * Fills in peers and locals of a disk, by where it hangs in sysfs: .../hostN/sessionM/... (sys/class/iscsi_host,
 * iscsi_connection) or devices/virtual/nvme-fabrics/ctl/nvmeN (sys/class/nvme/nvmeN/address). 0 or -ENOMEM.
 */
int remote_read(int root_fd, struct block *b);
/* "traddr=192.0.2.9,trsvcid=4420,host_iface=eno1,src_addr=192.0.2.7" of one controller, added to the disk's. */
int remote_parse(const char *address, struct block *b);
