/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cautions: what speaks for care with a device that can be given to a guest. They block nothing. */
#pragma once

#include "detect/host.h"

/* All that apply, in a fixed order; *ret is a new list, NULL for none. Bridges have none. -ENOMEM. */
int device_cautions(const struct host *host, const struct device *d, char ***ret);
