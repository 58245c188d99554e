/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The marker of a live change of the network that is under way: it is there from before the first step until the journal has the
 * transaction for good, one way or the other. Where a boot finds it, the power failed in between, and slipway-network.service
 * puts the old files back before anybody sets the network up.
 */
#pragma once

#include "installer/journal.h"

#define NETWORK_PENDING JOURNAL_FOLDER "/network.pending"

/* 0, or negative after it was said why. */
int network_pending_plan(int root_fd, struct plan *plan);
