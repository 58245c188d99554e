/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Storage that the host lives on: mounts, swap, holders, the ESP, and data that nobody has mounted. */
#pragma once

#include "passthrough/uses.h"

int uses_find_storage(const struct host *host, struct uses *uses); /* 0 or -ENOMEM */
/* One thing that is known of a block device, told of every function below it. 0 or -ENOMEM. */
int uses_tell_block(const struct host *host, struct uses *uses, enum use_kind kind, const char *what, const char *block);
