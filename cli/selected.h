/* SPDX-License-Identifier: GPL-2.0-or-later */
/* audit --device: is this device ready to be given away? */
#pragma once

#include "audit/audit.h"
#include "passthrough/uses.h"

/*
 * What does not bear on giving these devices away now leaves the report (other devices) or no longer counts (what waits for the next boot),
 * unless `required` names it; and the report gets one more finding, device.ready, with every reason as evidence. -ENOMEM.
 */
int selected_judge(const struct host *host, const struct uses *uses, struct device *const *devices, size_t n, char *const *required,
		   struct report *report);
