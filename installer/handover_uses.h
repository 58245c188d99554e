/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uses in a handover: what guests hold speaks against taking it, but for what is theirs to give. */
#pragma once

#include "installer/handover.h"

/*
 * Everything that speaks against giving these devices to `to`: the rules of request_check(), and what libvirt knows of other guests. What
 * `from` (a move; else NULL) and `to` themselves hold does not. Said: -EINVAL, -ENOMEM, libvirt's errors.
 */
int handover_check(const struct handover *h, struct guest_connection *c, struct device *const *devices, size_t n, const struct guest_state *to,
		   const struct guest_state *from, struct refusals *refusals);
