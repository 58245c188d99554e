/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host with one device of each class, none in use. */

#include "tests/unit/machine.h"

void machine(struct tree *t)
{
	tree_new(t);
	tree_nvme(t, DISK, 0, 1);
	tree_pci(t, PORT, "020000", "8086:1533", 2);
	tree_driver(t, PORT, "igb");
	tree_netif(t, PORT, "", "eno1");
	tree_pci(t, XHCI, "0c0330", "8086:a36d", 3);
	tree_pci(t, GPU, "030000", "10de:2204", 4);
	tree_pci(t, SERIAL, "070002", "8086:a363", 5);
	tree_put(t, "sys/devices/virtual/block/ram0/dev", "1:0\n");
	tree_link(t, "sys/block/ram0", "../devices/virtual/block/ram0");
	tree_put(t, "proc/self/mountinfo", ROOT);
}
