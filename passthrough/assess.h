/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assessment: can this device be given to a guest, and if not, all the reasons, worst first. */
#pragma once

#include "passthrough/refusal.h"

enum assessment { ASSESS_ASSIGNABLE, ASSESS_BOUND, ASSESS_ATTACHED, ASSESS_BLOCKED, ASSESS_UNKNOWN };

const char *assessment_name(enum assessment a);
/* *ret_reasons: new list, empty (NULL) for a device that is free. -ENOMEM. */
int device_assess(const struct host *host, const struct uses *uses, const struct device *d, enum assessment *ret, char ***ret_reasons);
