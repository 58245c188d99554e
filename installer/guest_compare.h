/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing guests: in what a guest that is there differs from the one that is wanted. */
#pragma once

#include "installer/differences.h"
#include "installer/guest_wanted.h"
#include "installer/handover.h"

/*
 * Looks at the saved definition (of a guest without one, at the live one), and only at what was said: what a profile decides by the
 * host's state of the moment, such as pages and NUMA node, may come out otherwise today. The number of free ports is not
 * compared: libvirt adds some by itself. `autostart` is what libvirt says of it. Differences are in the order of the table, then devices
 * by address. -EINVAL: the definition is not understood; -ENOMEM; silent.
 */
int guest_compare(const struct host *host, const struct guest_wanted *w, const struct guest_state *there, bool autostart, struct differences *ret);
