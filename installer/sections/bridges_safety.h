/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What speaks against a bridge over these ports, and who manages them. */
#pragma once

#include "installer/sections/bridges.h"

/*
 * Fills in the job's sources (of the one manager), or adds refusals with their evidence. 1: files of the administrator's make
 * this bridge already. 0, or a negative errno after it was said: a port that is not there is -EINVAL.
 */
int bridge_check(const struct host *host, struct bridge_job *job, struct refusals *refusals);
