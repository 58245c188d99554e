/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SR-IOV: functions that a device makes of itself, to be given away one by one. */
#pragma once

#include "detect/device.h"

/* From the device's folder: how many VFs it may have, which there are, and whose VF it is. -ENOMEM. */
int sriov_read(int fd, struct device *d);
