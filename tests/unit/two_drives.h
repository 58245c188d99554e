/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host with two NVMe drives, to say what is mounted from them and who uses them. */
#pragma once

#include "tests/unit/tree.h"

#define A "0000:00:06.0/0000:05:00.0"
#define B "0000:00:07.0/0000:06:00.0"
#define A_ADDRESS "0000:05:00.0"
#define B_ADDRESS "0000:06:00.0"
#define MOUNTS(...) tree_mounts(&t, (const char *const[]){ __VA_ARGS__, NULL })
#define MAPPED(name, number, dm_name, ...) tree_mapped(&t, name, number, dm_name, (const char *const[]){ __VA_ARGS__, NULL })
#define USE(address, kind, what) tree_use(&t, address, kind, what)
#define ROOT_ELSEWHERE "1:0 /dev/ram0 / ext4"
#define SWAPS "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

/* A block device that is on no disk. */
void virtual_block(struct tree *t, const char *name, const char *number);
/* nvme0n1 with a partition, below A, and nvme1n1, below B; ram0 for what lives on neither. */
void two_drives(struct tree *t);
