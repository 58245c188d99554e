/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What slipway says of CCW devices and crypto queues: of one, and of them all in the audit. */
#pragma once

#include "audit/audit.h"
#include "passthrough/assess.h"
#include "tests/unit/tree.h"

const struct ccw_device *ccw(const struct tree *t, const char *id);
/* Of the device, and of the queue; *ret: the reasons, a line each. What *ret was is freed, here and below. */
enum assessment ccw_verdict(const struct tree *t, const char *id, char **ret);
enum assessment ap_verdict(const struct tree *t, const char *name, char **ret);
/* Of the check with this id; *ret: summary, remedy and evidence in a line. */
enum verdict judged(const struct tree *t, const char *id, char **ret);
