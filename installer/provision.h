/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Provisioning: from wishes to the plan that makes this host so, or to the refusals. Decides; writes nothing. */
#pragma once

#include "installer/plan.h"
#include "installer/wishes.h"
#include "passthrough/refusal.h"

/*
 * 0: the plan holds all changes (none where all is as wished), unless refusals say why it must not be carried out.
 * Negative after it has been said: -EINVAL (a selector or count that does not fit, an argument that cannot be written),
 * -EOPNOTSUPP (a boot chain that is not known).
 */
int provision_plan(const struct host *host, const struct uses *uses, const struct wishes *wishes, const struct allowances *allowed,
		   struct plan *ret, struct refusals *ret_refusals);
/* Can vfio-pci.ids= name this device without taking another one with it? Every device of its ids must be in the list. */
bool ids_are_exact(const struct devices *all, struct device *const *wanted, size_t n, const struct device *d);
