/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware that a profile's guest starts from. */
#pragma once

#include "detect/guest_firmware.h"
#include "detect/host.h"

/*
 * The first descriptor of host->software.firmwares that fits and whose two files exist below the root. A malformed one is
 * named in a warning and passed over. -ENOENT, after saying what was looked for, what each candidate lacked and which
 * package has it; -ENOMEM.
 */
int guest_firmware_choose(const struct host *host, const struct firmware_wish *wish, struct guest_firmware *ret);
