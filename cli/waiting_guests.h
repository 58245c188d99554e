/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests that waited: when what they waited for has come, they are defined, and those that start with the host are started. */
#pragma once

#include "cli/session.h"

/*
 * Does what can be done now. A guest that cannot come makes no host unwell: it goes on waiting, or is given up, and 'slipway
 * status' says why. `broken`: how many changes of the host do not hold; there is none for guests to come to.
 */
void waiting_guests(const struct cli *cli, struct session *session, int broken);
