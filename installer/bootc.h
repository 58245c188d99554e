/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bootc: images that a host boots from, made like those of containers. */
#pragma once

#include "detect/host.h"

/* Is the tree such an image, not a host that was booted from one? */
bool host_is_bootc_image(const struct host *host);
