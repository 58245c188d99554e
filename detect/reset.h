/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reset: how a function is brought back to its state at power-on between two guests. */
#pragma once

#include "detect/device.h"

/* Fills resets and reset_methods from the device's folder. -ENOMEM. */
int reset_read(int fd, struct device *d);
