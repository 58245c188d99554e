/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network ports that the host is reached through: addresses, routes, and whatever is stacked on them. */
#pragma once

#include "passthrough/uses.h"

int uses_find_network(const struct host *host, struct uses *uses); /* 0 or -ENOMEM */
