/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest of the spec waits for: what the rest of the plan brings first, at once or at the next boot. */
#pragma once

#include "installer/guest_wanted.h"
#include "installer/plan.h"
#include "installer/wishes.h"

/*
 * Why the guest cannot be defined together with the plan `rest`: a new string, a whole sentence without its end, NULL in *ret where
 * it can. `is_boot`: what was to come at a boot should have come. -ENOMEM.
 */
int guest_wait_find(const struct host *host, const struct wishes *wishes, const struct plan *rest, const struct guest_wanted *w, bool is_boot,
		    char **ret);
