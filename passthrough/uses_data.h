/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data that nobody has mounted: what is written on a disk says whose it is. ZFS never says more. */
#pragma once

#include "passthrough/storage.h"

/* The signature on each disk and partition, and the parts that firmware and boot loader read. 0 or -ENOMEM. */
int uses_find_signatures(struct storage *s);
/* A "/" of which it is not known what is below; on ZFS it is traced where a member of its pool was seen. */
int uses_find_untraced_root(struct storage *s);
