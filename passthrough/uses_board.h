/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that somebody works at, or that the board itself is made of. */
#pragma once

#include "passthrough/uses.h"

int uses_find_board(const struct host *host, struct uses *uses); /* 0 or -ENOMEM */
