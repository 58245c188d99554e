/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that a process has open: guests with a vfio device, and programs at a raw disk or a GPU. */
#pragma once

#include "passthrough/uses.h"

int uses_find_open(const struct host *host, struct uses *uses); /* 0 or -ENOMEM */
