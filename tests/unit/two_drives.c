/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host with two NVMe drives. */

#include "tests/unit/two_drives.h"

void virtual_block(struct tree *t, const char *name, const char *number)
{
	tree_mapped(t, name, number, NULL, (const char *const[]){ NULL });
}

void two_drives(struct tree *t)
{
	tree_new(t);
	tree_nvme(t, A, 0, 1);
	tree_nvme(t, B, 1, 2);
	tree_partition(t, A, 0, 1, NULL);
	virtual_block(t, "ram0", "1:0");
}
