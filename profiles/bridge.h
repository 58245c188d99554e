/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bridge that a guest's network port is put on where the user leaves it to the host. */
#pragma once

#include "detect/host.h"
#include "profiles/choice.h"

/* The only bridge that a port of the host is in: a new string. -EOPNOTSUPP where there is none, or several; said. */
int bridge_choose(const struct host *host, struct choices *choices, char **ret);
