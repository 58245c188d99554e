/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Storage pools and networks that waited, and that guests rest on: they come before these. */
#pragma once

#include "cli/session.h"
#include "installer/guests_pending.h"

/*
 * Those of the wishes that have not come to their end, through the journal; how far each of them is stands in the record, which is written
 * before a step is taken. What fails or is cut off too often is given up.
 */
void waiting_objects(const struct cli *cli, struct session *session, const struct wishes *wishes, struct pending_guests *record);
