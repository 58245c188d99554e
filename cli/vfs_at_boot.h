/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slipway vfs --boot: the virtual functions that are kept come back at each boot. */
#pragma once

#include "cli/cli.h"

/* EXIT_DONE; EXIT_NOT_READY where some could not be made, each of which was said; EXIT_UNDONE, EXIT_BUSY. */
int vfs_at_boot(const struct cli *cli);
