/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest of our own behind the functions of libvirt: its driver for tests can neither attach nor detach. */
#pragma once

#include "passthrough/guest_libvirt.h"

/* What the guest has where, and which step is to fail. */
extern struct fake {
	bool active, persistent;
	char *live, *saved;         /* the device's XML, or NULL */
	unsigned fail;              /* bits of STEP() */
	int polls_to_leave;         /* a detached device stays for so many looks; -1: for ever */
	bool leaving, stops_instead;
	unsigned n_changes;
} fake;

#define STEP(attach, flags) (1u << ((attach) ? 0 : 2) << ((flags) == VIR_DOMAIN_AFFECT_LIVE ? 1 : 0))
#define ATTACH_SAVED STEP(true, VIR_DOMAIN_AFFECT_CONFIG)
#define ATTACH_LIVE STEP(true, VIR_DOMAIN_AFFECT_LIVE)
#define DETACH_SAVED STEP(false, VIR_DOMAIN_AFFECT_CONFIG)
#define DETACH_LIVE STEP(false, VIR_DOMAIN_AFFECT_LIVE)

void fake_connect(struct guest_connection *c);
void fake_connection_done(struct guest_connection *c);
#define _cleanup_fake_ _cleanup_(fake_connection_done)
