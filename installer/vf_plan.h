/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a wish for VFs to the changes: those of now, and the file that brings them back at each boot. Decides; writes nothing. */
#pragma once

#include "detect/host.h"
#include "installer/plan.h"
#include "detect/vf_set.h"

/*
 * `now`: what the device has; `live`: it is to have them now, too, not only after the next boot. Nothing is added where all is as
 * wished for. The file of a device that was found again at this address goes. Negative after it was said.
 */
int vf_plan(const struct host *host, const struct device *pf, const struct vf_set *now, const struct vf_set *wish, bool live,
	    struct plan *plan);
