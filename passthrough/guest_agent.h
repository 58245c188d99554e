/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's agent: what the guest's own system says of its disks (docs/interop/qemu-ga-ref of QEMU, guest-get-disks). libvirt-qemu is
 * loaded by the first question.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "passthrough/guest.h"

struct guest_disk {
	char *name;    /* /dev/nvme0n1 */
	char *serial;  /* as the guest's udev has it, often with the model in front: QEMU_NVMe_Ctrl_S4EV1; never NULL */
};

struct guest_disks {
	struct guest_disk *list; /* in the agent's order */
	size_t n;
};

/* Those that have a serial. -EOPNOTSUPP: no agent answers, or it does not know the question; silent. -ENOMEM. */
int guest_agent_disks(struct guest_connection *c, const char *name, struct guest_disks *ret);
/* What the agent has answered; -EINVAL: not understood. */
int guest_disks_parse(const char *answer, struct guest_disks *ret);
void guest_disks_done(struct guest_disks *d);
/* The disk with this serial, by itself or as a whole word of what is shown; NULL. */
const struct guest_disk *guest_disks_find(const struct guest_disks *d, const char *serial);
